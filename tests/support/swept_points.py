"""Points of a sweep as its pictures take them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlab.plots.sweep_keys import swept_key
from nnlab.plots.sweep_points import SweepPoints
from nnlab.storage.csv_tables import Table


def make_points(
    keys: Mapping[str, Sequence[Any]],
    values: Sequence[Any],
    *,
    ranges: Mapping[str, str] | None = None,
    column: str = "validation_accuracy",
    chosen: bool = True,
    name: str = "adam",
) -> SweepPoints:
    """Points with a value, or a list of values for each seed; text in place of a value is the trial's status."""
    cells = [list(value) if isinstance(value, list | tuple) else [value] for value in values]
    return SweepPoints(
        name=name,
        column=column,
        maximize="accuracy" in column,
        chosen=chosen,
        keys=tuple(swept_key(key, found, (ranges or {}).get(key)) for key, found in keys.items()),
        values=np.array([[np.nan if isinstance(cell, str) else cell for cell in row] for row in cells], dtype=float),
        statuses=np.array(
            [[cell if isinstance(cell, str) else "completed" for cell in row] for row in cells], dtype=object
        ),
        trials=np.arange(1, len(cells) * len(cells[0]) + 1).reshape(len(cells), -1),
        steps=np.full((len(cells), len(cells[0])), 20),
    )


def make_table(height: float, column: str = "validation_accuracy", steps: Sequence[int] = (0, 10, 20)) -> Table:
    """Evaluations that rise to a height; those of training are half as high."""
    step = np.array(steps, dtype=float)
    rise = height * (step + 1) / (step[-1] + 1)
    return {"step": step, column: rise, f"train_{column.partition('_')[2]}": rise / 2}
