"""What all libraries share: the course of a training, and what comes out of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from nnlab.config.experiment import Experiment
from nnlab.core.arrays import Array
from nnlab.data.dataset import Split
from nnlab.data.pipeline.batches import Batch, BatchLoader
from nnlab.engine.run_setup import RunSetup


@dataclass(frozen=True)
class Trained:
    """One training: seconds of its loop with evaluations, and the last evaluation (test accuracy, training loss)."""

    seconds: float
    accuracy: float
    loss: float | None = None  # None where a library does not say


# Made once per process, with data, compilation and warm-up; each call trains from the start weights.
Train = Callable[[], Trained]


class Course:
    """Which batches a training sees and after which steps it is evaluated, on which samples."""

    def __init__(self, experiment: Experiment, setup: RunSetup) -> None:
        self.iterations = setup.iterations
        self.eval_every = setup.eval_every
        self.train = _everything(setup.dataset.train)
        self.test = _everything(setup.dataset.test) if setup.dataset.test else None
        self.samples = len(self.train[0])
        self.batch_size = setup.batches.batch_size
        self.full = self.batch_size == self.samples
        self.replacement = experiment.train.sampling == "replacement"
        self.evaluated = evaluated_training_samples(experiment, self.samples, self.batch_size)
        self.seed = experiment.seed

    def evaluated_at(self, step: int) -> bool:
        """Whether an evaluation follows this many updates."""
        return step % self.eval_every == 0 or step == self.iterations

    def segments(self) -> Iterator[int]:
        """The numbers of steps between two evaluations."""
        done = 0
        while done < self.iterations:
            steps = min(self.eval_every, self.iterations - done)
            yield steps
            done += steps

    def indices(self) -> Iterator[Array]:
        """The samples of each batch; the rest of an epoch that fills no batch is left out."""
        rng = np.random.default_rng(self.seed)
        while True:
            if self.replacement:
                yield rng.integers(0, self.samples, self.batch_size, dtype=np.int32)
            else:
                order = rng.permutation(self.samples).astype(np.int32)
                for start in range(0, self.samples - self.batch_size + 1, self.batch_size):
                    yield order[start : start + self.batch_size]


def evaluated_training_samples(experiment: Experiment, samples: int, batch_size: int) -> int:
    """The number of training samples per evaluation."""
    asked = experiment.train.eval_train
    return asked if isinstance(asked, int) else {"all": samples, "batch": batch_size}[asked]


def _everything(split: Split) -> Batch:
    x, y = BatchLoader(split, np.float32).everything()
    return np.ascontiguousarray(x), np.ascontiguousarray(y, np.int32)
