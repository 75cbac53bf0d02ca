"""A CSV file as a labelled dataset."""

from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path

import numpy as np

from nnlab.data.dataset import Dataset, Split
from nnlab.data.files.reading import file_name
from nnlab.data.tables.cache import TableCache
from nnlab.data.tables.csv_arrays import read_rows_of
from nnlab.data.tables.csv_cells import Cells
from nnlab.data.tables.csv_columns import Selection, select
from nnlab.data.tables.csv_header import Header, read_header
from nnlab.data.tables.csv_samples import read_rows
from nnlab.data.tables.csv_text import CsvFormat, CsvRows, csv_rows, scanned
from nnlab.data.tables.labels import classes_of
from nnlab.data.tables.notes import table_notes
from nnlab.data.tables.rows import Rows, Source, counted
from nnlab.data.tables.splits import SPLITS, split_by_column
from nnlab.data.target_columns import TargetColumns
from nnlab.errors import DataError
from nnlab.text import quote

MOST_AUTOMATIC_CATEGORIES = 50


@dataclass(frozen=True)
class CsvSettings:
    """The settings of a CSV file: format, columns, categories and missing values.

    ``missing`` is ``refuse``, ``drop`` or a later imputation; ``categorical`` is ``auto``, ``refuse`` or column names.
    """

    form: CsvFormat = field(default_factory=CsvFormat)
    label: str | None = None
    features: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    split_column: str | None = None
    categorical: str | tuple[str, ...] = "auto"
    missing: str | float = "refuse"
    target: tuple[str, ...] = ()


def read_csv(
    path: Path,
    settings: CsvSettings | None = None,
    test_path: Path | None = None,
    cache: TableCache | None = None,
) -> Dataset:
    """The samples as float64 inputs (N, D) with NaN for missing values, all in ``train`` unless a column splits them.

    ``test_path`` is a file with test samples; ``cache`` keeps the arrays of large files. Raises DataError with file,
    line and column; several invalid cells are reported at once.
    """
    settings = settings or CsvSettings()
    name = file_name(path)
    with scanned(path, settings.form.encoding) as (stream, found):
        key = (found.sha256, settings)
        table = cache.get(key) if cache else None
        if table is None:
            with csv_rows(stream, found, settings.form, name) as rows:
                table = _read_table(rows, settings, name, plain=found.plain)
            if cache:
                cache.put(key, table, found.size)
    dataset = _dataset(table, settings, path, found.sha256)
    if test_path is None:
        return dataset
    samples = read_rows(
        test_path,
        table.columns,
        settings.form,
        label=None if table.target_names else table.label,
        class_names=dataset.class_names,
        missing=settings.missing,
        cache=cache,
        targets=table.target_names,
    )
    if samples.targets is None:
        raise TypeError("targets were asked for")
    notes = [f"{test_path.name}: {note}" for note in (counted(len(samples.targets), "test sample"), *samples.notes)]
    same_name = test_path.name in dataset.checksums
    checksum_name = f"{test_path.absolute().parent.name}/{test_path.name}" if same_name else test_path.name
    return replace(
        dataset,
        test=Split(samples.inputs, samples.targets),
        checksums=dataset.checksums | {checksum_name: samples.sha256},
        notes=(dataset.notes[0], *notes, *dataset.notes[1:]),
    )


def _read_table(rows: CsvRows, settings: CsvSettings, name: str, *, plain: bool) -> Rows:
    form, cells = settings.form, Cells(settings.form)
    head = read_header(rows, form, name)
    chosen = select(
        head,
        name,
        form,
        settings.label,
        settings.features,
        settings.exclude,
        settings.split_column,
        settings.target,
    )
    if not head.ahead:
        raise DataError(f"{name}: expected samples below the header row, found none")
    named = _named(head, chosen, settings, f"{name}:{head.line}")
    categorical = [
        column
        for column in chosen.features
        if column in named or (settings.categorical == "auto" and _is_text(head, column, cells, name))
    ]
    one_hot_columns = set(categorical)
    source = Source(
        name,
        head.names,
        features=chosen.features,
        numeric=[column for column in chosen.features if column not in one_hot_columns],
        categorical=categorical,
        named=named,
        label=chosen.label,
        part=chosen.split,
        missing=settings.missing,
        known={},
        targets=chosen.targets,
    )
    read = read_rows_of(head.ahead, rows, source, cells, plain=plain)
    if not len(read.labels):
        dropped = f" ({read.dropped} rows have missing values)" if read.dropped else ""
        raise DataError(f"{name}: expected samples below the header row, found none{dropped}")
    label = "" if chosen.label is None else head.names[chosen.label]
    return replace(read, label=label, notes=table_notes(head, chosen, read, cells, name))


def _named(head: Header, chosen: Selection, settings: CsvSettings, where: str) -> frozenset[int]:
    """The categorical columns given in the spec."""
    if isinstance(settings.categorical, str):
        return frozenset()
    columns = [head.column(column, f"{where}: data.categorical") for column in settings.categorical]
    features = set(chosen.features)
    stray = next((column for column in columns if column not in features), None)
    if stray is not None:
        raise DataError(f"{where}: data.categorical: {quote(head.names[stray])} is not one of the features")
    return frozenset(columns)


def _is_text(head: Header, column: int, cells: Cells, name: str) -> bool:
    """Whether a column contains only text in the rows read ahead, with few enough distinct values for categories.

    Raises DataError for text that looks like numbers or dates, and for too many distinct values.
    """
    values = [(line, row[column]) for line, row in head.ahead if column < len(row)]
    values = [(line, cell) for line, cell in values if not cells.is_missing(cell) and cell != head.names[column]]
    if not values or any(isfinite(cells.number(cell)) for _, cell in values):
        return False
    title = quote(head.names[column])
    if {cell.casefold() for _, cell in values} <= SPLITS.keys():
        raise DataError(
            f"{name}:{head.line}: {title}: expected a feature, found the words train, test or validation: add "
            f"split_column: {title} to data, or exclude the column with exclude: [{title}]"
        )
    for line, cell in values[:100]:
        like = cells.looks_like(cell)
        if like:
            raise DataError(f"{name}:{line}: {title}: expected a number or a category, found {quote(cell)}: {like}")
    where = f"{name}:{values[0][0]}"
    distinct = len({cell for _, cell in values})
    rarely_repeated = distinct == len(values) > 2 or (distinct > 5 and 2 * distinct > len(values))
    if distinct > MOST_AUTOMATIC_CATEGORIES or rarely_repeated:
        column_name = head.names[column]
        raise DataError(
            f"{where}: {title}: expected a number, found text with {distinct} distinct values in {len(values)} rows: "
            f"exclude the column with data.exclude: [{column_name}], or one-hot encode it with "
            f"data.categorical: [{column_name}]"
        )
    return True


def _dataset(table: Rows, settings: CsvSettings, path: Path, sha256: str) -> Dataset:
    name = file_name(path)
    class_names: tuple[str, ...] = ()
    if table.target_names:
        samples = Split(table.inputs, table.targets)
    else:
        codes, class_names = classes_of(table.label_texts, name)
        samples = Split(table.inputs, np.array(codes, np.intp)[table.labels])
    first, *notes = table.notes
    dataset = Dataset(
        samples,
        None,
        class_names,
        {path.name: sha256},
        columns=table.columns,
        notes=(f"{path.name}: {first}", *notes),
        numbers=TargetColumns.in_own_units(table.target_names) if table.target_names else None,
    )
    if settings.split_column is None:
        return dataset
    return split_by_column(dataset, table, settings.split_column, name)
