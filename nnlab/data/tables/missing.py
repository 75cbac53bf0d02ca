"""What stands in for missing values: a statistic of the samples to train on, or a number."""

from collections import Counter
from dataclasses import replace

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset, Split
from nnlab.data.input_format import Column
from nnlab.data.tables.rows import MOST_COLUMNS_NAMED, counted
from nnlab.errors import DataError
from nnlab.text import quote


def fill_missing(dataset: Dataset, missing: str | float, name: str) -> Dataset:
    """The dataset without NaN, each column with the number that stands in for a missing value of it.

    ``missing`` is ``mean``, ``median`` or a number. A column of categories has 0 in all its inputs instead. Raises
    DataError for a column in which no sample to train on has a value.
    """
    train = dataset.train.inputs.reshape(len(dataset.train), -1)
    columns: list[Column] = []
    fills: list[float] = []
    for column in dataset.columns:
        fill = 0.0 if column.categories else _fill(train[:, len(fills)], missing, f"{name}: {quote(column.name)}")
        columns.append(replace(column, missing=fill))
        fills += [fill] * column.width
    filled_in = _filled_in(dataset, missing)
    filled = {
        part: Split(_filled(split.inputs, np.array(fills)), split.labels) for part, split in dataset.splits.items()
    }
    return replace(
        dataset,
        train=filled["train"],
        test=filled.get("test"),
        validation=filled.get("validation"),
        columns=tuple(columns),
        notes=(*dataset.notes, *filled_in),
    )


def _filled_in(dataset: Dataset, missing: str | float) -> list[str]:
    """How many values are filled in, in which columns."""
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
    stand_in = f"the {missing} of the training samples" if isinstance(missing, str) else f"{missing:g}"
    total = counted(counts.total(), "missing value")
    return [f"{total} replaced by {stand_in} ({', '.join(found[:MOST_COLUMNS_NAMED])}{more})"]


def _fill(values: Array, missing: str | float, where: str) -> float:
    if not isinstance(missing, str):
        return float(missing)
    there = values[~np.isnan(values)]
    if not len(there):
        raise DataError(f"{where}: expected a value in some training sample, found none: exclude the column")
    return float(np.median(there) if missing == "median" else there.mean())


def _filled(inputs: Array, fills: Array) -> Array:
    if inputs.dtype == np.uint8:
        return inputs
    flat = inputs.reshape(len(inputs), -1)
    return np.where(np.isnan(flat), fills, flat).reshape(inputs.shape)
