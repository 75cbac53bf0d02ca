from collections.abc import Callable
from typing import Any

import pytest

from nnlab.config.loading import as_experiment
from nnlab.errors import SpecError, UsageError
from nnlab.search.space import Settings
from nnlab.sweeps.why import MOST_KEYS, Change, WhyPlan, changes_between, plan_why, with_absolute_paths


def resolved(**settings: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "name": "experiment",
        "data": {"name": "spiral"},
        "model": {"name": "mlp", "hidden": [5]},
        "optimizer": {"name": "sgd", "lr": 0.1},
        "train": {"iterations": 5},
    }
    return as_experiment({**base, **settings}).resolved()


def valid(base: dict[str, Any]) -> Callable[[Settings], str]:
    """Whether a spec with some settings is valid."""

    def check(settings: Settings) -> str:
        tree: dict[str, Any] = as_experiment(base).resolved()
        for key, value in settings.items():
            *sections, last = key.split(".")
            inner = tree
            for section in sections:
                inner = inner[section]
            inner[last] = value
        try:
            as_experiment(tree)
        except SpecError as error:
            return str(error)
        return ""

    return check


def names(plan: WhyPlan) -> list[str]:
    return [change.name for change in plan.changes]


def test_changes_are_single_keys_of_equal_components() -> None:
    b = resolved(optimizer={"name": "sgd", "lr": 0.2}, model={"name": "mlp", "hidden": [5, 5], "init": "xavier"})
    assert list(changes_between(resolved(), b)) == [
        Change(("model.hidden",), ([5],), ([5, 5],)),
        Change(("model.init",), ("he",), ("xavier",)),
        Change(("optimizer.lr",), (0.1,), (0.2,)),
    ]


def test_a_component_of_another_name_changes_with_all_its_keys() -> None:
    b = resolved(optimizer={"name": "adam", "lr": 0.1}, penalty={"l2": 0.01})
    optimizer, penalty = changes_between(resolved(), b)
    assert optimizer == Change(("optimizer",), ({"name": "sgd", "lr": 0.1},), (b["optimizer"],))
    assert penalty == Change(("penalty.l2",), (0.0,), (0.01,))


def test_switches_and_inner_components_change_as_a_whole() -> None:
    model = {"name": "mlp", "hidden": [5], "batch_norm": {"momentum": 0.8}, "activation": "tanh"}
    train = {"iterations": 5, "schedule": {"name": "step", "every": 2, "factor": 0.5}}
    found = {change.name: change.before for change in changes_between(resolved(), resolved(model=model, train=train))}
    assert found == {
        "model.activation": ("relu",),
        "model.batch_norm": (False,),
        "train.schedule": ("constant",),
    }


def test_keys_that_change_no_result_are_no_changes() -> None:
    b = resolved(name="other", seed=3, train={"iterations": 5, "snapshots": 3, "checkpoint_every": "never"})
    b["compute"]["threads"] = 2
    assert list(changes_between(resolved(), b)) == []
    with pytest.raises(UsageError, match="do not differ in any setting that changes results"):
        plan_why(resolved(), b, lambda settings: "")


def test_combinations_of_three_changes_start_with_a_and_b() -> None:
    b = resolved(optimizer={"name": "adam"}, penalty={"l2": 0.01}, dtype="float64")
    plan = plan_why(resolved(), b, valid(resolved()))
    assert names(plan) == ["dtype", "optimizer", "penalty.l2"]
    assert plan.combinations == [
        *(frozenset(), frozenset({0, 1, 2})),
        *(frozenset({0}), frozenset({1, 2}), frozenset({1}), frozenset({0, 2}), frozenset({2}), frozenset({0, 1})),
    ]
    assert plan.settings(frozenset()) == {
        "dtype": "float32",
        "optimizer": {"name": "sgd", "lr": 0.1},
        "penalty.l2": 0.0,
    }
    assert plan.settings(frozenset({0, 2})) == {
        **{"dtype": "float64", "optimizer": {"name": "sgd", "lr": 0.1}, "penalty.l2": 0.01}
    }


@pytest.mark.parametrize(("b", "count"), [({"dtype": "float64"}, 2), ({"dtype": "float64", "penalty": {"l1": 1}}, 4)])
def test_few_changes_share_combinations(b: dict[str, Any], count: int) -> None:
    assert len(plan_why(resolved(), resolved(**b), valid(resolved())).combinations) == count


def test_keys_that_exclude_each_other_change_together() -> None:
    a = resolved(train={"iterations": 5, "clip_norm": 1.0})
    b = resolved(train={"epochs": 2, "clip_value": 0.5}, dtype="float64")
    plan = plan_why(a, b, valid(a))
    assert sorted(names(plan)) == ["dtype", "train.clip_value, train.clip_norm", "train.iterations, train.epochs"]
    assert plan.impossible == {}


def test_impossible_combinations_are_left_out_with_their_reason() -> None:
    plan = plan_why(
        resolved(),
        resolved(dtype="float64", penalty={"l2": 0.1}, optimizer="adam"),
        lambda settings: "does not fit" if settings["dtype"] == "float64" and settings["penalty.l2"] == 0 else "",
    )
    assert plan.impossible == {frozenset({0}): "does not fit", frozenset({0, 1}): "does not fit"}
    assert names(plan) == ["dtype", "optimizer", "penalty.l2"]
    assert not set(plan.combinations) & set(plan.impossible)


def test_too_many_changes_are_refused() -> None:
    a, b = {str(key): 0 for key in range(MOST_KEYS + 1)}, {str(key): 1 for key in range(MOST_KEYS + 1)}
    with pytest.raises(UsageError, match=f"differ in {MOST_KEYS + 1} keys, more than the {MOST_KEYS} that can"):
        plan_why(a, b, lambda settings: "")


def test_data_paths_become_absolute(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.csv").write_text("a,b\n1,0\n2,1\n3,0\n4,1\n", encoding="utf-8")
    experiment = as_experiment(resolved(data={"name": "table", "path": "own.csv"}))
    assert with_absolute_paths(experiment)["data"]["path"] == str(tmp_path / "own.csv")
    assert with_absolute_paths(as_experiment(resolved())) == resolved()
