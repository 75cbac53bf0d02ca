import re
from typing import Any

import pytest

from nnlab.cli import console
from nnlab.cli.why_table import change_text, described, document, left_out, print_contributions
from nnlab.config.loading import as_experiment
from nnlab.sweeps.contributions import contributions
from nnlab.sweeps.why import Combination, WhyPlan, plan_why


def resolved(**settings: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "data": {"name": "spiral"},
        "model": {"name": "mlp", "hidden": [5]},
        "optimizer": {"name": "sgd", "lr": 0.1},
        "train": {"iterations": 5},
    }
    return as_experiment({**base, **settings}).resolved()


@pytest.fixture
def plan() -> WhyPlan:
    b = resolved(
        model={"name": "mlp", "hidden": [5], "batch_norm": True},
        optimizer={"name": "adam", "lr": 0.01},
        penalty={"l2": 0.01},
    )
    return plan_why(resolved(), b, lambda settings: "")


def printed(plan: WhyPlan, capsys: pytest.CaptureFixture[str], seeds: int = 8, interaction: float = 0.0) -> list[str]:
    """Batch norm is worth 10 points, the optimizer -2, both together ``interaction`` more."""

    def value(combination: Combination, seed: int) -> float:
        noise = (seed * 7 + len(combination) * 3) % 10 / 1e4
        return (
            0.5 + noise + 0.1 * (0 in combination) - 0.02 * (1 in combination) + interaction * ({0, 1} <= combination)
        )

    values = {one: {seed: value(one, seed) for seed in range(seeds)} for one in plan.combinations}
    console.results.cache_clear()  # an xdist worker has COLUMNS, which wraps headings
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "160")
        console.results()
    print_contributions(plan, contributions(plan, values, maximize=True), "validation_accuracy", maximize=True)
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_table_has_both_effects_of_each_key(plan: WhyPlan, capsys: pytest.CaptureFixture[str]) -> None:
    heading, _, batch_norm, optimizer, penalty, total, left, *remarks = printed(plan, capsys)
    assert heading == "key A → B effect in A effect in B"
    assert re.match(r"model.batch_norm false → true \+(9.9|10.0)\d* \(", batch_norm)
    assert batch_norm.count("points*") == 2
    assert re.match(r"optimizer sgd, lr 0.1 → adam, lr 0.01 -(1.9|2.0)\d* \(", optimizer)
    assert re.match(r"penalty.l2 0.0 → 0.01 [+-]0.0\d* \(", penalty)
    assert "*" not in penalty
    assert re.match(r"all together A → B \+(7.9|8.0)\d* \(", total)
    assert left.startswith("not explained by single keys")
    assert remarks[0] == "* shown: p ≤ 0.05 after Holm's correction for 6 effects; in brackets 95 % intervals"
    assert re.match(r"largest effect: model.batch_norm, better by (9.9|10.0)\d* points", remarks[1])
    assert len(remarks) == 2


def test_interaction_is_named_for_both_keys(plan: WhyPlan, capsys: pytest.CaptureFixture[str]) -> None:
    *_, first, second = printed(plan, capsys, interaction=-0.3)
    wanted = (
        r"model.batch_norm depends on the other keys: its effect in B minus that in A is -(29|30).\d+ \(.*\) points"
    )
    assert re.fullmatch(wanted, first)
    assert second.startswith("optimizer depends on the other keys:")


def test_too_few_seeds_name_how_many_are_needed(plan: WhyPlan, capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(plan, capsys, seeds=3)
    assert "3 seeds cannot show the effects of 3 keys (6 tests); --seeds 8 can" in lines
    assert not any("*" in line for line in lines)
    lines = printed(plan, capsys, seeds=1)
    assert lines[-1] == "fewer than two seeds cannot show the effects of 3 keys (6 tests); --seeds 8 can"
    one = plan_why(resolved(), resolved(penalty={"l2": 0.01}), lambda settings: "")
    assert printed(one, capsys, seeds=3)[-1] == "3 seeds cannot show the effect of one key; --seeds 6 can"


def test_missing_values_leave_a_dash(plan: WhyPlan, capsys: pytest.CaptureFixture[str]) -> None:
    print_contributions(plan, contributions(plan, {}, maximize=True), "test_accuracy", maximize=True)
    assert capsys.readouterr().out.count("–") == 9


def test_values_of_components_show_what_is_not_default() -> None:
    schedule = {"name": "step", "every": 2, "factor": 0.5}
    b = resolved(
        optimizer="adam",
        train={"iterations": 5, "schedule": schedule, "early_stopping": {"metric": "train_loss", "patience": 7}},
    )
    plan = WhyPlan(resolved(), b, plan_why(resolved(), b, lambda settings: "").changes)
    assert [change_text(plan, change) for change in plan.changes] == [
        "sgd, lr 0.1 → adam, lr 0.001",
        "constant → step, every 2, factor 0.5",
        "false → true, metric train_loss, patience 7",
    ]


def test_combinations_in_words(plan: WhyPlan) -> None:
    assert [described(plan, one) for one in plan.combinations] == [
        "A",
        "B",
        "A with B's model.batch_norm",
        "B with A's model.batch_norm",
        "A with B's optimizer",
        "B with A's optimizer",
        "A with B's penalty.l2",
        "B with A's penalty.l2",
    ]
    impossible = WhyPlan(plan.a, plan.b, plan.changes, {frozenset({1}): "train.epochs: too few"})
    assert left_out(impossible) == ["left out: A with B's optimizer: train.epochs: too few"]


def test_document_has_every_number(plan: WhyPlan) -> None:
    values = {one: {seed: len(one) / 10 + seed / 100 for seed in range(8)} for one in plan.combinations}
    found = document(plan, contributions(plan, values, maximize=True), "test_accuracy", maximize=True)
    assert [change["keys"] for change in found["changes"]] == [["model.batch_norm"], ["optimizer"], ["penalty.l2"]]
    assert found["changes"][2]["a"] == [0.0]
    assert found["changes"][0]["in_b"]["difference"] == pytest.approx(0.1)
    assert found["total"]["seeds"] == 8
    assert found["left_out"] == []
