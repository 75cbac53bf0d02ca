"""Training with nnlab, including the run folder."""

from tempfile import TemporaryDirectory

from nnlab.config.experiment import Experiment
from nnlab.train import run as runs


def train(experiment: Experiment) -> tuple[float, float]:
    """Seconds of the training loop with evaluations and records, and the final accuracy."""
    runs.plot_run = lambda record, folder: None  # plots are not part of the loop, nor of the memory of other libraries
    with TemporaryDirectory() as folder:
        summary = runs.run(experiment, folder).summary
    final = summary["final"]
    return summary["train_seconds"], final["test_accuracy"] or final["train_accuracy"]
