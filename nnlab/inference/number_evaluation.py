"""Evaluations of a finished run that predicts numbers: its metrics, and those of each target, in the user's units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.input_format import InputFormat
from nnlab.data.target_columns import TargetColumns
from nnlab.errors import RunError, UsageError
from nnlab.html import block, line, table
from nnlab.inference.measuring import (
    EachNumber,
    Measures,
    error_of_mean,
    in_short,
    measure,
    measured_numbers,
    metric_rows,
    suitable_metrics,
)
from nnlab.losses import Loss
from nnlab.metrics import LOSS, Metric, Statistic
from nnlab.models.network import Network
from nnlab.registry import metrics, registered_name


@dataclass(frozen=True, eq=False, repr=False)
class NumberEvaluation(Measures):
    """The metrics of a network on some samples, by name, with their standard errors (None where none is known).

    ``part`` names the samples, such as test. ``targets`` and ``predicted`` are the numbers of each sample (N, K) in the
    user's units; or of each of T ``steps`` of each sample (N·T, K), sample by sample. ``variants`` say how metrics with
    settings were measured.
    """

    part: str
    metrics: Mapping[str, float]
    standard_errors: Mapping[str, float | None]
    target_names: tuple[str, ...]
    targets: Array
    predicted: Array
    steps: int | None
    variants: Mapping[str, str]

    @property
    def samples(self) -> int:
        """The number of samples N."""
        return len(self.targets) // (self.steps or 1)

    @cached_property
    def by_target(self) -> Mapping[str, Mapping[str, float]]:
        """The metrics of each target alone, without the loss."""
        columns = zip(self.target_names, self.predicted.T, self.targets.T, strict=True)
        return {name: _of_one(list(self.metrics), scores[:, None], own[:, None]) for name, scores, own in columns}

    def as_plain(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            **self.plain_measures(),
            "per_target": [{"target": name, **found} for name, found in self.by_target.items()],
        }

    def __repr__(self) -> str:
        return f"NumberEvaluation({self.part}: {in_short(self.metrics)}, {self.samples:,} samples)"

    def _repr_html_(self) -> str:
        """Metrics with their standard errors, and those of each of several targets."""
        names = [name for name in self.metrics if name != LOSS]
        rows = [
            (target, *(metrics[name].format(found[name]) for name in names)) for target, found in self.by_target.items()
        ]
        return block(
            line(f"{self.part}: {self.samples:,} samples"),
            table(
                ("metric", "value", "standard error"),
                metric_rows(self.metrics, self.standard_errors, self.variants),
                numbers=(1, 2),
            ),
            table(("target", *names), rows, numbers=range(1, len(names) + 1)) if len(rows) > 1 else "",
        )


def evaluate_numbers(
    network: Network,
    loss: Loss,
    inputs: Array,
    targets: Array,
    numbers: TargetColumns,
    *,
    part: str = "samples",
    listed: Sequence[Statistic] = (),
    batch_size: int = 1,
    threads: int | None = None,
) -> NumberEvaluation:
    """Evaluate a network on network inputs (N, ...) with targets (N, K) or (N, T, K) as the network has them.

    As :func:`nnlab.inference.evaluation.evaluate_network`.
    """
    steps = targets.shape[1] if targets.ndim > 2 else None
    others = suitable_metrics(listed, (), sequences=steps is not None)
    tally = measure(
        *(network, loss, inputs, targets, [*others, EachNumber()], numbers), batch_size=batch_size, threads=threads
    )
    each = next(item for item in tally.others if isinstance(item, EachNumber))
    predicted, own = np.concatenate(each.scores), np.concatenate(each.targets)
    if not (finite := np.isfinite(predicted).all(axis=1)).all():
        sample = int(np.argmin(finite)) // (steps or 1)
        raise RunError(f"the prediction of sample {sample} (from 0) is not finite: the network cannot be evaluated")
    losses = loss.reported.per_sample(numbers.apply(predicted), numbers.apply(own))
    values, errors, variants = measured_numbers(tally, error_of_mean(losses))
    return NumberEvaluation(part, values, errors, numbers.names, own, predicted, steps, variants)


def scaled_targets(y: object, inputs: InputFormat, samples: int) -> Array:
    """Targets (N,), (N, K) or (N, T, K) in the user's units as the network has them; raises UsageError."""
    numbers = inputs.targets
    if numbers is None:
        raise TypeError("the network tells classes apart")
    try:
        found = np.asarray(y, np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"y: must be numbers: {error}") from None
    shape = (samples, *(() if inputs.steps is None else (inputs.steps,)), len(numbers))
    if len(numbers) == 1 and found.shape == shape[:-1]:
        found = found[..., None]
    if found.shape != shape:
        raise UsageError(f"y: expected targets of shape {shape}, found {found.shape}")
    if not np.isfinite(found).all():
        raise UsageError("y: must be finite numbers")
    return numbers.apply(found)


def _of_one(names: Sequence[str], scores: Array, targets: Array) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in names:
        metric: Metric = metrics[name]()
        if name != LOSS and not metric.of_sequences:
            metric.update(scores, targets)
            found[registered_name(metric)] = float(metric.result())
    return found
