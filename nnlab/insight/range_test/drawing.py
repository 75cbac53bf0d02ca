"""From a range test to its picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnlab.core.arrays import Array
from nnlab.insight.range_test.curve import LossCurve
from nnlab.insight.range_test.trials import Trial, in_two_digits
from nnlab.insight.range_test.wording import confidence_word
from nnlab.language import tr
from nnlab.plots.canvas import plain_text
from nnlab.plots.learning_rates import RangeDrawing, TrialDrawing, plot_learning_rates
from nnlab.registry import registered_name

if TYPE_CHECKING:
    from nnlab.insight.range_test.learning_rate_test import LearningRateTest

# Neighbouring steps that the curves of the short trainings are averaged over.
AVERAGED = 5


def draw(test: "LearningRateTest", path: Path = Path("learning_rate.png")) -> None:
    """Draw a range test in the current language; raises OSError where it cannot be written."""
    experiment, found, curve = test.experiment, test.suggestion, test.curve
    marks, suggested = [], None
    if curve is not None and not found.obstacle:
        marks = [(tr("steepest descent"), curve.steepest), (tr("lowest"), 10 * curve.tenth_of_lowest)]
    if found.lr is not None:
        label = tr(
            "suggested: {lr} ({confidence})", lr=in_two_digits(found.lr), confidence=confidence_word(found.confidence)
        )
        suggested = (label, found.lr)
    drawn = RangeDrawing(
        [(test.lrs[: max(len(one.losses) - 1, 0)], one.losses[1:]) for one in test.trainings],
        None if curve is None else (curve.lrs, curve.smoothed),
        None if curve is None or len(test.by_seed) < 2 else _band(test.by_seed, len(curve.lrs)),
        marks,
        suggested,
        (tr("in the spec: {lr}", lr=in_two_digits(experiment.optimizer.lr)), experiment.optimizer.lr),
    )
    title = tr(
        "{name}: learning-rate range test ({optimizer}, {steps} steps)",
        name=plain_text(experiment.name, 60),
        optimizer=registered_name(experiment.optimizer),
        steps=f"{test.steps:,}",
    )
    trials = [_drawing(trial, suggested=trial.lr == found.lr) for trial in test.trials]
    plot_learning_rates(path, title, tr("loss"), drawn, trials)


def _band(by_seed: Sequence[LossCurve], reached: int) -> tuple[Array, Array]:
    smoothed = np.array([curve.smoothed[:reached] for curve in by_seed])
    return smoothed.min(axis=0), smoothed.max(axis=0)


def _drawing(trial: Trial, *, suggested: bool) -> TrialDrawing:
    lr = in_two_digits(trial.lr)
    label = tr("{lr}: diverged", lr=lr) if trial.diverged else lr
    reached = min(len(training.losses) for training in trial.trainings)
    mean = np.mean([training.losses[:reached] for training in trial.trainings], axis=0)
    return TrialDrawing(label, _averaged(mean), suggested)


def _averaged(losses: Array) -> Array:
    """The running mean of up to AVERAGED steps around each."""
    sums = np.convolve(losses, np.ones(AVERAGED), "same")
    averaged: Array = sums / np.convolve(np.ones(len(losses)), np.ones(AVERAGED), "same")
    return averaged if len(losses) >= AVERAGED else losses
