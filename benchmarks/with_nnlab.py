"""Training with nnlab, including the run folder."""

from tempfile import TemporaryDirectory

from benchmarks.training import Train, Trained
from nnlab.config.experiment import Experiment
from nnlab.train import run as runs


def prepare(experiment: Experiment) -> Train:
    """The time of the training loop with evaluations and records; data is loaded, and memory allocated, before it."""

    def train() -> Trained:
        with TemporaryDirectory() as folder:
            # Pictures are not part of the loop, nor of the memory of other libraries.
            summary = runs.run(experiment, folder, pictures=False).summary
        final = summary["final"]
        return Trained(summary["train_seconds"], final["test_accuracy"] or final["train_accuracy"], final["train_loss"])

    return train
