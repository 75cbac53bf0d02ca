"""What the checks of one spec work with: its data, its network before the first update, short trainings on parts."""

import shlex
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from nnlab.config.experiment import ComputeSettings, Experiment, TrainSettings
from nnlab.core.random import AddressedStreams, Purpose, RandomGenerator, make_streams
from nnlab.core.task import CLASSES, Task
from nnlab.data.dataset import Dataset, Split
from nnlab.data.dataset_source import DatasetSource
from nnlab.data.pipeline.batches import Batch, BatchLoader
from nnlab.engine.run_setup import RunSetup
from nnlab.layers.planning import activation_memory, all_layers, multiply_adds
from nnlab.losses import Loss
from nnlab.models.network import Network
from nnlab.optim.base import Optimizer

NUMBERS_A_PASS = 2**24
"""A check looks at as many samples as give this many numbers in all layers: 128 MiB in float64."""


@dataclass(kw_only=True)
class Prepared(DatasetSource):
    """Stands for samples that are split and scaled already; :class:`CheckedSpec` reads them."""

    kind: Task = CLASSES

    @property
    def task(self) -> Task:
        return self.kind

    def read(self, rng: RandomGenerator) -> Dataset:
        raise NotImplementedError("the samples are given to RunSetup(read=...)")


class CheckedSpec:
    """An experiment under check, with its data read once; nothing of it is changed.

    ``call`` is how a command names the spec, and ``overrides`` are those applied to it, for the commands of findings.
    ``seed`` chooses the samples and directions of the checks. Raises UsageError and DataError as :class:`RunSetup`.
    """

    def __init__(
        self, experiment: Experiment, call: str = "SPEC", overrides: Sequence[str] = (), seed: int = 0
    ) -> None:
        self.experiment = experiment
        self.call = call
        self.overrides = tuple(overrides)
        self.seed = seed
        self.setup = RunSetup(experiment, read=self._read).allocate()
        self.dataset: Dataset = self.setup.dataset
        self.loss: Loss = experiment.loss.for_classes(self.dataset.class_counts)
        self.initial = {name: array.copy() for name, array in self.setup.network.state().items()}
        self.parameter_count = self.setup.network.parameter_count
        self._layers = self.setup.network.layers

    def _read(self, source: DatasetSource, rng: RandomGenerator) -> Dataset:
        self._raw = source.read(rng)
        return self._raw

    @cached_property
    def calls(self) -> int:
        """How many computations, each of which waits for the one before, a forward pass consists of."""
        return sum(layer.successive_steps for layer in all_layers(self._layers) if not layer.inner())

    @cached_property
    def work(self) -> int:
        """About how many multiplications with additions a sample's forward pass takes, elementwise layers included."""
        return sum(map(multiply_adds, self._layers)) + 4 * sum(map(activation_memory, self._layers))

    @property
    def outputs(self) -> int:
        """The number K of scores of one prediction."""
        return self.dataset.out_shape[-1]

    @property
    def predictions(self) -> int:
        """The predictions of one sample: its steps where each has a target, else 1."""
        return self.dataset.steps or 1

    def samples_within(self, most: int) -> int:
        """At most this many training samples; fewer of a large network."""
        numbers = prod(self.dataset.sample_shape) + sum(map(activation_memory, self._layers))
        return max(1, min(most, len(self.dataset.train), NUMBERS_A_PASS // numbers))

    def rng(self, *address: int) -> np.random.Generator:
        """Random numbers of a check, independent of those of the run."""
        return np.random.default_rng([self.seed, *address])

    def batch(self, most: int, dtype: str = "float64") -> Batch:
        """Random training samples as network inputs, in new arrays."""
        chosen = self.rng(0).permutation(len(self.dataset.train))[: self.samples_within(most)]
        return BatchLoader(self.dataset.train.take(np.sort(chosen)), dtype).everything()

    def with_permuted_labels(self) -> Dataset:
        """The data as :meth:`DatasetSource.load` gives it where labels are permuted within each split when read."""
        streams = make_streams(self.experiment.rng, self.experiment.seed)

        def permuted(split: Split) -> Split:
            return replace(split, targets=split.targets[self.rng(4, len(split)).permutation(len(split))])

        return deepcopy(self.experiment.data).load(
            streams.rng(Purpose.DATASET),
            streams.rng(Purpose.VALIDATION),
            lambda source, rng: self._raw.map_splits(permuted),
        )

    def network(self, dtype: str = "float64", *, dropout: bool = False) -> Network:
        """A new network with the initial weights of the training, by default without dropout."""
        stack = deepcopy(self.experiment.model).stack(self.dataset.sample_shape, self.dataset.out_shape)
        streams = AddressedStreams(self.experiment.seed)
        network = Network(stack, self.dataset.sample_shape, self.dataset.out_shape, streams, self.dataset.task)
        network.allocate(dtype)
        network.load_state(self.initial)
        if not dropout:
            switch_off_dropout(network)
        return network

    def training(
        self, dataset: Dataset, iterations: int, batch_size: int, optimizer: Optimizer | None = None, **settings: Any
    ) -> RunSetup:
        """A training of the initial network on these samples, with the spec's optimizer unless one is given.

        The learning rate is constant, gradients are clipped as in the spec; without penalties, dropout, augmentation
        and early stopping, on one thread. ``settings`` are further keys of ``train``.
        """
        own = self.experiment.train
        settings |= {"clip_value": own.clip_value, "clip_norm": own.clip_norm}
        experiment = replace(
            self.experiment,
            data=Prepared(kind=dataset.task),
            optimizer=optimizer or self.experiment.optimizer,
            penalty=[],
            metrics=[],
            train=TrainSettings(iterations=iterations, batch_size=batch_size, **settings),
            compute=ComputeSettings(threads=1, shards=1),
        )
        setup = RunSetup(experiment, read=lambda source, rng: dataset).allocate()
        setup.network.load_state(self.initial)
        setup.regularizers.clear()
        for layer in all_layers(setup.network.layers):
            layer.switch_off_dropout()
            layer.scale_activity_penalty(0.0)
        return setup

    def with_keys(self, command: str, settings: Mapping[str, object] | None = None) -> str:
        """A command line on this spec: ``nnlab train adam -s optimizer.lr=0.1``; settings replace overrides."""
        new = {key: str(value) for key, value in (settings or {}).items()}
        kept = [text for text in self.overrides if not any(_is_under(text.partition("=")[0], key) for key in new)]
        changes = shlex.join([word for text in [*kept, *(f"{k}={v}" for k, v in new.items())] for word in ("-s", text)])
        return f"nnlab {command} {self.call} {changes}".rstrip()


def _is_under(key: str, other: str) -> bool:
    """Whether a dotted key is another one, or one of its keys."""
    return key == other or key.startswith(f"{other}.")


def switch_off_dropout(network: Network) -> None:
    """Compute in training as in evaluation, apart from batch statistics."""
    for layer in all_layers(network.layers):
        layer.switch_off_dropout()
