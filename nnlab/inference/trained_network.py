"""The network of a finished run, and its predictions for raw samples."""

import warnings
from contextlib import suppress
from pathlib import Path
from typing import Protocol, Self

import numpy as np

from nnlab.config.experiment import Experiment
from nnlab.core.arrays import Array
from nnlab.core.random import make_streams
from nnlab.data.input_format import InputFormat
from nnlab.data.pipeline.raw_samples import network_inputs
from nnlab.data.pipeline.training_range import out_of_range
from nnlab.data.sources.table import Table
from nnlab.data.tables.csv_text import CsvFormat
from nnlab.engine.predictions import all_scores, probabilities_of
from nnlab.errors import RunError, UsageError, reported_as
from nnlab.inference.generation import generate
from nnlab.models.network import Network
from nnlab.records.json_files import read_inputs
from nnlab.saved_run import check_finished, dataset_of_run, experiment_of_run, load_weights
from nnlab.storage.layout import MODEL_FILE


class TrainedNetwork(Network):
    """The network of a finished run; every array that it returns is a copy.

    ``inputs`` describes the raw samples of the training, ``experiment`` is that of the run.
    """

    def __init__(self, experiment: Experiment, inputs: InputFormat) -> None:
        layers = experiment.model.stack(inputs.shape, inputs.out_shape)
        streams = make_streams(experiment.rng, experiment.seed)
        super().__init__(layers, inputs.shape, inputs.out_shape, streams, inputs.task)
        self.inputs = inputs
        self.experiment = experiment
        self.check_memory(experiment.dtype, 1, 0)
        self.allocate(experiment.dtype)

    @classmethod
    def load(cls, folder: Path | str, inputs: InputFormat | None = None) -> Self:
        """The network of a run folder with its trained weights, without the training data.

        A run written before nnlab recorded the input format needs its data, or ``inputs``. Raises RunError when the
        folder holds no readable model.
        """
        path = Path(folder)
        check_finished(path)
        with reported_as(RunError, catch=UsageError):
            experiment = experiment_of_run(path)
        inputs = inputs or read_inputs(path) or dataset_of_run(path).inputs
        network = cls(experiment, inputs)
        load_weights(network, path / MODEL_FILE)
        return network

    def forward(self, x: Array, *, training: bool) -> Array:
        """Scores (N, K) for network inputs (N, ...), which are scaled already; :meth:`predict` takes raw samples.

        Warns where the inputs look like raw ones.
        """
        if not training and x.size and (problem := self._unscaled(x)):
            warnings.warn(f"forward takes scaled inputs, predict raw ones: {problem}", stacklevel=2)
        return super().forward(x, training=training).copy()

    def input_gradient(self, dscores: Array) -> Array:
        """∂loss/∂x (N, ...) for the last forward, from ∂loss/∂scores (N, K)."""
        return super().input_gradient(dscores).copy()

    def predict(self, x: object, *, probabilities: bool = False, check_range: bool = True) -> Array:
        """The class of each raw sample (N,), by its name in the data; or the probability of every class (N, K).

        A network that predicts a class for each of T steps gives (N, T) and (N, T, K). One that predicts numbers gives
        them in the user's units: (N,) for one target, (N, K) for several, (N, T) or (N, T, K) for steps.

        Raw samples are encoded and scaled as in training: see
        :func:`nnlab.data.pipeline.raw_samples.network_inputs`, which raises UsageError where they do not fit.
        Names that are all whole numbers come back as integers. A network trained with another loss than cross-
        entropy gives its scores in place of probabilities. Raises RunError where a score is not finite, as
        after a divergence.
        """
        if probabilities and self.inputs.targets is not None:
            raise UsageError("probabilities: the network predicts numbers, not classes")
        scores = self.scores(network_inputs(x, self.inputs, check_range=check_range))
        if self.inputs.targets is not None:
            numbers = self.inputs.targets.undo(scores)
            return numbers[..., 0] if len(self.inputs.targets) == 1 else numbers
        if probabilities:
            return probabilities_of(scores, softmax=self.experiment.loss.softmax)
        names: Array = self._names[scores.argmax(axis=-1)]
        return names

    def scores(self, inputs: Array) -> Array:
        """The score of every class (N, K), or (N, T, K), for samples as :func:`network_inputs` gives them.

        Raises RunError where one is not finite, as after a divergence.
        """
        with np.errstate(all="ignore"):  # after a divergence scores may be anything
            scores = all_scores(super().forward, self, inputs)
            if not (finite := np.isfinite(scores).reshape(len(scores), -1).all(axis=1)).all():
                sample = int(np.argmin(finite))
                raise RunError(f"the scores of sample {sample} (from 0) are not finite: the network cannot be used")
        return scores

    def generate(self, length: int, prompt: str = "", temperature: float = 1.0, seed: int = 0) -> str:
        """``length`` characters that continue the prompt, by a network trained on text.

        Temperature 0 takes the most probable character each time; the same seed gives the same text. Raises UsageError
        and RunError: see :func:`nnlab.inference.generation.generate`.
        """
        return generate(self.scores, self.inputs, length, prompt, temperature, seed)

    def plain(self) -> Network:
        """The same network, which checks no inputs and reuses the arrays that it returns."""
        network = Network.__new__(Network)
        vars(network).update(vars(self))
        return network

    @property
    def csv_format(self) -> CsvFormat:
        """The format of new CSV files: that of the training data, where it was a CSV."""
        return self.experiment.data.form if isinstance(self.experiment.data, Table) else CsvFormat()

    @property
    def _names(self) -> Array:
        names = self.inputs.class_names
        with suppress(ValueError):
            if all(str(int(name)) == name for name in names):
                return np.array([int(name) for name in names])
        return np.array(names)

    def _unscaled(self, x: Array) -> str:
        if self.inputs.scaling is None and not self.inputs.pixels:
            return ""
        return out_of_range(np.asarray(x, np.float64), self.inputs, scaled=True)


class HasPath(Protocol):
    """What has the path of a run folder."""

    @property
    def path(self) -> Path:
        """The run folder."""
        ...


def trained_network(run: "Path | str | HasPath") -> TrainedNetwork:
    """The network of a finished run with its trained weights; the training data is not needed.

    ``run`` is a folder, what ``run()`` returned, or a record. Raises RunError when there is no readable model.
    """
    return TrainedNetwork.load(run if isinstance(run, Path | str) else run.path)


def predict(run: "Path | str | HasPath", x: object, *, probabilities: bool = False, check_range: bool = True) -> Array:
    """The class of each raw sample by a finished run: see :meth:`TrainedNetwork.predict`.

    Raises RunError when there is no readable model, UsageError where the samples do not fit it.
    """
    return trained_network(run).predict(x, probabilities=probabilities, check_range=check_range)
