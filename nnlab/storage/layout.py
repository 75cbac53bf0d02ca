"""The names of the files and folders in a run folder."""

from pathlib import Path

SPEC_FILE = "spec.yaml"
STEPS_FILE = "steps.csv"
METRICS_FILE = "metrics.csv"
SUMMARY_FILE = "summary.json"
ENVIRONMENT_FILE = "environment.json"
MODEL_FILE = "model.safetensors"
INPUTS_FILE = "inputs.json"
LOG_FILE = "log.txt"
DIAGNOSTICS_FILE = "diagnostics.csv"
HISTOGRAMS_FILE = "histograms.csv"
PATH_FILE = "path.csv"
PLOTS_FOLDER = "plots"
SNAPSHOTS_FOLDER = "snapshots"
CHECKPOINTS_FOLDER = "checkpoints"


def step_file(step: int) -> str:
    """The name of a checkpoint or snapshot after ``step`` updates; names sort by step, up to ten million."""
    return f"step-{step:07d}.safetensors"


def step_of(path: Path) -> int | None:
    """The step in the name of a checkpoint or snapshot; None for any other file."""
    digits = path.stem.removeprefix("step-")
    return int(digits) if digits.isascii() and digits.isdigit() and path.name == step_file(int(digits)) else None


def fold_folder(number: int) -> str:
    """The name of the run folder of a fold, counted from 1, in the folder of its cross-validation."""
    return f"fold-{number}"
