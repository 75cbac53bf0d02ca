"""How values of claims are measured on runs and sweeps; a value that a run does not have is NaN."""

from collections.abc import Callable, Sequence
from math import nan

import numpy as np

from nnlab.core.arrays import Array
from nnlab.engine.predictions import predicted_classes
from nnlab.insight.reproduce.evidence import Evidence, Trial
from nnlab.records.reader import RunRecord

Measure = Callable[[Evidence], float]
Measures = Callable[[Evidence], Sequence[float]]


def metric_at(record: RunRecord, column: str, step: int) -> float:
    """A metric in the evaluation of one step; NaN where there is none."""
    found = record.metrics[column][record.metrics["step"] == step]
    return float(found[0]) if len(found) else nan


def metric(config: str, column: str, step: int) -> Measure:
    """A metric of a run in the evaluation of one step."""
    return lambda evidence: metric_at(evidence.run(config), column, step)


def objectives(config: str, iterations: Sequence[int]) -> Measures:
    """The objective that led to the update of each iteration, counted from 0 as the notes do."""

    def measured(evidence: Evidence) -> list[float]:
        losses = evidence.run(config).steps["loss"]
        return [float(losses[index]) if index < len(losses) else nan for index in iterations]

    return measured


def highest(config: str, column: str, step: int) -> Measure:
    """The highest value of a metric in the evaluations up to a step."""

    def measured(evidence: Evidence) -> float:
        metrics = evidence.run(config).metrics
        return float(np.max(metrics[column][metrics["step"] <= step], initial=-np.inf))

    return measured


def gap_at(record: RunRecord, step: int) -> float:
    """Training accuracy minus test accuracy in the evaluation of one step."""
    return metric_at(record, "train_accuracy", step) - metric_at(record, "test_accuracy", step)


def gap(config: str, step: int) -> Measure:
    """Training accuracy minus test accuracy of a run."""
    return lambda evidence: gap_at(evidence.run(config), step)


def gap_difference(config: str, other: str, step: int) -> Measure:
    """The gap of one run minus that of another: negative where the first overfits less."""
    return lambda evidence: gap_at(evidence.run(config), step) - gap_at(evidence.run(other), step)


def train_accuracy(config: str) -> Measure:
    """The accuracy of the trained network on the whole training set."""

    def measured(evidence: Evidence) -> float:
        setup = evidence.view(config).trained
        split = setup.dataset.splits["train"]
        return float(np.mean(predicted_classes(setup.network, split.inputs) == split.targets))

    return measured


def last_losses(run: RunRecord, steps: int = 100) -> float:
    """The mean objective of the last updates: the end of the books' smoothed curves."""
    losses = run.steps["loss"]
    return float(np.mean(losses[-steps:])) if len(losses) else nan


def mean_over(trials: Sequence[Trial], wanted: Callable[[Trial], bool], value: Callable[[RunRecord], float]) -> float:
    """The mean of a value over the trials that are ``wanted``; NaN without any."""
    found = [value(trial.run) for trial in trials if wanted(trial)]
    return float(np.mean(found)) if found else nan


def neighbour_correlation(filters: Array) -> float:
    """How alike neighbouring weights of filters (F, C, H, W) are: Σ w·w' / Σ w² per pair, from −1 to 1.

    Σ runs over horizontal and vertical neighbours w, w'. Independent weights of mean 0 give 0 with a standard deviation
    of 1/√pairs, smooth filters (blobs, edges) a value near 1.
    """
    across, down = filters[..., 1:] * filters[..., :-1], filters[..., 1:, :] * filters[..., :-1, :]
    pairs = across.size + down.size
    return float((across.sum() + down.sum()) / pairs / np.mean(filters**2))
