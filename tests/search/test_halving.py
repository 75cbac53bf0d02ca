from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.errors import UsageError
from nnlab.search.base import PointResult, Request
from nnlab.search.halving import Halving, Rung, SuccessiveHalving
from nnlab.search.random import random_points
from nnlab.search.space import Axis, Range, Space

Course = list[list[tuple[int, int | None]]]


def numbers(count: int) -> Space:
    return Space((Axis(("train.batch_size",), tuple((number,) for number in range(1, count + 1))),))


def course(search: Halving, value: Callable[[Request], float | None], diverged: frozenset[int] = frozenset()) -> Course:
    batches = []
    while batch := search.ask():
        batches.append([(request.point, request.until) for request in batch])
        search.tell([PointResult(request.point, value(request), request.point in diverged) for request in batch])
    return batches


def own_number(request: Request) -> float:
    return float(request.point)


def test_rungs_of_27_points_with_factor_3() -> None:
    assert SuccessiveHalving().rungs(27, 2700) == [Rung(100, 9), Rung(300, 3), Rung(900, 1)]
    assert SuccessiveHalving().rungs(30, 2700) == [Rung(100, 10), Rung(300, 3), Rung(900, 1)]


def test_min_steps_leaves_out_the_first_rungs() -> None:
    assert SuccessiveHalving(min_steps=200).rungs(27, 2700) == [Rung(300, 3), Rung(900, 1)]


def test_rungs_are_at_evaluations_and_rungs_at_the_same_one_are_one() -> None:
    assert SuccessiveHalving().rungs(27, 2700, eval_every=200) == [Rung(200, 9), Rung(400, 3), Rung(1000, 1)]
    assert SuccessiveHalving().rungs(27, 2700, eval_every=500) == [Rung(500, 3), Rung(1000, 1)]


@given(st.integers(2, 200), st.integers(2, 5), st.integers(1, 10_000), st.integers(1, 300), st.integers(1, 50))
def test_rungs_rise_and_keep_fewer_points(points: int, factor: int, steps: int, every: int, least: int) -> None:
    rungs = SuccessiveHalving(factor=factor, min_steps=least).rungs(points, steps, every)
    untils = [rung.until for rung in rungs]
    keeps = [points, *(rung.keep for rung in rungs)]
    assert untils == sorted(set(untils))
    assert all(least <= until < steps and until % every == 0 for until in untils)
    assert all(0 < fewer <= more // factor for more, fewer in pairwise(keeps))


def test_the_best_points_resume_to_the_next_rung() -> None:
    best = course(SuccessiveHalving().start(numbers(9), seed=0, steps=90), own_number)
    assert best == [[(point, 10) for point in range(1, 10)], [(7, 30), (8, 30), (9, 30)], [(9, None)]]
    lowest = course(SuccessiveHalving().start(numbers(9), seed=0, steps=90, maximize=False), own_number)
    assert lowest[1:] == [[(1, 30), (2, 30), (3, 30)], [(1, None)]]


def test_equal_points_pass_in_the_order_of_their_numbers() -> None:
    equal = course(SuccessiveHalving().start(numbers(9), seed=0, steps=90), lambda request: 0.5)
    assert equal[1:] == [[(1, 30), (2, 30), (3, 30)], [(1, None)]]


@pytest.mark.parametrize("maximize", [True, False])
def test_diverged_and_failed_points_drop_out(maximize: bool) -> None:
    search = SuccessiveHalving().start(numbers(9), seed=0, steps=90, maximize=maximize)
    values = {2: 0.1, 5: 0.1, 9: float("nan")}
    batches = course(search, lambda request: values.get(request.point), diverged=frozenset({5}))
    assert batches[1:] == [[(2, 30)], [(2, None)]]
    assert len(course(SuccessiveHalving().start(numbers(9), seed=0, steps=90), lambda request: None)) == 1


def test_halving_of_ranges_takes_random_points() -> None:
    space = Space((Axis(("optimizer.lr",), range=Range("log", 1e-6, 1e-2)),))
    search = SuccessiveHalving(trials=7, factor=2).start(space, seed=3, steps=100)
    assert [request.settings for request in search.ask()] == random_points(space, 3, 7)
    assert search.points == 7


@pytest.mark.parametrize(
    ("search", "space", "steps", "message"),
    [
        (SuccessiveHalving(), numbers(9), None, "same number of updates; do not sweep .* train.iterations"),
        (SuccessiveHalving(), numbers(2), 90, r"one of 3 points \(factor\), and there are 2; sweep more values"),
        (SuccessiveHalving(), numbers(1), 90, "there is 1;"),
        (SuccessiveHalving(), numbers(9), 1, "a training of 1 updates has no evaluation"),
        (SuccessiveHalving(min_steps=40), numbers(9), 90, r"from update 40 \(min_steps\) to 30 .* lower min_steps"),
        (SuccessiveHalving(trials=10), numbers(9), 90, "trials: 10 is more than the 9"),
        (SuccessiveHalving(), Space((Axis(("seed",), range=Range("int", 0, 9)),)), 90, "a range needs trials: N"),
    ],
)
def test_halving_that_cannot_select_is_refused(
    search: SuccessiveHalving, space: Space, steps: int | None, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        search.start(space, seed=0, steps=steps)
