"""What an evaluation of a finished run measures: every metric that fits, and each sample."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypedDict

import numpy as np
from threadpoolctl import threadpool_limits

from nnlab.core.arrays import Array
from nnlab.core.task import CLASSES, NUMBERS
from nnlab.core.threads import Workers, usable_threads
from nnlab.data.dataset import Split
from nnlab.data.pipeline.batches import BatchLoader
from nnlab.data.target_columns import TargetColumns
from nnlab.engine.chunked_evaluation import ChunkedEvaluation, Tally
from nnlab.errors import UsageError
from nnlab.hyperparameters import hyperparameters
from nnlab.losses import CrossEntropy, Loss
from nnlab.metric_columns import bind_statistics, fits, measured_statistics
from nnlab.metrics import LOSS, Metric, Statistic
from nnlab.models.network import Network
from nnlab.registry import metrics, registered_name


class EvaluationOptions(TypedDict):
    """How the network of a run is evaluated: on which part, with which metrics, in which chunks and threads."""

    part: str
    listed: Sequence[Statistic]
    batch_size: int
    threads: int | None


def measure(
    network: Network,
    loss: Loss,
    inputs: Array,
    targets: Array,
    statistics: Sequence[Statistic],
    numbers: TargetColumns | None = None,
    *,
    batch_size: int,
    threads: int | None,
) -> Tally:
    """Measure network inputs (N, ...) in the chunks and threads of a training with this batch size.

    Raises UsageError where there are no samples.
    """
    if not len(targets):
        raise UsageError("expected samples to evaluate, found none")
    workers = Workers(usable_threads(threads))
    chunk = network.evaluation_chunk(batch_size)
    chunked = ChunkedEvaluation(network, loss.reported, chunk, workers, numbers=numbers)
    split, dtype = Split(inputs, targets), network.flat.values.dtype
    with threadpool_limits(limits=1, user_api="blas"), np.errstate(all="ignore"):  # as in training
        loaders = [BatchLoader(split, dtype) for _ in range(workers.threads)]
        return chunked.split(loaders, statistics)


def suitable_metrics(listed: Sequence[Statistic], class_names: Sequence[str], *, sequences: bool) -> list[Metric]:
    """Every registered metric that fits, those listed first; raises UsageError where one of these does not.

    Metrics of sequences only where each step has a target.
    """
    task = CLASSES if class_names else NUMBERS
    own = [item for item in deepcopy(measured_statistics(listed, task=task)) if isinstance(item, Metric)]
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


def measured_numbers(
    tally: Tally, error_of_loss: float | None
) -> tuple[dict[str, float], dict[str, float | None], dict[str, str]]:
    """The registered metrics of a tally by name: values, standard errors, and how they were measured."""
    others = (item for item in tally.others if isinstance(item, Metric))
    found = {registered_name(metric): metric for metric in (tally.loss, *others)}
    errors = {name: metric.standard_error() for name, metric in found.items()} | {LOSS: error_of_loss}
    values = {name: float(metric.result()) for name, metric in found.items()}
    return values, errors, {name: metric.variant for name, metric in found.items()}


def error_of_mean(values: Array) -> float | None:
    """The sample standard deviation / √N of N numbers; None for one."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None


class Measures(ABC):
    """What evaluations of classes and of numbers have in common."""

    part: str
    steps: int | None
    metrics: Mapping[str, float]
    standard_errors: Mapping[str, float | None]
    variants: Mapping[str, str]

    @property
    @abstractmethod
    def samples(self) -> int:
        """The number of samples N."""

    def plain_measures(self) -> dict[str, Any]:
        """Samples, metrics, standard errors and variants as plain values for JSON."""
        return {
            "part": self.part,
            "samples": self.samples,
            **({} if self.steps is None else {"steps": self.steps}),
            "metrics": dict(self.metrics),
            "standard_errors": dict(self.standard_errors),
            "variants": {name: variant for name, variant in self.variants.items() if variant},
        }


def metric_rows(
    values: Mapping[str, float], errors: Mapping[str, float | None], variants: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """Name, value and standard error of each metric, as texts."""
    found = []
    for name, value in values.items():
        error, variant = errors.get(name), variants.get(name)
        label = f"{name} ({variant})" if variant else name
        found.append((label, metrics[name].format(value), "" if error is None else f"± {error:.2g}"))
    return found


def in_short(values: Mapping[str, float]) -> str:
    """The loss and the primary metric in a few words."""
    return ", ".join(f"{name} {metrics[name].format(value)}" for name, value in [*values.items()][:2])


@dataclass(kw_only=True)
class EachSample(Statistic):
    """The loss of each sample, and its predicted class: −1 where a score is not finite."""

    losses: tuple[Array, ...] = field(default=(), init=False)
    predicted: tuple[Array, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        self._reported: Loss = CrossEntropy()

    def empty(self, loss: Loss) -> "EachSample":
        """No samples yet, and what ``loss`` reports."""
        statistic = super().empty(loss)
        statistic._reported = loss.reported
        return statistic

    def update(self, scores: Array, targets: Array) -> None:
        """Add a chunk of samples."""
        self.losses += (self._reported.per_sample(scores, targets).astype(np.float64),)
        self.predicted += (np.where(np.isfinite(scores).all(axis=1), scores.argmax(axis=1), -1),)


@dataclass(kw_only=True)
class EachNumber(Statistic):
    """The scores and the targets of each sample, (N, K) in the user's units."""

    scores: tuple[Array, ...] = field(default=(), init=False)
    targets: tuple[Array, ...] = field(default=(), init=False)

    def update(self, scores: Array, targets: Array) -> None:
        """Add a chunk of samples."""
        self.scores += (scores.astype(np.float64),)
        self.targets += (targets,)
