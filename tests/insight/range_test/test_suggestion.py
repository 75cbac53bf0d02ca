import numpy as np
import pytest

from nnlab.insight.range_test.curve import LossCurve
from nnlab.insight.range_test.short_training import ShortTraining
from nnlab.insight.range_test.suggestion import Agreement, obstacle_of, suggest, suggest_by_trials
from nnlab.insight.range_test.trials import Trial

LRS = np.geomspace(1e-6, 10, 200)
PLACE = np.log10(LRS)
NOISE = np.random.default_rng(0).standard_normal(200)


def curve(after: np.ndarray) -> LossCurve:
    return LossCurve.of(LRS, np.concatenate([after[:1], after]))


def valley(steep: float) -> LossCurve:
    """A curve that falls around 10^steep and rises one and a half decades above it."""
    return curve(2 - 1 / (1 + np.exp(-6 * (PLACE - steep))) + np.maximum(PLACE - steep - 1, 0) * 4)


def trial(lr: float, end: float) -> Trial:
    return Trial(lr, [ShortTraining(np.full(20, end), "")])


@pytest.mark.parametrize(
    ("after", "obstacle"),
    [
        (np.full(200, 2.0), "flat"),
        (2 + 0.2 * NOISE - 0.05 * (PLACE > 0), "noisy"),
        (2 + np.maximum(PLACE + 5.8, 0), "rises"),
        (2 - 0.5 * np.clip(PLACE + 3, 0, 1), ""),
    ],
)
def test_a_curve_without_a_fall_names_the_obstacle(after: np.ndarray, obstacle: str) -> None:
    assert obstacle_of(curve(after)) == obstacle


def test_a_curve_that_ended_at_once_diverges() -> None:
    assert obstacle_of(None) == "diverges"


@pytest.mark.parametrize(
    ("factors", "confidence"),
    [((1, 2, 3), "sure"), ((1, 5, 1), "fairly sure"), ((5, 1, 11), "unsure"), ((40, 1, 1), "unsure")],
)
def test_the_worst_agreement_says_how_sure_a_suggestion_is(factors: tuple[float, ...], confidence: str) -> None:
    assert Agreement(*factors).confidence == confidence


def test_one_seed_alone_is_never_sure() -> None:
    assert Agreement(1, None, 1).confidence == "fairly sure"
    assert Agreement(1, None, 20).confidence == "unsure"


def test_the_best_trial_is_suggested_with_the_factors_behind_it() -> None:
    trials = [trial(0.001, 1.5), trial(0.01, 0.5), trial(0.1, 3.0)]
    found = suggest(valley(-2), [valley(-2), valley(-1.5)], trials)
    assert (found.lr, found.confidence) == (0.01, "sure")
    assert found.agreement is not None
    assert found.agreement.seeds == pytest.approx(10**0.5, rel=0.1)
    assert suggest(valley(-2), [valley(-2), valley(-0.5)], trials).confidence == "unsure"


def test_an_outermost_trial_is_unsure_and_one_that_gains_nothing_no_suggestion() -> None:
    assert suggest(valley(-2), [valley(-2)], [trial(0.01, 1.0), trial(0.03, 0.5)]).confidence == "unsure"
    found = suggest(valley(-2), [valley(-2)], [trial(0.01, 1.99), trial(0.03, 2.5)])
    assert (found.lr, found.confidence, found.obstacle) == (None, "no suggestion", "trials")


def test_trials_alone_give_an_unsure_suggestion() -> None:
    flat = curve(np.full(200, 2.0))
    found = suggest_by_trials(flat, [trial(0.01, 1.99), trial(0.1, 0.5), trial(1, 2.0)], "flat")
    assert (found.lr, found.confidence, found.agreement, found.obstacle) == (0.1, "unsure", None, "flat")
    found = suggest_by_trials(flat, [trial(0.01, 1.99), trial(0.1, 2.5)], "flat")
    assert (found.lr, found.confidence, found.obstacle) == (None, "no suggestion", "flat")
