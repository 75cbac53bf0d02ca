"""The names of the files and folders in a run folder, and in the folder of a cross-validation or sweep."""

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
CONFUSION_FILE = "confusion.csv"
PATH_FILE = "path.csv"
ANNOTATIONS_FILE = "annotations.json"
SWEEP_FILE = "sweep.yaml"
TRIALS_FILE = "trials.csv"
BEST_FILE = "best.yaml"
PLOTS_FOLDER = "plots"
PLUGINS_FOLDER = "plugins"
SNAPSHOTS_FOLDER = "snapshots"
CHECKPOINTS_FOLDER = "checkpoints"
TENSORBOARD_FOLDER = "tensorboard"


def step_file(step: int) -> str:
    """The name of a checkpoint or snapshot after ``step`` updates; names sort by step, up to ten million."""
    return f"step-{step:07d}.safetensors"


def step_of(path: Path) -> int | None:
    """The step in the name of a checkpoint or snapshot; None for any other file."""
    digits = path.stem.removeprefix("step-")
    return int(digits) if digits.isascii() and digits.isdigit() and path.name == step_file(int(digits)) else None


def events_file(step: int) -> str:
    """The name of a file of TensorBoard's events that was begun after ``step`` updates."""
    return f"events.out.tfevents.{step:010d}.nnlab"


def is_events_file(name: str) -> bool:
    """Whether a file of this name is one of :func:`events_file`."""
    digits = name.removeprefix("events.out.tfevents.").removesuffix(".nnlab")
    return digits.isascii() and digits.isdigit() and name == events_file(int(digits))


def fold_folder(number: int) -> str:
    """The name of the run folder of a fold, counted from 1, in the folder of its cross-validation."""
    return f"fold-{number}"


def trial_folder(number: int) -> str:
    """The name of the run folder of a trial, counted from 1, in the folder of its sweep: ``trial-007``."""
    return f"trial-{number:03d}"


def trial_number(name: str) -> int | None:
    """The number in the name of a trial's folder; None for any other name."""
    digits = name.removeprefix("trial-")
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 else 0
    return number if number and name == trial_folder(number) else None
