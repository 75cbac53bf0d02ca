"""Folders of sweeps without run folders, whose tables alone are drawn."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnlab.records.sweep_folder import SweepFolder
from nnlab.records.sweep_table import SweepColumns, TrialRow

GOAL = {"column": "validation_accuracy", "maximize": True}


def make_sweep(
    folder: Path,
    points: Sequence[Mapping[str, Any]],
    *,
    seeds: int = 1,
    goal: Mapping[str, Any] | None = GOAL,
    status: str = "completed",
    **spec: Any,
) -> Path:
    """A sweep whose accuracies rise from point to point and from seed to seed; ``spec`` has keys of its sweep.yaml."""
    column = goal["column"] if goal else None
    columns = SweepColumns(tuple(dict.fromkeys(key for point in points for key in point)), seeds > 1, column)
    text = json.dumps({"name": "adam", "base": {}, **spec})
    sweep = SweepFolder.create(folder, "adam", text, "0" * 64, columns, trials=len(points) * seeds, goal=goal)
    rows = [
        TrialRow(
            index * seeds + seed + 1,
            status,
            point,
            seed if seeds > 1 else None,
            20,
            {"validation_accuracy": index / 256 + seed / 512, "test_accuracy": 0.5, "test_loss": 1.0},
        )
        for index, point in enumerate(points)
        for seed in range(seeds)
    ]
    sweep.write_trials(rows)
    sweep.close()
    return sweep.path
