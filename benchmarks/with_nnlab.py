"""Training with nnlab, including the run folder.

No checkpoint is written: the other libraries save none, and writing AlexNet's 58 million weights and their velocities
takes a quarter of its loop. metrics.csv, steps.csv, the log and the model at the end are written as always.
"""

from dataclasses import replace
from tempfile import TemporaryDirectory

from benchmarks.training import Train, Trained
from nnlab.config.experiment import Experiment
from nnlab.train import run as runs


def without_checkpoints(experiment: Experiment) -> Experiment:
    """The experiment as it is measured."""
    return replace(experiment, train=replace(experiment.train, checkpoint_every="never"))


def prepare(experiment: Experiment) -> Train:
    """The time of the training loop with evaluations and records; data is loaded, and memory allocated, before it."""
    experiment = without_checkpoints(experiment)

    def train() -> Trained:
        with TemporaryDirectory() as folder:
            # Pictures are not part of the loop, nor of the memory of other libraries.
            summary = runs.run(experiment, folder, pictures=False).summary
        final = summary["final"]
        return Trained(summary["train_seconds"], final["test_accuracy"] or final["train_accuracy"], final["train_loss"])

    return train
