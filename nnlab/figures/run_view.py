"""A run as its pictures see it: its records, and once a picture needs them its network and data."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset
from nnlab.data.dataset_source import DatasetSource
from nnlab.engine.predictions import class_predictions, evaluation_split, predicted_numbers
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import DataError, UsageError, naming
from nnlab.plots.curves import title_of
from nnlab.records.reader import RunRecord
from nnlab.saved_run import (
    blaming_changed_data,
    changed_data_warning,
    changed_files,
    check_finished,
    load_weights,
    setup_of_run,
)
from nnlab.storage.layout import MODEL_FILE


def target_names(dataset: Dataset) -> tuple[str, ...]:
    """The names of the target columns; none where targets are classes."""
    return () if dataset.numbers is None else dataset.numbers.names


def ignore(value: object) -> None:
    """Do nothing with it."""


@dataclass(eq=False)
class RunView:
    """A run as its pictures see it.

    Once a picture needs them, ``build`` makes the run's set-up, and ``load`` puts the trained weights into it.
    """

    record: RunRecord
    build: Callable[[], RunSetup]
    load: Callable[[RunSetup], None] = ignore

    @cached_property
    def setup(self) -> RunSetup:
        """The network with its data, whatever its weights are."""
        return self.build()

    @cached_property
    def trained(self) -> RunSetup:
        """The network with its trained weights and its data."""
        self.load(self.setup)
        return self.setup

    @property
    def has_probabilities(self) -> bool:
        """Whether softmax makes probabilities of the scores."""
        return self.setup.experiment.loss.softmax

    @cached_property
    def predictions(self) -> tuple[Array, Array]:
        """The predicted class of each sample of the evaluation split (−1: none), and its probability or score."""
        _, split = evaluation_split(self.setup.dataset)
        return class_predictions(self.trained.network, split.inputs, softmax=self.has_probabilities)

    @cached_property
    def numbers(self) -> tuple[Array, Array]:
        """The targets and the predictions of the evaluation split in the user's units, (M, K); M = N·T for steps."""
        _, split = evaluation_split(self.setup.dataset)
        columns = self.setup.dataset.numbers
        if columns is None:
            raise TypeError("the targets are classes")
        predicted = predicted_numbers(self.trained.network, split.inputs, columns)
        return columns.undo(split.targets).reshape(-1, len(columns)), predicted.reshape(-1, len(columns))

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.record.path

    @property
    def name(self) -> str:
        """The experiment's name, with the run's status unless it was completed."""
        return title_of(self.record)


def run_view(
    record: RunRecord,
    warn: Callable[[str], None] = ignore,
    fetch: Callable[[DatasetSource], None] = ignore,
    data: Path | None = None,
) -> RunView:
    """A run as its folder holds it; ``warn`` is called where the data has changed, ``fetch`` may download the data.

    ``data`` is the file or folder of its data, where that was moved. What is wrong with network or data is raised when
    a picture needs them, and the message names the run.
    """
    changed: list[str] = []

    def build() -> RunSetup:
        with naming(record.path, DataError, UsageError):
            setup = setup_of_run(record.path, fetch, data)
        changed.extend(changed_files(record.path, setup.dataset))
        if changed:
            warn(changed_data_warning(record.path, changed))
        return setup

    def load(setup: RunSetup) -> None:
        check_finished(record.path)
        with blaming_changed_data(record.path, changed):
            load_weights(setup.network, record.path / MODEL_FILE)

    return RunView(record, build, load)
