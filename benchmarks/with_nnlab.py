"""A workload trained by nnlab itself, run folder and all."""

from tempfile import TemporaryDirectory

from nnlab.config.experiment import Experiment
from nnlab.train import run as runs


def train(experiment: Experiment) -> tuple[float, float]:
    """Seconds of the training loop with its evaluations and records, and the final accuracy."""
    runs.plot_run = lambda record, folder: None  # pictures belong neither to the loop nor to the comparison's memory
    with TemporaryDirectory() as folder:
        summary = runs.run(experiment, folder).summary
    final = summary["final"]
    return summary["train_seconds"], final["test_accuracy"] or final["train_accuracy"]
