"""Schedules against their formulas at every step of a training."""

from collections.abc import Callable
from math import cos, pi

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.optim.schedules import Constant, Cosine, Exponential, ReduceLROnPlateau, Schedule, StepDecay, Warmup

STEPS = 50


def warm_cosine(s: int, S: int) -> float:
    return (s + 1) / 10 if s < 10 else 0.5 * (1 + cos(pi * (s - 10) / (S - 10)))


@pytest.mark.parametrize(
    ("schedule", "formula"),
    [
        (Constant(), lambda s, S: 1.0),
        (StepDecay(every=20), lambda s, S: 1.0 if s < 20 else 0.1 if s < 40 else 0.1**2),
        (StepDecay(every=7, factor=0.5), lambda s, S: 0.5 ** (s // 7)),
        (Exponential(decay=0.9), lambda s, S: 0.9**s),
        (Cosine(), lambda s, S: 0.5 * (1 + cos(pi * s / S))),
        (Cosine(final=0.2), lambda s, S: 0.2 + 0.8 * 0.5 * (1 + cos(pi * s / S))),
        (ReduceLROnPlateau(), lambda s, S: 1.0),
        (Warmup(steps=4), lambda s, S: [0.25, 0.5, 0.75, 1.0][s] if s < 4 else 1.0),
        (Warmup(steps=10, after=Cosine()), warm_cosine),
        (Warmup(steps=3, after=StepDecay(every=5)), lambda s, S: (s + 1) / 3 if s < 3 else 0.1 ** ((s - 3) // 5)),
        (Warmup(steps=2, after=Warmup(steps=2)), lambda s, S: [0.5, 1.0, 0.5, 1.0][s] if s < 4 else 1.0),
    ],
    ids=lambda value: repr(value) if isinstance(value, Schedule) else "",
)
def test_the_formula_at_every_step(schedule: Schedule, formula: Callable[[int, int], float]) -> None:
    for step in range(STEPS + 1):
        assert schedule.scale(step, STEPS) == pytest.approx(formula(step, STEPS), rel=1e-12, abs=1e-15), step


def test_constant_leaves_the_learning_rate_exactly_as_it_is() -> None:
    assert all(0.1 * Constant().scale(step, 9) == 0.1 for step in range(10))


@given(final=st.floats(0, 1), steps=st.integers(1, 10**9))
def test_cosine_begins_at_one_and_ends_at_its_final_share(final: float, steps: int) -> None:
    schedule = Cosine(final=final)
    assert schedule.scale(0, steps) == pytest.approx(1)
    assert schedule.scale(steps, steps) == final


@given(steps=st.integers(1, 100), after=st.sampled_from([Constant(), Cosine(), StepDecay(every=1)]))
def test_warmup_as_long_as_the_training_ends_at_the_full_rate(steps: int, after: Schedule) -> None:
    schedule = Warmup(steps=steps, after=after)
    scales = [schedule.scale(step, steps) for step in range(steps + 1)]
    assert scales[-2:] == [1.0, 1.0]
    assert scales[:-1] == sorted(scales[:-1])


def test_only_a_plateau_waits_for_evaluations_even_behind_a_warmup() -> None:
    plateau = ReduceLROnPlateau(patience=2)
    assert plateau.plateau is plateau
    assert Warmup(steps=5, after=plateau).plateau is plateau
    assert Warmup(steps=5, after=Cosine()).plateau is None
    assert Cosine().plateau is None


def test_a_tiny_rate_underflows_quietly() -> None:
    assert Exponential(decay=0.001).scale(10**9, 10**9) == 0.0
    assert StepDecay(every=1).scale(10**9, 10**9) == 0.0
