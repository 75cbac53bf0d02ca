"""What may surprise about the features of a table, in a line each."""

from collections.abc import Iterator

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.inputs import Column
from nnlab.data.table_rows import Rows
from nnlab.errors import one_line, shown

FEWEST_NUMBERED = 10
LARGEST_EXACT = 2.0**53
MOST_NAMED = 5
_ID_NAMES = ("id", "ids", "index", "idx", "no", "no.", "nr", "number", "row", "rowid", "rownames", "key", "unnamed: 0")


def feature_notes(table: Rows) -> Iterator[str]:
    """Columns that number the rows, categories with their inputs, whole numbers that float64 rounds."""
    start = 0
    numbering, rounded = [], []
    for column in table.columns:
        values = table.inputs[:, start]
        start += column.width
        if column.categories:
            continue
        if _numbers_rows(values, column):
            numbering.append(column.name)
        elif np.abs(values[0]) >= LARGEST_EXACT and (np.abs(values) >= LARGEST_EXACT).all():
            rounded.append(column.name)
    for name in numbering[:MOST_NAMED]:
        yield (
            f"warning: feature {shown(name)} is the row number, which gives away the order of the samples; "
            f"data.exclude: [{one_line(name)}] leaves it out"
        )
    for name in rounded[:MOST_NAMED]:
        yield f"warning: feature {shown(name)} has numbers above 2^53, which are rounded"
    categorical = [column for column in table.columns if column.categories]
    for column in categorical[:MOST_NAMED]:
        few = one_line(", ".join(column.categories), 100)
        yield f"feature {shown(column.name)}: {len(column.categories)} categories, one input each ({few})"
    if len(categorical) > MOST_NAMED:
        yield f"{len(categorical) - MOST_NAMED} more features hold categories"


def _numbers_rows(values: Array, column: Column) -> bool:
    """Whether a column counts the rows, or is called an id and differs in each."""
    if len(values) < FEWEST_NUMBERED or not np.isfinite(values[:2]).all():
        return False
    with np.errstate(over="ignore"):
        if values[1] - values[0] == 1 and (np.diff(values) == 1).all():
            return True
    name = column.name.casefold()
    named = name in _ID_NAMES or name.endswith(("_id", " id"))
    return named and bool((values % 1 == 0).all()) and len(np.unique(values)) == len(values)
