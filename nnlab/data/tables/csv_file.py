"""A CSV file as a labelled dataset, and rows of another file in the same columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset, Split
from nnlab.data.files.reading import file_name
from nnlab.data.input_format import Column
from nnlab.data.tables.cache import TableCache
from nnlab.data.tables.csv_arrays import read_rows_of
from nnlab.data.tables.csv_cells import Cells, normalised
from nnlab.data.tables.csv_columns import Selection, select
from nnlab.data.tables.csv_header import Head, read_head
from nnlab.data.tables.csv_text import CsvFormat, CsvRows, csv_rows, scanned
from nnlab.data.tables.labels import classes_of
from nnlab.data.tables.notes import table_notes
from nnlab.data.tables.rows import Rows, Source, counted
from nnlab.data.tables.splits import SPLITS, split_by_column
from nnlab.errors import DataError
from nnlab.text import near_name, quote

MOST_AUTOMATIC_CATEGORIES = 50


@dataclass(frozen=True)
class CsvSettings:
    """What a spec says about a CSV file: its format, which columns hold what, and what to do without a value.

    ``missing`` is ``refuse``, ``drop``, or what stands in later on; ``categorical`` ``auto``, ``refuse`` or names.
    """

    form: CsvFormat = field(default_factory=CsvFormat)
    label: str | None = None
    features: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    split_column: str | None = None
    categorical: str | tuple[str, ...] = "auto"
    missing: str | float = "refuse"


class FileSamples(NamedTuple):
    """Raw inputs (N, D), labels (N,) or None, the file's SHA-256, and notes such as how many rows were left out."""

    inputs: Array
    labels: Array | None
    sha256: str
    notes: tuple[str, ...]


def read_csv(
    path: Path,
    settings: CsvSettings | None = None,
    test_path: Path | None = None,
    cache: TableCache | None = None,
) -> Dataset:
    """The samples with float64 inputs (N, D), NaN for missing values, all in ``train`` unless a column splits them.

    ``test_path`` is a file with the test samples, ``cache`` keeps the arrays of large files. Raises DataError naming
    file, line and column; several bad cells are reported at once.
    """
    settings = settings or CsvSettings()
    name = file_name(path)
    with scanned(path, settings.form.encoding) as (stream, found):
        kept = (found.sha256, settings)
        table = cache.get(kept) if cache else None
        if table is None:
            with csv_rows(stream, found, settings.form, name) as rows:
                table = _read_table(rows, settings, name, plain=found.plain)
            if cache:
                cache.put(kept, table, found.size)
    dataset = _dataset(table, settings, path, found.sha256)
    if test_path is None:
        return dataset
    samples = read_rows(
        test_path,
        table.columns,
        settings.form,
        label=table.label,
        class_names=dataset.class_names,
        missing=settings.missing,
        cache=cache,
    )
    if samples.labels is None:
        raise TypeError("labels were asked for")
    notes = [f"{test_path.name}: {note}" for note in (counted(len(samples.labels), "test sample"), *samples.notes)]
    same_name = test_path.name in dataset.checksums
    key = f"{test_path.absolute().parent.name}/{test_path.name}" if same_name else test_path.name
    return replace(
        dataset,
        test=Split(samples.inputs, samples.labels),
        checksums=dataset.checksums | {key: samples.sha256},
        notes=(dataset.notes[0], *notes, *dataset.notes[1:]),
    )


def read_rows(
    path: Path,
    columns: Sequence[Column],
    form: CsvFormat | None = None,
    *,
    label: str | None = None,
    class_names: Sequence[str] = (),
    missing: str | float = "refuse",
    cache: TableCache | None = None,
) -> FileSamples:
    """The samples of a file in the given columns, with labels where ``label`` names a column.

    Columns are found by their names, in any order and among others; a file without a header must have them in the
    same places, or just them. NaN is a missing value, unless ``missing`` is ``refuse`` or ``drop``. Labels are numbers
    of ``class_names``. Raises DataError, which names missing columns, unknown categories and unknown classes.
    """
    form = form or CsvFormat()
    name = file_name(path)
    with scanned(path, form.encoding) as (stream, found):
        key = (found.sha256, form, tuple(columns), label, missing)
        read = cache.get(key) if cache else None
        if read is None:
            with csv_rows(stream, found, form, name) as rows:
                read = _read_known(rows, columns, form, label, missing, name, plain=found.plain)
            if cache:
                cache.put(key, read, found.size)
    labels = None if label is None else _known_classes(read, class_names, f"{name}: {quote(label)}")
    return FileSamples(read.inputs, labels, found.sha256, read.notes)


def _read_known(
    rows: CsvRows,
    columns: Sequence[Column],
    form: CsvFormat,
    label: str | None,
    missing: str | float,
    name: str,
    *,
    plain: bool,
) -> Rows:
    head = read_head(rows, form, name)
    if form.header is False and head.width == len(columns):
        head = replace(head, names=tuple(column.name for column in columns))
    places = _places(head, columns, name)
    source = Source(
        name,
        head.names,
        features=places,
        numeric=[place for place, column in zip(places, columns, strict=True) if not column.categories],
        categorical=[place for place, column in zip(places, columns, strict=True) if column.categories],
        named=frozenset(),
        label=None if label is None else _label_place(head, label, name),
        part=None,
        missing=missing,
        known={place: column.categories for place, column in zip(places, columns, strict=True)},
    )
    read = read_rows_of(head.ahead, rows, source, Cells(form), plain=plain)
    if not len(read.inputs):
        dropped = f" ({'; '.join(read.notes)})" if read.dropped else ""
        raise DataError(f"{name}: expected samples, found none{dropped}")
    return read


def _places(head: Head, columns: Sequence[Column], name: str) -> list[int]:
    """Where the columns stand; raises DataError for those that are missing, with near names."""
    names = [normalised(column.name) for column in columns]
    absent = [column for column in names if column not in head.place]
    if absent:
        wanted = set(names)
        near = near_name(absent[0], [other for other in head.names if other not in wanted])
        hint = f"; is {quote(absent[0])} called {quote(near)} here?" if near else ""
        raise DataError(
            f"{name}:{head.line}: expected the {len(names)} columns of the training samples, "
            f"missing {quote(', '.join(absent), 200)}{hint}"
        )
    return [head.place[column] for column in names]


def _label_place(head: Head, label: str, name: str) -> int:
    if normalised(label) not in head.place:
        raise DataError(
            f"{name}:{head.line}: expected a column {quote(label)} with the labels, found none; "
            "nnlab.predict(run, x) in Python takes samples without labels"
        )
    return head.place[normalised(label)]


def _known_classes(read: Rows, class_names: Sequence[str], where: str) -> Array:
    texts = list(read.label_texts)
    number = {name: index for index, name in enumerate(class_names)}
    # Joined with the known ones, labels are spelled as those are: 1.0 is the class 1.
    codes, names = classes_of([*class_names, *texts], where)
    unknown = [name for name in names if name not in number]
    if unknown:
        few = quote(", ".join(class_names[:20]), 100)
        raise DataError(f"{where}: expected a class of the training samples ({few}), found {quote(unknown[0])}")
    return np.array([number[names[code]] for code in codes[len(class_names) :]], np.intp)[read.labels]


def _read_table(rows: CsvRows, settings: CsvSettings, name: str, *, plain: bool) -> Rows:
    form, cells = settings.form, Cells(settings.form)
    head = read_head(rows, form, name)
    chosen = select(head, name, form, settings.label, settings.features, settings.exclude, settings.split_column)
    if not head.ahead:
        raise DataError(f"{name}: expected samples below the header row, found none")
    named = _named(head, chosen, settings, f"{name}:{head.line}")
    categorical = [
        column
        for column in chosen.features
        if column in named or (settings.categorical == "auto" and _is_text(head, column, cells, name))
    ]
    set_apart = set(categorical)
    source = Source(
        name,
        head.names,
        features=chosen.features,
        numeric=[column for column in chosen.features if column not in set_apart],
        categorical=categorical,
        named=named,
        label=chosen.label,
        part=chosen.split,
        missing=settings.missing,
        known={},
    )
    read = read_rows_of(head.ahead, rows, source, cells, plain=plain)
    if not len(read.labels):
        dropped = f" ({read.dropped} rows have missing values)" if read.dropped else ""
        raise DataError(f"{name}: expected samples below the header row, found none{dropped}")
    return replace(read, label=head.names[chosen.label], notes=table_notes(head, chosen, read, cells, name))


def _named(head: Head, chosen: Selection, settings: CsvSettings, where: str) -> frozenset[int]:
    """The columns that the spec says hold categories."""
    if isinstance(settings.categorical, str):
        return frozenset()
    columns = [head.column(column, f"{where}: data.categorical") for column in settings.categorical]
    features = set(chosen.features)
    stray = next((column for column in columns if column not in features), None)
    if stray is not None:
        raise DataError(f"{where}: data.categorical: {quote(head.names[stray])} is not one of the features")
    return frozenset(columns)


def _is_text(head: Head, column: int, cells: Cells, name: str) -> bool:
    """Whether a column holds text only, as far as it has been looked at, and so few different ones as categories do.

    Raises DataError for text that looks like numbers or dates, and for more different ones.
    """
    values = [(line, row[column]) for line, row in head.ahead if column < len(row)]
    values = [(line, cell) for line, cell in values if not cells.is_missing(cell) and cell != head.names[column]]
    if not values or any(isfinite(cells.number(cell)) for _, cell in values):
        return False
    title = quote(head.names[column])
    if {cell.casefold() for _, cell in values} <= SPLITS.keys():
        raise DataError(
            f"{name}:{head.line}: {title}: expected a feature, found the words train, test or validation: add "
            f"split_column: {title} to data, or leave the column out with exclude: [{title}]"
        )
    for line, cell in values[:100]:
        like = cells.looks_like(cell)
        if like:
            raise DataError(f"{name}:{line}: {title}: expected a number or a category, found {quote(cell)}: {like}")
    where = f"{name}:{values[0][0]}"
    different = len({cell for _, cell in values})
    rarely_repeated = different == len(values) > 2 or (different > 5 and 2 * different > len(values))
    if different > MOST_AUTOMATIC_CATEGORIES or rarely_repeated:
        column_name = head.names[column]
        raise DataError(
            f"{where}: {title}: expected a number, found text, {different} different ones in {len(values)} rows: "
            f"data.exclude: [{column_name}] leaves the column out, data.categorical: [{column_name}] takes it for "
            "categories"
        )
    return True


def _dataset(table: Rows, settings: CsvSettings, path: Path, sha256: str) -> Dataset:
    name = file_name(path)
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
    )
    if settings.split_column is None:
        return dataset
    return split_by_column(dataset, table, settings.split_column, name)
