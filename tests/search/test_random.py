import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.errors import UsageError
from nnlab.search.random import Random, random_points
from nnlab.search.space import Axis, Range, Settings, Space

SPACE = Space(
    (
        Axis(("optimizer.lr",), range=Range("log", 1e-6, 1e-2)),
        Axis(("model.init", "train.epochs"), (("he", 1), (0.01, 2))),
        Axis(("train.batch_size",), range=Range("int", 10, 20)),
    )
)


@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 30))
def test_a_random_point_depends_on_the_seed_and_its_number_alone(seed: int, few: int, more: int) -> None:
    points = random_points(SPACE, seed, few + more)
    assert list(points[:few]) == list(random_points(SPACE, seed, few))


def test_random_points_of_a_seed() -> None:
    """They never change: sweeps of earlier versions are repeated and resumed."""
    assert random_points(SPACE, 0, 2) == [
        {"optimizer.lr": 1.13166e-06, "model.init": 0.01, "train.epochs": 2, "train.batch_size": 19},
        {"optimizer.lr": 1.87644e-06, "model.init": "he", "train.epochs": 1, "train.batch_size": 13},
    ]


def test_random_points_cover_the_scales() -> None:
    points = random_points(SPACE, 0, 2000)
    decades = [sum(low <= point["optimizer.lr"] < 10 * low for point in points) for low in (1e-6, 1e-5, 1e-4, 1e-3)]
    assert min(decades) > 430
    assert min(point["optimizer.lr"] for point in points) >= 1e-6
    assert {point["train.batch_size"] for point in points} == set(range(10, 21))
    assert {(point["model.init"], point["train.epochs"]) for point in points} == {("he", 1), (0.01, 2)}


def frozen(point: Settings) -> str:
    return repr(sorted(point.items()))


@given(st.integers(0, 99), st.integers(1, 24))
def test_random_points_never_repeat(seed: int, count: int) -> None:
    space = Space((Axis(("a",), ((1,), ([2],))), Axis(("b",), range=Range("int", 0, 11))))
    points = random_points(space, seed, count)
    assert len({frozen(point) for point in points}) == len(points) == count
    assert list(points) == list(random_points(space, seed, 24)[:count])


def test_more_random_trials_than_points_are_refused() -> None:
    rows = Axis(("optimizer.lr",), ((0.1,), (0.01,)))
    with pytest.raises(UsageError, match=r"^trials: 3 is more than the 2 different points .* search: grid$"):
        Random(trials=3).start(Space((rows,)), seed=0)
    with pytest.raises(UsageError, match=r"trials: 5 is more than the 4 .*; ask for fewer trials$"):
        Random(trials=5).start(Space((rows, Axis(("seed",), range=Range("int", 0, 1)))), seed=0)


def test_random_points_of_several_blocks_are_refused() -> None:
    rows = Axis(("optimizer.lr",), ((0.1,), (0.01,)))
    with pytest.raises(UsageError, match="several over blocks add up in a grid only"):
        Random(trials=1).start(Space((rows,), (Space((rows,)),)), seed=0)
