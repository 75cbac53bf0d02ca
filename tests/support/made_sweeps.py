"""Folders of sweeps for tests, without training."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nnlab.records.sweep_folder import SweepFolder, trial_row
from nnlab.records.sweep_points import best_entry
from nnlab.records.sweep_table import SweepColumns, TrialRow
from nnlab.storage.layout import trial_folder

GOAL = "validation_accuracy"


def made_sweep(
    make_run: Callable[..., Path],
    trials: Sequence[tuple[float, int, float, str]],
    *,
    name: str = "20250106-120000-adam-sweep-aa00bb",
    goal: str | None = GOAL,
    status: str = "completed",
    total: int | None = None,
    **summary: Any,
) -> Path:
    """A sweep of learning rates beside the runs of ``make_run``.

    ``trials`` are (lr, seed, final accuracy in training, status); one that is ``waiting`` has no folder.
    """
    rows = []
    runs = []
    for number, (lr, seed, accuracy, ended) in enumerate(trials, start=1):
        row = TrialRow(number, ended, {"optimizer.lr": lr}, seed)
        rows.append(row)
        if ended != "waiting":
            changes = {"optimizer.lr": lr, "seed": seed}
            accuracies = (0.125, accuracy)
            runs.append(
                (row, make_run(f"trial{number}", changes, status=ended, validation=True, accuracies=accuracies))
            )
    root = runs[0][1].parent if runs else make_run("unused").parent
    columns = SweepColumns(("optimizer.lr",), seeds=True, goal=goal)
    text = "# Which learning rate?\n# Of two.\nbase: {}\n"
    folder = SweepFolder.create(root, "adam", text, "0" * 64, columns, trials=total or len(rows), search="grid")
    for row, run in runs:
        run.rename(folder.path / trial_folder(row.number))
    rows = [trial_row(folder.path, row, stopped=row.status == "stopped") for row in rows]
    best = best_entry(rows, goal, maximize=True)
    folder.write_best("name: adam\n")
    chosen = {"goal": {"column": goal, "maximize": True} if goal else None, "best": best}
    folder.write_trials(rows, **{**chosen, **summary})
    folder.update(status=status)
    folder.close()
    return folder.path.rename(root / name)
