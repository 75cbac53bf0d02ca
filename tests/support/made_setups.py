"""Set-ups of trainings on samples that a test makes."""

from dataclasses import dataclass
from typing import Any

from nnlab.config.experiment import ComputeSettings, Experiment, TrainSettings
from nnlab.core.random import RandomGenerator
from nnlab.data.dataset import Dataset, DatasetSource
from nnlab.engine.build import RunSetup
from nnlab.losses import CrossEntropy, Loss
from nnlab.models.base import Model
from nnlab.optim.base import Optimizer
from nnlab.regularizers import Regularizer


@dataclass(kw_only=True)
class GivenData(DatasetSource):
    """A dataset that is there already."""

    dataset: Dataset

    def read(self, rng: RandomGenerator) -> Dataset:
        return self.dataset


def made_setup(
    dataset: Dataset,
    model: Model,
    optimizer: Optimizer,
    *,
    loss: Loss | None = None,
    penalty: list[Regularizer] | None = None,
    dtype: Any = "float64",
    threads: int = 1,
    shards: int = 1,
    **train: Any,
) -> RunSetup:
    """What trains a model on a dataset; ``train`` are its TrainSettings."""
    experiment = Experiment(
        name="made",
        dtype=dtype,
        data=GivenData(dataset=dataset),
        model=model,
        loss=loss or CrossEntropy(),
        optimizer=optimizer,
        penalty=penalty or [],
        train=TrainSettings(**train),
        compute=ComputeSettings(threads=threads, shards=shards),
    )
    return RunSetup(experiment).allocate()
