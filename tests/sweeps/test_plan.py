"""What a sweep checks before its first trial."""

import pytest
from fake_sweeps import RATES, spiral_sweep

from nnlab.data.sources.toy import Moons
from nnlab.errors import SpecError, UsageError
from nnlab.search.halving import SuccessiveHalving
from nnlab.search.optuna_search import OptunaSearch
from nnlab.search.random import Random
from nnlab.sweeps import plan as plan_module
from nnlab.sweeps.plan import Plan, swept_datasets


def test_a_grid_is_known_as_a_whole() -> None:
    plan = Plan(spiral_sweep(seeds=2))
    assert [request.settings["optimizer.lr"] for request in plan.requests] == RATES
    assert (plan.points, plan.trials) == (3, 6)
    assert plan.size() == "6 trials (3 points, 2 seeds each)"
    assert Plan(spiral_sweep({"seed": [1]}, seeds=None)).size() == "1 trial"


def test_all_points_with_impossible_shapes_are_named() -> None:
    sweep = spiral_sweep({"train.eval_train": [5, 70, 90], "optimizer.lr": [0.1, 0.2]})
    with pytest.raises(UsageError) as refused:
        Plan(sweep)
    assert [line.partition(": ")[0] for line in str(refused.value).splitlines()] == [
        f"train.eval_train {count}, optimizer.lr {lr}" for count in (70, 90) for lr in (0.1, 0.2)
    ]


def test_equal_shapes_are_set_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = plan_module.RunSetup
    monkeypatch.setattr(plan_module, "RunSetup", lambda *arguments, **keys: made.append(1) or real(*arguments, **keys))
    Plan(spiral_sweep({"optimizer.lr": RATES, "seed": [0, 1], "train.batch_size": [4, 8]}))
    assert len(made) == 2


def test_the_values_of_a_search_that_proposes_later_are_checked_one_by_one() -> None:
    over = {"optimizer.lr": {"log": [0.01, 0.1]}, "train.eval_train": {"int": [5, 90]}}
    with pytest.raises(UsageError, match=r"eval_train 90: train\.eval_train: 90 is more than the 24 training samples"):
        Plan(spiral_sweep(over, search=OptunaSearch(trials=20)))


def test_halving_needs_trials_of_one_length() -> None:
    lengths = {"train.iterations": [30, 60, 90]}
    with pytest.raises(UsageError, match="every trial must train the same number of updates"):
        Plan(spiral_sweep(lengths, search=SuccessiveHalving()))
    equal = Plan(spiral_sweep({"seed": list(range(9))}, set={"train.iterations": 900}, search=SuccessiveHalving()))
    assert {request.until for request in equal.requests} == {100}


def test_a_million_trials_are_refused_before_they_are_listed() -> None:
    with pytest.raises(UsageError, match=r"200,000"):
        Plan(spiral_sweep({"optimizer.lr": {"log": [0.01, 0.1]}}, search=Random(trials=20_000), seeds=10))


def test_an_invalid_combination_is_refused() -> None:
    with pytest.raises(SpecError, match="clip_norm"):
        Plan(spiral_sweep({"train.clip_value": [None, 1], "train.clip_norm": [None, 1]}))


def test_swept_datasets_are_those_of_the_trials() -> None:
    assert list(swept_datasets(spiral_sweep())) == []
    moons = {"name": "moons", "points": 20, "validation": 0.2}
    found = list(swept_datasets(spiral_sweep({"data": [moons, {**moons, "points": 30}]})))
    assert all(isinstance(source, Moons) for source in found)
    assert [source.points for source in found if isinstance(source, Moons)] == [20, 30]
