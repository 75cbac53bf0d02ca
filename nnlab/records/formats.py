"""The names and columns of the files in a run folder, in one place for those who write and those who read."""

from collections.abc import Mapping
from pathlib import Path

SPEC_FILE = "spec.yaml"
STEPS_FILE = "steps.csv"
METRICS_FILE = "metrics.csv"
SUMMARY_FILE = "summary.json"
ENVIRONMENT_FILE = "environment.json"
MODEL_FILE = "model.safetensors"
LOG_FILE = "log.txt"
PLOTS_FOLDER = "plots"

STEPS_COLUMNS = ("step", "loss")
METRICS_COLUMNS = (
    "step",
    "epoch",
    "lr",
    "train_loss",
    "train_accuracy",
    "test_loss",
    "test_accuracy",
    "objective",
)
STATUSES = ("running", "completed", "interrupted", "diverged", "failed")

Row = Mapping[str, float | None]


def csv_line(values: "list[float | None]") -> str:
    """One line of a CSV file: numbers with all their digits in the shortest form that reads back equal.

    None (such as a test metric without a test set) becomes an empty cell.
    """
    return ",".join("" if value is None else repr(value) for value in values) + "\n"


def best_row(rows: "list[Row]") -> Row | None:
    """The first evaluation with the highest test accuracy (training accuracy where there is no test set)."""
    if not rows:
        return None
    column = "test_accuracy" if rows[0]["test_accuracy"] is not None else "train_accuracy"
    return max(rows, key=lambda row: row[column] or 0.0)


def is_run_folder(path: Path) -> bool:
    """Whether a path looks like a run folder."""
    return (path / SPEC_FILE).is_file() or (path / SUMMARY_FILE).is_file()
