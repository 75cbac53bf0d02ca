"""The factory of what tests train: networks, experiments and set-ups, each by one call."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlab.config.experiment import ComputeSettings, Experiment, TrainSettings
from nnlab.config.loading import load_experiment
from nnlab.core.random import RandomGenerator, make_streams
from nnlab.core.rows import Row
from nnlab.data.dataset import Dataset
from nnlab.data.dataset_source import DatasetSource
from nnlab.engine.run_setup import RunSetup
from nnlab.layers.base import Layer
from nnlab.losses import CrossEntropy, Loss
from nnlab.models.base import Model
from nnlab.models.network import Network
from nnlab.optim.base import Optimizer
from nnlab.regularizers import Regularizer


def make_network(
    layers: Model | Sequence[Layer],
    in_shape: tuple[int, ...],
    classes: int | tuple[int, ...],
    *,
    rng: str = "streams",
    seed: int = 0,
    dtype: Any = "float64",
) -> Network:
    """A network with its initial weights, for a number of classes or scores of a shape; ``dtype=None``: shapes only."""
    out_shape = (classes,) if isinstance(classes, int) else classes
    stack = layers.stack(in_shape, out_shape) if isinstance(layers, Model) else layers
    network = Network(stack, in_shape, out_shape, make_streams(rng, seed))
    if dtype is not None:
        network.allocate(dtype)
    return network


def make_experiment(folder: Path, spec: str, *overrides: str, name: str = "spec") -> Experiment:
    """The experiment of a spec's text, written to ``<name>.yaml`` in the folder that its paths are relative to."""
    path = folder / f"{name}.yaml"
    path.write_text(spec, encoding="utf-8")
    return load_experiment(path, overrides)


def make_setup(folder: Path, spec: str, *overrides: str) -> RunSetup:
    """What trains the experiment of a spec's text."""
    return RunSetup(make_experiment(folder, spec, *overrides)).allocate()


@dataclass(kw_only=True)
class GivenData(DatasetSource):
    """A dataset in memory."""

    dataset: Dataset

    def read(self, rng: RandomGenerator) -> Dataset:
        return self.dataset


def make_setup_on(
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
    """What trains a model on a dataset in memory; ``train`` are its TrainSettings."""
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


class Recorder:
    """An observer that keeps what the loop reports."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.losses: list[float] = []
        self.rows: list[Row] = []

    def on_step(self, step: int, objective: float) -> None:
        self.steps.append(step)
        self.losses.append(objective)

    def on_evaluation(self, row: Row) -> None:
        self.rows.append(row)
