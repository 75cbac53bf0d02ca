"""Evaluations of a finished run: every registered metric with its standard error, and the report of its classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.pipeline.raw_samples import network_inputs
from nnlab.errors import DataError, RunError, UsageError, reported_as
from nnlab.html import block, line, table
from nnlab.inference.class_report import MEASURES, ClassReport, confused_pairs, confusion_matrix
from nnlab.inference.measuring import (
    EachSample,
    EvaluationOptions,
    Measures,
    error_of_mean,
    in_short,
    measure,
    measured_numbers,
    metric_rows,
    suitable_metrics,
)
from nnlab.inference.number_evaluation import NumberEvaluation, evaluate_numbers, scaled_targets
from nnlab.inference.sample_arrays import class_indices
from nnlab.inference.trained_network import HasPath, TrainedNetwork, trained_network
from nnlab.losses import Loss
from nnlab.metrics import Statistic
from nnlab.models.network import Network

MOST_IN_A_MATRIX = 100
"""Classes at most whose confusion matrix is written as JSON: that of 10,000 classes has 100 million numbers."""

MOST_PAIRS = 1000
MOST_SHOWN = 20
"""Classes at most that a notebook shows."""


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation(Measures):
    """The metrics of a network on some samples, by name, with their standard errors (None where none is known).

    ``part`` names the samples, such as test. ``labels`` and ``predicted`` are the true and the predicted class of each
    sample (N,), counted from 0; or of each of T ``steps`` of each sample (N·T,), sample by sample.
    ``variants`` say how metrics with settings were measured, such as ``k = 5``.
    """

    part: str
    metrics: Mapping[str, float]
    standard_errors: Mapping[str, float | None]
    class_names: tuple[str, ...]
    labels: Array
    predicted: Array
    steps: int | None = None
    variants: Mapping[str, str] = field(default_factory=dict)

    @property
    def samples(self) -> int:
        """The number of samples N."""
        return len(self.labels) // (self.steps or 1)

    @cached_property
    def confusion(self) -> Array:
        """The number of samples of each true class (rows) that were predicted as each class (columns), (K, K)."""
        return confusion_matrix(self.labels, self.predicted, np.arange(len(self.class_names)))

    @cached_property
    def by_class(self) -> ClassReport:
        """Precision, recall, F1 and support of each class."""
        return ClassReport.of(self.labels, self.predicted, len(self.class_names))

    @property
    def confused(self) -> tuple[Array, Array]:
        """The pairs (true, predicted) of the errors (P, 2), most frequent first, and how often each was made (P,)."""
        return confused_pairs(self.labels, self.predicted)

    def as_plain(self) -> dict[str, Any]:
        """Plain values for JSON; of more than 100 classes the most confused pairs in place of the confusion matrix."""
        pairs, counts = (array[:MOST_PAIRS].tolist() for array in self.confused)
        small = len(self.class_names) <= MOST_IN_A_MATRIX
        return {
            **self.plain_measures(),
            "classes": list(self.class_names),
            "confusion": self.confusion.tolist() if small else None,
            "confused": [
                {"true": self.class_names[true], "predicted": self.class_names[predicted], "samples": count}
                for (true, predicted), count in zip(pairs, counts, strict=True)
            ],
            **self.by_class.as_plain(self.class_names),
        }

    def __repr__(self) -> str:
        return f"Evaluation({self.part}: {in_short(self.metrics)}, {self._counted})"

    @property
    def _counted(self) -> str:
        return f"{self.samples:,} samples" + ("" if self.steps is None else f" of {self.steps} steps")

    def _repr_html_(self) -> str:
        """Metrics with their standard errors, precision, recall and F1 by class, and the confusion matrix."""
        measured = metric_rows(self.metrics, self.standard_errors, self.variants)
        shown, report = self.class_names[:MOST_SHOWN], self.by_class
        classes = [
            (name, *(f"{getattr(report, measure)[index]:.4f}" for measure in MEASURES), f"{report.support[index]:,}")
            for index, name in enumerate(shown)
        ]
        more = len(self.class_names) - len(shown)
        counts = [(name, *row) for name, row in zip(shown, self.confusion.tolist(), strict=True)] if not more else []
        return block(
            line(f"{self.part}: {self._counted}"),
            table(("metric", "value", "standard error"), measured, numbers=(1, 2)),
            table(("class", *MEASURES, "samples"), classes, numbers=range(1, 5)),
            line(f"… and {more:,} more classes", small=True) if more else "",
            table(("true \\ predicted", *shown), counts, numbers=range(1, len(shown) + 1)) if counts else "",
        )


def evaluate_network(
    network: Network,
    loss: Loss,
    inputs: Array,
    labels: Array,
    class_names: Sequence[str],
    *,
    part: str = "samples",
    listed: Sequence[Statistic] = (),
    batch_size: int = 1,
    threads: int | None = None,
) -> Evaluation:
    """Evaluate a network on network inputs (N, ...), uint8 pixels or scaled features, with labels (N,) or (N, T).

    The ``listed`` metrics are measured with their own settings, every other one that fits with its defaults. The
    samples are computed in the chunks of a training with this ``batch_size``, and so give the numbers of its
    metrics.csv to the last digit. ``threads`` (default: the cores) change no digit. Raises UsageError where there are
    no samples and RunError where a score is not finite, as after a divergence.
    """
    others = suitable_metrics(listed, class_names, sequences=labels.ndim > 1)
    tally = measure(network, loss, inputs, labels, [*others, EachSample()], batch_size=batch_size, threads=threads)
    each = next(item for item in tally.others if isinstance(item, EachSample))
    predicted = np.concatenate(each.predicted)
    if (predicted < 0).any():
        sample = int(np.argmax(predicted < 0)) * len(labels) // len(predicted)
        raise RunError(f"the scores of sample {sample} (from 0) are not finite: the network cannot be evaluated")
    values, errors, variants = measured_numbers(tally, error_of_mean(np.concatenate(each.losses)))
    steps = labels.shape[1] if labels.ndim > 1 else None
    return Evaluation(part, values, errors, tuple(class_names), labels.reshape(-1), predicted, steps, variants)


def evaluate(
    run: "TrainedNetwork | Path | str | HasPath", x: object, y: object, *, check_range: bool = True
) -> Evaluation | NumberEvaluation:
    """Evaluate a finished run on raw samples ``x`` with labels ``y``, class names or integers as in training.

    Of a network that predicts numbers ``y`` are the targets (N,) or (N, K) in their own units.

    ``run`` is a folder, what ``run()`` returned, a record, or a trained network. Samples are encoded and scaled as in
    training: see :func:`nnlab.data.pipeline.raw_samples.network_inputs`. Raises RunError when there is no readable
    model, UsageError where samples or labels do not fit it.
    """
    network = run if isinstance(run, TrainedNetwork) else trained_network(run)
    inputs = network_inputs(x, network.inputs, check_range=check_range)
    if network.inputs.targets is not None:
        return evaluate_trained(network, inputs, scaled_targets(y, network.inputs, len(inputs)))
    with reported_as(UsageError, catch=DataError):
        labels = class_indices(_array(y), network.inputs.class_names, "y", steps=network.inputs.steps)
    if len(labels) != len(inputs):
        raise UsageError(f"expected a label for each of the {len(inputs):,} samples, found {len(labels):,}")
    return evaluate_trained(network, inputs, labels)


def evaluate_trained(
    network: TrainedNetwork, inputs: Array, labels: Array, part: str = "samples", *, training_samples: int = 1
) -> Evaluation | NumberEvaluation:
    """Evaluate the network of a run on network inputs: see :func:`evaluate_network`.

    ``labels`` are classes, or numbers as the network has them. ``training_samples`` is the size of its batches where
    these were all training samples.
    """
    experiment = network.experiment
    asked, threads = experiment.train.batch_size, experiment.compute.threads
    options = EvaluationOptions(
        part=part,
        listed=experiment.metrics,
        batch_size=asked if isinstance(asked, int) else training_samples,
        threads=threads if isinstance(threads, int) else None,
    )
    plain, numbers = network.plain(), network.inputs.targets
    if numbers is not None:
        return evaluate_numbers(plain, experiment.loss, inputs, labels, numbers, **options)
    return evaluate_network(plain, experiment.loss, inputs, labels, network.inputs.class_names, **options)


def _array(y: object) -> Array:
    labels = np.asarray(y)
    return labels.astype(str) if labels.dtype == object else labels
