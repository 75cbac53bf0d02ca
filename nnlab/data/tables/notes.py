"""Notes on a table for the user: label column, classes, features, warnings."""

from collections.abc import Iterator, Sequence

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.input_format import Column
from nnlab.data.tables.csv_cells import Cells
from nnlab.data.tables.csv_columns import Selection, likely_label
from nnlab.data.tables.csv_header import Header
from nnlab.data.tables.labels import check_classes, check_spellings, classes_of, label_notes
from nnlab.data.tables.rows import Rows, counted
from nnlab.data.tables.splits import samples_by_split, split_counts
from nnlab.errors import DataError
from nnlab.text import one_line, quote

FEWEST_NUMBERED = 10
LARGEST_EXACT = 2.0**53
MOST_NAMED = 5
_ID_NAMES = ("id", "ids", "index", "idx", "no", "no.", "nr", "number", "row", "rowid", "rownames", "key", "unnamed: 0")


def table_notes(head: Header, chosen: Selection, read: Rows, cells: Cells, name: str) -> tuple[str, ...]:
    """The notes on a table; raises DataError for an invalid label column."""
    if chosen.label is None:
        names = ", ".join(quote(head.names[column]) for column in chosen.targets)
        return (
            f"target{'s' * (len(chosen.targets) > 1)} {names}, "
            f"{counted(len(chosen.features), 'feature')}, {_samples(chosen, read)}",
            *head.notes,
            *read.notes,
            *_feature_notes(read),
        )
    label = head.names[chosen.label]
    where = f"{name}: {quote(label)}"
    try:
        check_spellings(len(read.label_texts), where)
        codes, class_names = classes_of(read.label_texts, where)
        check_classes(class_names, len(read.labels), where, assumed=chosen.assumed)
    except DataError as error:
        raise DataError(f"{error}{_label_hint(head, chosen, chosen.label, cells)}") from error
    last = ", the last column" if chosen.assumed else ""
    return (
        f"label {quote(label)}{last} ({len(class_names)} classes), {counted(len(chosen.features), 'feature')}, "
        f"{_samples(chosen, read)}",
        *head.notes,
        *read.notes,
        *(f"label {quote(label)}: {note}" for note in label_notes(read.label_texts, codes, class_names)),
        *_rare_classes(codes, read, class_names),
        *_feature_notes(read),
    )


def _samples(chosen: Selection, read: Rows) -> str:
    """The number of samples, in each split where a column has them."""
    counts = {} if chosen.split is None else split_counts(read)
    return samples_by_split(counts) if any(counts.values()) else f"{len(read.labels):,} samples"


def _rare_classes(codes: Sequence[int], read: Rows, class_names: Sequence[str]) -> Iterator[str]:
    counts = np.bincount(np.array(codes)[read.labels], minlength=len(class_names))
    rare = [class_names[int(index)] for index in np.flatnonzero(counts == 1)]
    if rare:
        few = quote(", ".join(rare), 100)
        yield f"{'class' if len(rare) == 1 else 'classes'} {few}: a single sample, so no test sample"


def _label_hint(head: Header, chosen: Selection, label: int, cells: Cells) -> str:
    other = likely_label(head, label, cells)
    if not chosen.assumed:
        return f"; {quote(other)} looks like a label column" if other else ""
    advice = f"add label: {other}" if other else "name the label column with label:"
    return f"; {quote(head.names[label])} is the last column, used because data.label is not given: {advice}"


def _feature_notes(table: Rows) -> Iterator[str]:
    """Warnings for row numbers and rounded integers, notes on one-hot encoded columns."""
    start = 0
    numbering, rounded = [], []
    for column in table.columns:
        values = table.inputs[:, start]
        start += column.width
        if column.categories:
            continue
        if _is_row_number(values, column):
            numbering.append(column.name)
        elif np.abs(values[0]) >= LARGEST_EXACT and (np.abs(values) >= LARGEST_EXACT).all():
            rounded.append(column.name)
    for name in numbering[:MOST_NAMED]:
        yield (
            f"warning: feature {quote(name)} is the row number, which leaks the order of the samples; "
            f"exclude it with data.exclude: [{one_line(name)}]"
        )
    for name in rounded[:MOST_NAMED]:
        yield f"warning: feature {quote(name)} has integers above 2^53, which float64 rounds"
    categorical = [column for column in table.columns if column.categories]
    for column in categorical[:MOST_NAMED]:
        few = one_line(", ".join(column.categories), 100)
        yield f"feature {quote(column.name)}: {len(column.categories)} categories, one-hot encoded ({few})"
    if len(categorical) > MOST_NAMED:
        yield f"{len(categorical) - MOST_NAMED} more categorical features"


def _is_row_number(values: Array, column: Column) -> bool:
    """Whether a column is a row number, or is named like an id and has distinct integers."""
    if len(values) < FEWEST_NUMBERED or not np.isfinite(values[:2]).all():
        return False
    with np.errstate(over="ignore"):
        if values[1] - values[0] == 1 and (np.diff(values) == 1).all():
            return True
    name = column.name.casefold()
    named = name in _ID_NAMES or name.endswith(("_id", " id"))
    return named and bool((values % 1 == 0).all()) and len(np.unique(values)) == len(values)
