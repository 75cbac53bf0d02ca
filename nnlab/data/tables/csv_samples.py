"""Samples of a CSV file with the columns of the training data."""

from collections.abc import Sequence
from dataclasses import replace
from importlib.resources.abc import Traversable
from typing import NamedTuple

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.files.reading import file_name
from nnlab.data.input_format import Column
from nnlab.data.tables.cache import TableCache
from nnlab.data.tables.csv_arrays import read_rows_of
from nnlab.data.tables.csv_cells import Cells, normalised
from nnlab.data.tables.csv_header import Header, read_header
from nnlab.data.tables.csv_text import CsvFormat, CsvRows, csv_rows, scanned
from nnlab.data.tables.labels import classes_of
from nnlab.data.tables.rows import Rows, Source
from nnlab.errors import DataError
from nnlab.text import near_name, quote

MOST_NAMED = 5


class FileSamples(NamedTuple):
    """Raw inputs (N, D), classes (N,), numbers (N, K) or None, the file's SHA-256, and notes such as dropped rows."""

    inputs: Array
    targets: Array | None
    sha256: str
    notes: tuple[str, ...]


def read_rows(
    path: Traversable,
    columns: Sequence[Column],
    form: CsvFormat | None = None,
    *,
    label: str | None = None,
    class_names: Sequence[str] = (),
    missing: str | float = "refuse",
    cache: TableCache | None = None,
    targets: Sequence[str] = (),
) -> FileSamples:
    """The samples of a file in the given columns, with labels if ``label`` names a column, or with ``targets``.

    Columns are matched by name, in any order, and other columns are ignored; a file without header must have the same
    columns or only these. Missing values are NaN unless ``missing`` is ``refuse`` or ``drop``. Labels are indices into
    ``class_names``. Raises DataError for missing columns, unknown categories and unknown classes.
    """
    form = form or CsvFormat()
    name = file_name(path)
    with scanned(path, form.encoding) as (stream, found):
        key = (found.sha256, form, tuple(columns), label, missing, tuple(targets))
        read = cache.get(key) if cache else None
        if read is None:
            with csv_rows(stream, found, form, name) as rows:
                read = _read_known(rows, columns, form, label, targets, missing, name, plain=found.plain)
            if cache:
                cache.put(key, read, found.size)
    if targets:
        return FileSamples(read.inputs, read.targets, found.sha256, read.notes)
    labels = None if label is None else _known_classes(read, class_names, f"{name}: {quote(label)}")
    return FileSamples(read.inputs, labels, found.sha256, read.notes)


def _read_known(
    rows: CsvRows,
    columns: Sequence[Column],
    form: CsvFormat,
    label: str | None,
    targets: Sequence[str],
    missing: str | float,
    name: str,
    *,
    plain: bool,
) -> Rows:
    head = read_header(rows, form, name)
    if form.header is False and head.width == len(columns):
        head = replace(head, names=tuple(column.name for column in columns))
    indices = _column_indices(head, columns, name)
    source = Source(
        name,
        head.names,
        features=indices,
        numeric=[index for index, column in zip(indices, columns, strict=True) if not column.categories],
        categorical=[index for index, column in zip(indices, columns, strict=True) if column.categories],
        named=frozenset(),
        label=None if label is None else _label_index(head, label, name),
        part=None,
        missing=missing,
        known={index: column.categories for index, column in zip(indices, columns, strict=True)},
        targets=[_label_index(head, target, name) for target in targets],
    )
    read = read_rows_of(head.ahead, rows, source, Cells(form), plain=plain)
    if not len(read.inputs):
        dropped = f" ({'; '.join(read.notes)})" if read.dropped else ""
        raise DataError(f"{name}: expected samples, found none{dropped}")
    return read


def _column_indices(head: Header, columns: Sequence[Column], name: str) -> list[int]:
    """The indices of the columns; raises DataError for missing ones, with near names."""
    names = [normalised(column.name) for column in columns]
    absent = [column for column in names if column not in head.index_of]
    if absent:
        wanted = set(names)
        near = near_name(absent[0], [other for other in head.names if other not in wanted])
        hint = f"; is {quote(absent[0])} called {quote(near)} here?" if near else ""
        raise DataError(
            f"{name}:{head.line}: expected the {len(names)} columns of the training samples, "
            f"missing {quote(', '.join(absent), 200)}{hint}"
        )
    return [head.index_of[column] for column in names]


def _label_index(head: Header, label: str, name: str) -> int:
    if normalised(label) not in head.index_of:
        raise DataError(
            f"{name}:{head.line}: expected a column {quote(label)} with the labels, found none; "
            "nnlab.predict(run, x) in Python and nnlab predict take samples without labels"
        )
    return head.index_of[normalised(label)]


def _known_classes(read: Rows, class_names: Sequence[str], where: str) -> Array:
    return known_classes(read.label_texts, class_names, where)[read.labels]


def known_classes(texts: Sequence[str], class_names: Sequence[str], where: str) -> Array:
    """The class index of each label; raises DataError, prefixed with ``where``, for one that is no class."""
    number = {name: index for index, name in enumerate(class_names)}
    # Together with the known class names, so that 1.0 is the class 1.
    codes, names = classes_of([*class_names, *texts], where)
    if unknown := [name for name in names if name not in number]:
        few = quote(", ".join(class_names[:20]), 100)
        found = ", ".join(quote(name) for name in unknown[:MOST_NAMED])
        more = f" and {len(unknown) - MOST_NAMED} more" if len(unknown) > MOST_NAMED else ""
        raise DataError(f"{where}: expected a class of the training samples ({few}), found {found}{more}")
    return np.array([number[names[code]] for code in codes[len(class_names) :]], np.intp)
