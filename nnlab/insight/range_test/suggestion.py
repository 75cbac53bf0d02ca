"""From the curves of a range test and the trials around their guess to a suggestion that says how sure it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from nnlab.insight.range_test.curve import LossCurve
from nnlab.insight.range_test.trials import Trial, best_of

Confidence = Literal["sure", "fairly sure", "unsure", "no suggestion"]
# Why there is no suggestion.
Obstacle = Literal["", "flat", "noisy", "rises", "diverges", "trials"]

# Two estimates agree within NEAR, one rung of the ladder and a little, and contradict each other beyond FAR.
NEAR, FAR = 3.5, 10.5
SHORTEST = 10
"""Updates that a curve needs before it ends."""


@dataclass(frozen=True)
class Agreement:
    """By which factors the estimates of a suggestion differ; each is at least 1.

    ``rules``: the steepest descent and a tenth of the minimum; ``seeds``: the guesses of the seeds, None for one seed;
    ``trials``: the guess of the curve and the best trial.
    """

    rules: float
    seeds: float | None
    trials: float

    @property
    def confidence(self) -> Confidence:
        """Sure where all agree within NEAR, unsure where any is beyond FAR; one seed alone is at most fairly sure."""
        worst = max(self.rules, self.seeds or 1, self.trials)
        return "sure" if worst <= NEAR and self.seeds is not None else "fairly sure" if worst <= FAR else "unsure"


@dataclass(frozen=True)
class Suggestion:
    """The suggested learning rate, how sure it is, and the factors behind that.

    ``obstacle`` is why the curve shows no rate; a suggestion then rests on the trials alone and has no ``agreement``.
    """

    lr: float | None
    confidence: Confidence
    agreement: Agreement | None
    obstacle: Obstacle = ""


def obstacle_of(curve: LossCurve | None) -> Obstacle:
    """Why a mean curve shows no learning rate; empty where it does. None: it ended within SHORTEST updates."""
    if curve is None:
        return "diverges"
    if curve.fall >= curve.least_fall:
        return ""
    if curve.highest_rise > curve.least_fall and curve.lowest <= len(curve.lrs) // 10:
        return "rises"
    return "noisy" if curve.fall > curve.least_fall_of_any else "flat"


def suggest_by_trials(curve: LossCurve, trials: Sequence[Trial], obstacle: Obstacle) -> Suggestion:
    """The best of trials over the whole range, where the curve shows nothing: never more than unsure."""
    best = best_of(trials, curve.initial)
    if best is None or not curve.initial - best.mean > curve.least_fall:
        return Suggestion(None, "no suggestion", None, obstacle)
    return Suggestion(best.lr, "unsure", None, obstacle)


def suggest(curve: LossCurve, by_seed: Sequence[LossCurve], trials: Sequence[Trial]) -> Suggestion:
    """The best trial around the guess of the mean curve, and how far all estimates agree."""
    best = best_of(trials, curve.initial)
    if best is None or not curve.initial - best.mean > curve.least_fall:
        return Suggestion(None, "no suggestion", None, "trials")
    guesses = [curve.guess for curve in by_seed]
    apart = max(guesses) / min(guesses) if len(guesses) > 1 else None
    agreement = Agreement(factor(curve.steepest, curve.tenth_of_lowest), apart, factor(curve.guess, best.lr))
    outermost = best.lr in (trials[0].lr, trials[-1].lr) and isfinite(trials[-1].mean)
    confidence = "unsure" if outermost else agreement.confidence
    return Suggestion(best.lr, confidence, agreement)


def factor(one: float, other: float) -> float:
    """How many times the larger of two numbers is the smaller."""
    return max(one, other) / min(one, other)
