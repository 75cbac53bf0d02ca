"""A run as the rules look at it: each view is read, or computed, when a rule first needs it."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from nnlab.config.data_paths import existing_data
from nnlab.config.experiment import Experiment
from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset
from nnlab.data.dataset_cache import DatasetCache
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import DataError, MissingPlugin, NnlabError, RunError, UsageError
from nnlab.insight.doctor.measurement import Moment, measure, state_of
from nnlab.insight.doctor.rehearsal import MOST_STEPS, MOST_WORK, Rehearsal, rehearse
from nnlab.insight.spec_commands import retry
from nnlab.models.network import Network
from nnlab.records.diagnostics_reader import LayerStatistics, read_layer_statistics
from nnlab.records.reader import RunRecord, read_run
from nnlab.registry import registered_name
from nnlab.saved_run import changed_files, experiment_of_run, load_weights
from nnlab.storage.layout import DIAGNOSTICS_FILE, MODEL_FILE
from nnlab.text import one_line
from nnlab.train.reporting import chance_loss


class Unavailable(Exception):
    """A view that this run does not have, with the reason in words."""


class Case:
    """One run; a view that it does not have raises :class:`Unavailable` with the reason.

    ``record`` is always there. ``data`` is the file or folder of its data, where that was moved; one that does not
    exist raises UsageError. The diagnosis asks
    ``lacks`` before it applies a rule, so rules need not catch anything; a rule that only wants a view asks itself.
    ``explained`` are the names of rules whose findings would follow from a problem that was found already: such a rule
    needs no trial trainings.
    """

    def __init__(self, path: Path, data: Path | None = None) -> None:
        self.path = path
        self.record: RunRecord = read_run(path)
        self.explained: frozenset[str] = frozenset()
        self._data = None if data is None else existing_data(data)
        self._cache = DatasetCache()
        self._rehearsed: dict[tuple[object, ...], Rehearsal] = {}
        self._reasons: dict[str, str] = {}

    def lacks(self, view: str) -> str:
        """Why a view is not there; empty where it is."""
        if view not in self._reasons:
            try:
                getattr(self, view)
            except Unavailable as reason:
                self._reasons[view] = str(reason)
            else:
                self._reasons[view] = ""
        return self._reasons[view]

    @property
    def spec(self) -> Mapping[str, Any]:
        """The resolved spec as plain values."""
        return self.record.spec

    def curve(self, column: str) -> tuple[Array, Array]:
        """Steps and values (M,) of a column of metrics.csv where it has one, such as ``test_accuracy``."""
        metrics = self.record.metrics
        if column not in metrics:
            return np.empty(0), np.empty(0)
        known = np.isfinite(metrics[column])
        return metrics["step"][known], metrics[column][known]

    @cached_property
    def objectives(self) -> Array:
        """The objective before each update (M,), at least two of them."""
        losses = np.asarray(self.record.steps["loss"])
        if len(losses) < 2:
            raise Unavailable("the run made fewer than two updates")
        return losses

    @cached_property
    def experiment(self) -> Experiment:
        """The experiment; not there without its plugin, or where its data decides what it means and is missing."""
        try:
            return experiment_of_run(self.path, data=self._data)
        except (DataError, MissingPlugin, UsageError, RunError) as error:
            raise Unavailable(one_line(str(error), 400)) from None

    @cached_property
    def statistics(self) -> dict[int, LayerStatistics]:
        """The recorded statistics of the layers by step."""
        if not (self.path / DIAGNOSTICS_FILE).is_file():
            raise Unavailable("the run was trained without train.diagnostics")
        found = read_layer_statistics(self.path)
        if not found:
            raise Unavailable("no statistics were recorded yet")
        return found

    @cached_property
    def setup(self) -> RunSetup:
        """The set-up of the run before its first update: data, and the network with its initial weights."""
        try:
            setup = RunSetup(self.experiment, threads=1, read=self._cache.read).allocate()
            changed = changed_files(self.path, setup.dataset)
        except NnlabError as error:
            raise Unavailable(one_line(str(error), 400)) from None
        if changed:
            raise Unavailable(f"the data has changed since the training: {one_line(', '.join(changed), 200)}")
        return setup

    @property
    def dataset(self) -> Dataset:
        """The data as the network gets it."""
        return self.setup.dataset

    @cached_property
    def before(self) -> Moment:
        """The network before training."""
        return measure(self.setup, untrained=True)

    @cached_property
    def weights(self) -> dict[str, Array]:
        """The saved weights and buffers."""
        if not (self.path / MODEL_FILE).is_file():
            raise Unavailable(f"the run has no {MODEL_FILE} (yet)")
        _ = self.before  # measured with the initial weights, which are lost now
        try:
            load_weights(self.setup.network, self.path / MODEL_FILE)
        except NnlabError as error:
            raise Unavailable(one_line(str(error), 400)) from None
        return state_of(self.setup.network)

    @cached_property
    def after(self) -> Moment:
        """The network with the saved weights."""
        _ = self.weights
        return measure(self.setup)

    @property
    def network(self) -> Network:
        """The network with the saved weights; ``before`` has what was measured with its initial ones."""
        _ = self.weights
        return self.setup.network

    @property
    def classes(self) -> int:
        """The number of classes K; 0 where targets are numbers."""
        return self.dataset.classes if self.dataset.numbers is None else 0

    @cached_property
    def chance(self) -> float:
        """The training loss of a constant prediction: ln K, or the variance of the targets; infinite if not known."""
        return chance_loss(self.setup)[0]

    @cached_property
    def constant_loss(self) -> float:
        """The training loss of the best constant prediction; below that of chance where classes differ in frequency."""
        counts = self.dataset.class_counts
        if not counts.size or not self.experiment.loss.softmax:
            return self.chance
        shares = counts[counts > 0] / counts.sum()
        weights = getattr(self.experiment.loss, "class_weights", None)
        answered = shares if weights is None else np.ones_like(shares)  # balanced: each class counts the same
        if isinstance(weights, list | tuple):
            answered = shares * np.array(weights)[counts > 0]
        with np.errstate(divide="ignore"):
            return float(-(shares * np.log(answered / answered.sum())).sum())

    @property
    def first_objective(self) -> float:
        """The objective at the first evaluation; NaN where it is not known."""
        _, objectives = self.curve("objective")
        return float(objectives[0]) if len(objectives) else float("nan")

    @property
    def final_objective(self) -> float:
        """The objective of the saved weights; NaN where it is not known."""
        objective = (self.record.final or {}).get("objective")
        return float("nan") if objective is None else objective

    @cached_property
    def first_updates(self) -> Rehearsal:
        """The first updates of the run, made again, with its full learning rate from the start."""
        _ = self.setup  # says why the data is missing
        scheduled = registered_name(self.experiment.train.schedule) != "constant"
        return self.rehearse("train.schedule=constant") if scheduled else self.rehearse()

    def rehearse(self, *changes: str, most: int = MOST_STEPS, work: float = MOST_WORK) -> Rehearsal:
        """The first updates of the run with changes of its spec: see :func:`~nnlab.insight.doctor.rehearsal.rehearse`.

        Raises UsageError where the changes do not fit the spec.
        """
        key = changes, most, work
        if key not in self._rehearsed:
            experiment = experiment_of_run(self.path, changes, self._data) if changes else self.experiment
            self._rehearsed[key] = rehearse(experiment, self._cache, most=most, work=work)
        return self._rehearsed[key]

    def retry(self, *changes: str) -> str:
        """The command that trains this run again with changes, such as ``optimizer.lr=0.01``."""
        return retry(self.path, *changes)
