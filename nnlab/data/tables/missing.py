"""Imputation of missing values by a statistic of the training samples or a number."""

from collections import Counter
from dataclasses import replace

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset, Split
from nnlab.data.input_format import Column
from nnlab.data.tables.rows import MOST_COLUMNS_NAMED, ROWS_AT_ONCE, counted
from nnlab.errors import DataError
from nnlab.text import quote


def impute(dataset: Dataset, missing: str | float, name: str) -> Dataset:
    """The dataset with NaN replaced, in its own arrays unless they are read-only.

    Each column records its replacement in ``missing``.

    ``missing`` is ``mean``, ``median`` or a number. A missing category is encoded as all zeros. Raises DataError for a
    column without values in the training samples.
    """
    train = dataset.train.inputs.reshape(len(dataset.train), -1)
    columns: list[Column] = []
    replacements: list[float] = []
    for column in dataset.columns:
        where = f"{name}: {quote(column.name)}"
        replacement = 0.0 if column.categories else _replacement(train[:, len(replacements)], missing, where)
        columns.append(replace(column, missing=replacement))
        replacements += [replacement] * column.width
    notes = _notes(dataset, missing)
    values = np.array(replacements)
    filled = dataset.map_splits(lambda split: Split(_replaced(split.inputs, values), split.targets))
    return replace(filled, columns=tuple(columns), notes=(*dataset.notes, *notes))


def _notes(dataset: Dataset, missing: str | float) -> list[str]:
    """A note with the number of imputed values per column."""
    counts: Counter[str] = Counter()
    start = 0
    for column in dataset.columns:
        for split in dataset.splits.values():
            values = split.inputs.reshape(len(split), -1)[:, start]
            counts[column.name] += int(np.isnan(values).sum())
        start += column.width
    found = [f"{quote(name)} {count:,}" for name, count in counts.items() if count]
    if not found:
        return []
    more = ", ..." if len(found) > MOST_COLUMNS_NAMED else ""
    replacement = f"the {missing} of the training samples" if isinstance(missing, str) else f"{missing:g}"
    total = counted(counts.total(), "missing value")
    return [f"{total} replaced by {replacement} ({', '.join(found[:MOST_COLUMNS_NAMED])}{more})"]


def _replacement(values: Array, missing: str | float, where: str) -> float:
    if not isinstance(missing, str):
        return float(missing)
    there = values[~np.isnan(values)]
    if not len(there):
        raise DataError(f"{where}: expected values in the training samples, found none: exclude the column")
    return float(np.median(there) if missing == "median" else there.mean())


def _replaced(inputs: Array, replacements: Array) -> Array:
    if inputs.dtype == np.uint8:
        return inputs
    flat = inputs.reshape(len(inputs), -1)
    if not inputs.flags.writeable:
        return np.where(np.isnan(flat), replacements, flat).reshape(inputs.shape)
    for start in range(0, len(flat), ROWS_AT_ONCE):
        part = flat[start : start + ROWS_AT_ONCE]
        np.copyto(part, replacements, where=np.isnan(part))
    return inputs
