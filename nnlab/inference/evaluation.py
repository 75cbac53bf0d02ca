"""Evaluations of a finished run: every registered metric with its standard error, and the report of its classes."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from nnlab.core.arrays import Array
from nnlab.core.task import CLASSES, NUMBERS
from nnlab.core.threads import Workers, available_cores
from nnlab.data.dataset import Split
from nnlab.data.pipeline.batches import BatchLoader
from nnlab.data.pipeline.raw_samples import network_inputs
from nnlab.engine.evaluation import MEAN_LOSS, ChunkedEvaluation
from nnlab.errors import DataError, RunError, UsageError, reported_as
from nnlab.html import block, line, table
from nnlab.hyperparameters import hyperparameters
from nnlab.inference.class_report import MEASURES, ClassReport, confused_pairs, confusion_matrix
from nnlab.inference.sample_arrays import class_indices
from nnlab.inference.trained_network import HasPath, TrainedNetwork, trained_network
from nnlab.losses import CrossEntropy, Loss
from nnlab.metric_columns import bind_statistics, fits
from nnlab.metrics import LOSS, Metric, Statistic
from nnlab.models.network import Network
from nnlab.registry import metrics, registered_name

MOST_IN_A_MATRIX = 100
"""Classes at most whose confusion matrix is written as JSON: that of 10,000 classes has 100 million numbers."""

MOST_PAIRS = 1000
MOST_SHOWN = 20
"""Classes at most that a notebook shows."""


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
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
            "part": self.part,
            "samples": self.samples,
            **({} if self.steps is None else {"steps": self.steps}),
            "metrics": dict(self.metrics),
            "standard_errors": dict(self.standard_errors),
            "variants": {name: variant for name, variant in self.variants.items() if variant},
            "classes": list(self.class_names),
            "confusion": self.confusion.tolist() if small else None,
            "confused": [
                {"true": self.class_names[true], "predicted": self.class_names[predicted], "samples": count}
                for (true, predicted), count in zip(pairs, counts, strict=True)
            ],
            **self.by_class.as_plain(self.class_names),
        }

    def __repr__(self) -> str:
        measured = ", ".join(f"{name} {metrics[name].format(value)}" for name, value in [*self.metrics.items()][:2])
        return f"Evaluation({self.part}: {measured}, {self._counted})"

    @property
    def _counted(self) -> str:
        return f"{self.samples:,} samples" + ("" if self.steps is None else f" of {self.steps} steps")

    def _repr_html_(self) -> str:
        """Metrics with their standard errors, precision, recall and F1 by class, and the confusion matrix."""
        measured = []
        for name, value in self.metrics.items():
            error = self.standard_errors.get(name)
            variant = self.variants.get(name)
            label = f"{name} ({variant})" if variant else name
            measured.append((label, metrics[name].format(value), "" if error is None else f"± {error:.2g}"))
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


@dataclass(kw_only=True)
class _EachSample(Metric):
    """The loss of each sample, and its predicted class: −1 where a score is not finite."""

    losses: tuple[Array, ...] = field(default=(), init=False)
    predicted: tuple[Array, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        self._reported: Loss = CrossEntropy()

    def empty(self, loss: Loss) -> "_EachSample":
        """No samples yet, and what ``loss`` reports."""
        metric = super().empty(loss)
        metric._reported = loss.reported
        return metric

    def update(self, scores: Array, targets: Array) -> None:
        """Add a chunk of samples."""
        self.losses += (self._reported.per_sample(scores, targets).astype(np.float64),)
        self.predicted += (np.where(np.isfinite(scores).all(axis=1), scores.argmax(axis=1), -1),)

    def result(self) -> float:
        """The standard error of the mean loss: the sample standard deviation / √N, NaN for one sample."""
        losses = np.concatenate(self.losses)
        return float(losses.std(ddof=1) / np.sqrt(len(losses))) if len(losses) > 1 else float("nan")


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
    if not len(labels):
        raise UsageError("expected samples to evaluate, found none")
    workers = Workers(threads or available_cores())
    chunked = ChunkedEvaluation(network, loss.reported, network.evaluation_chunk(batch_size), workers)
    split, dtype = Split(inputs, labels), network.flat.values.dtype
    others = _measured(listed, class_names, sequences=labels.ndim > 1)
    with threadpool_limits(limits=1, user_api="blas"), np.errstate(all="ignore"):  # as in training
        loaders = [BatchLoader(split, dtype) for _ in range(workers.threads)]
        tally = chunked.split(loaders, [*others, _EachSample()])
    each = next(item for item in tally.others if isinstance(item, _EachSample))
    predicted = np.concatenate(each.predicted)
    if (predicted < 0).any():
        sample = int(np.argmax(predicted < 0)) * len(labels) // len(predicted)
        raise RunError(f"the scores of sample {sample} (from 0) are not finite: the network cannot be evaluated")
    found = [tally.loss, *(item for item in tally.others if isinstance(item, Metric) and item is not each)]
    error_of_loss = each.result()
    return Evaluation(
        part,
        {registered_name(metric): float(metric.result()) for metric in found},
        {registered_name(metric): metric.standard_error() for metric in found}
        | {registered_name(MEAN_LOSS): None if np.isnan(error_of_loss) else error_of_loss},
        tuple(class_names),
        labels.reshape(-1),
        predicted,
        labels.shape[1] if labels.ndim > 1 else None,
        {registered_name(metric): metric.variant for metric in found},
    )


def _measured(listed: Sequence[Statistic], class_names: Sequence[str], *, sequences: bool) -> list[Metric]:
    """Every registered metric that fits, those listed first; raises UsageError where one of these does not.

    Metrics of sequences only where each step has a target.
    """
    task = CLASSES if class_names else NUMBERS
    own = [deepcopy(item) for item in listed if isinstance(item, Metric)]
    bind_statistics(own, task, class_names)
    found = {registered_name(item): item for item in own}
    for name, cls in metrics.items():
        complete = not any(parameter.required for parameter in hyperparameters(cls))
        suits = fits(cls, task) and (sequences or not cls.of_sequences)
        if name not in found and issubclass(cls, Metric) and suits and complete:
            metric = cls()
            with suppress(UsageError):  # such as a k of more classes than there are
                metric.bind(class_names)
                found[name] = metric
    return [metric for name, metric in found.items() if name != LOSS]


def evaluate(
    run: "TrainedNetwork | Path | str | HasPath", x: object, y: object, *, check_range: bool = True
) -> Evaluation:
    """Evaluate a finished run on raw samples ``x`` with labels ``y``, class names or integers as in training.

    ``run`` is a folder, what ``run()`` returned, a record, or a trained network. Samples are encoded and scaled as in
    training: see :func:`nnlab.data.pipeline.raw_samples.network_inputs`. Raises RunError when there is no readable
    model, UsageError where samples or labels do not fit it.
    """
    network = run if isinstance(run, TrainedNetwork) else trained_network(run)
    inputs = network_inputs(x, network.inputs, check_range=check_range)
    with reported_as(UsageError, catch=DataError):
        labels = class_indices(_array(y), network.inputs.class_names, "y", steps=network.inputs.steps)
    if len(labels) != len(inputs):
        raise UsageError(f"expected a label for each of the {len(inputs):,} samples, found {len(labels):,}")
    return evaluate_trained(network, inputs, labels)


def evaluate_trained(
    network: TrainedNetwork, inputs: Array, labels: Array, part: str = "samples", *, training_samples: int = 1
) -> Evaluation:
    """Evaluate the network of a run on network inputs: see :func:`evaluate_network`.

    ``training_samples`` is the size of its batches where these were all training samples.
    """
    experiment = network.experiment
    asked, threads = experiment.train.batch_size, experiment.compute.threads
    return evaluate_network(
        network.plain(),
        experiment.loss,
        inputs,
        labels,
        network.inputs.class_names,
        part=part,
        listed=experiment.metrics,
        batch_size=asked if isinstance(asked, int) else training_samples,
        threads=threads if isinstance(threads, int) else None,
    )


def _array(y: object) -> Array:
    labels = np.asarray(y)
    return labels.astype(str) if labels.dtype == object else labels
