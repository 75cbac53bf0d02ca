"""Which charts a run has."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nnlab.insight.watch.followed_run import FollowedRun
from nnlab.insight.watch.run_charts import run_charts, shown_layers


def charts(path: Path, **how: bool) -> list[str]:
    run = FollowedRun(path)
    run.look(whole=True)
    return [chart.title for chart in run_charts(run, **how)]


def test_objective_then_the_primary_metric_then_the_loss(make_run: Callable[..., Path]) -> None:
    assert charts(make_run()) == ["objective", "accuracy", "loss"]


def test_a_long_run_says_over_how_many_steps_it_is_averaged(make_run: Callable[..., Path]) -> None:
    assert charts(make_run(eval_every=100))[0] == "objective, mean of 8 steps"


@pytest.mark.parametrize(("most", "expected"), [(1, "a"), (2, "ae"), (3, "ace"), (9, "abcde")])
def test_the_first_and_the_last_layer_are_among_those_shown(most: int, expected: str) -> None:
    assert "".join(shown_layers("abcde", most)) == expected
