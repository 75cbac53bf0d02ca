"""The predictions for samples as rows, CSV and plain values."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from nnlab.core.arrays import Array
from nnlab.engine.predictions import probabilities_of
from nnlab.inference.number_predictions import NumberPredictions
from nnlab.inference.trained_network import TrainedNetwork
from nnlab.records.formats import text_cell


class Answer(NamedTuple):
    """A class and its probability, or its score where the network gives no probabilities."""

    name: str
    probability: float


@dataclass(frozen=True, eq=False)
class PredictionTable:
    """Predictions for N samples: the probability of each class (N, K), in the order of ``class_names``.

    Where ``softmax`` is false the numbers are scores, of a network trained with another loss than cross-entropy.
    """

    samples: tuple[str, ...]
    class_names: tuple[str, ...]
    probabilities: Array
    predicted: Array
    softmax: bool = True

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def steps(self) -> int | None:
        """The number of steps T of a sample that have a prediction each; None where a sample has one prediction."""
        return None

    def top(self, index: int, count: int) -> list[Answer]:
        """The ``count`` most probable classes of a sample, the predicted one first."""
        row = self.probabilities[index]
        order = np.argsort(-row, kind="stable").tolist()
        first = int(self.predicted[index])
        order.remove(first)
        return [Answer(self.class_names[label], float(row[label])) for label in [first, *order][:count]]

    def counts(self) -> list[tuple[str, int]]:
        """How many predictions each class has, the most frequent first."""
        found = np.bincount(self.predicted.reshape(-1), minlength=len(self.class_names))
        order = np.argsort(-found, kind="stable").tolist()
        return [(self.class_names[label], int(found[label])) for label in order if found[label]]

    def to_csv(self) -> str:
        """Columns ``sample, prediction, probability, p_<class>...``; numbers in the shortest form that reads back."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["sample", "prediction", "probability", *(f"p_{name}" for name in self.class_names)])
        names = [text_cell(name) for name in self.class_names]
        for sample, label, row in self._rows():
            writer.writerow([text_cell(sample), names[label], repr(row[label]), *map(repr, row)])
        return text.getvalue()

    def as_plain(self, count: int) -> list[dict[str, Any]]:
        """For each sample its prediction, probability (or score) and the ``count`` most probable classes."""
        number = "probability" if self.softmax else "score"
        return [
            {
                "sample": sample,
                "prediction": self.class_names[label],
                number: row[label],
                "top": [{"class": name, number: value} for name, value in self.top(index, count)],
            }
            for index, (sample, label, row) in enumerate(self._rows())
        ]

    def _rows(self) -> Iterator[tuple[str, int, list[float]]]:
        labels, rows = self.predicted.tolist(), self.probabilities.astype(np.float64).tolist()
        yield from zip(self.samples, labels, rows, strict=True)


@dataclass(frozen=True, eq=False)
class StepPredictions(PredictionTable):
    """Predictions for each of T steps of N samples: probabilities (N, T, K), predicted classes (N, T)."""

    @property
    def steps(self) -> int:
        """The number of steps T."""
        return int(self.predicted.shape[1])

    def names_of(self, index: int) -> list[str]:
        """The predicted class of each step of a sample."""
        return [self.class_names[label] for label in self.predicted[index].tolist()]

    def lowest(self, index: int) -> float:
        """The probability (or score) of the predicted class at the least certain step of a sample."""
        return float(self._of_predicted(index).min())

    def to_csv(self) -> str:
        """A row for each step: ``sample, step, prediction, probability, p_<class>...``; steps count from 1."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        names = [text_cell(name) for name in self.class_names]
        writer.writerow(["sample", "step", "prediction", "probability", *(f"p_{name}" for name in self.class_names)])
        for index, sample in enumerate(self.samples):
            rows = zip(
                self.predicted[index].tolist(), self.probabilities[index].astype(np.float64).tolist(), strict=True
            )
            for step, (label, row) in enumerate(rows, start=1):
                writer.writerow([text_cell(sample), step, names[label], repr(row[label]), *map(repr, row)])
        return text.getvalue()

    def as_plain(self, count: int) -> list[dict[str, Any]]:
        """For each sample the list of its predictions, one for each step, and of their probabilities (or scores)."""
        number = "probability" if self.softmax else "score"
        return [
            {"sample": sample, "prediction": self.names_of(index), number: self._of_predicted(index).tolist()}
            for index, sample in enumerate(self.samples)
        ]

    def _of_predicted(self, index: int) -> Array:
        chosen = self.predicted[index][:, np.newaxis]
        return np.take_along_axis(self.probabilities[index].astype(np.float64), chosen, axis=1)[:, 0]


def predictions(network: TrainedNetwork, inputs: Array, names: Sequence[str]) -> PredictionTable | NumberPredictions:
    """The predictions for samples (N, ...) as ``read_samples`` gives them; ``names`` has one for each.

    Raises RunError where a score is not finite, as after a divergence.
    """
    if network.inputs.targets is not None:
        found = network.inputs.targets.undo(network.scores(inputs))
        return NumberPredictions(tuple(names), network.inputs.targets.names, found)
    softmax = network.experiment.loss.softmax
    scores = network.scores(inputs)
    found = probabilities_of(scores, softmax=softmax)
    table = PredictionTable if network.inputs.steps is None else StepPredictions
    return table(tuple(names), network.inputs.class_names, found, scores.argmax(axis=-1), softmax)
