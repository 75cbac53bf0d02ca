import logging
import subprocess
import sys
from collections.abc import Callable
from math import log10
from random import Random as Shuffler

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.errors import UsageError
from nnlab.search.base import PointResult, Request
from nnlab.search.optuna_search import OptunaSearch
from nnlab.search.space import Axis, Range, Settings, Space

optuna = pytest.importorskip("optuna")
LR = Axis(("optimizer.lr",), range=Range("log", 1e-6, 1))
PAIRS = Axis(("model.init", "train.epochs"), (("he", 1), ([0.01], 2), ({"name": "normal"}, 3)))
SPACE = Space((LR, PAIRS, Axis(("train.batch_size",), range=Range("int", 10, 12))))


def near_hundredth(request: Request) -> PointResult:
    lr = request.settings["optimizer.lr"]
    return PointResult(request.point, -abs(log10(lr) + 2), diverged=lr > 0.5)


def course(
    search: OptunaSearch,
    space: Space = SPACE,
    result: Callable[[Request], PointResult] = near_hundredth,
    *,
    maximize: bool = True,
    shuffler: Shuffler | None = None,
    recorded: dict[int, Settings] | None = None,
) -> list[Request]:
    proposals, asked = search.start(space, seed=5, maximize=maximize, recorded=recorded), []
    while batch := proposals.ask():
        asked += batch
        results = [result(request) for request in batch]
        if shuffler:
            shuffler.shuffle(results)
        proposals.tell(results)
    assert [request.point for request in asked] == list(range(1, proposals.points + 1))
    return asked


@settings(max_examples=5)
@given(st.randoms(use_true_random=False))
def test_optuna_proposes_the_same_points_whatever_the_order_of_results(shuffler: Shuffler) -> None:
    search = OptunaSearch(trials=18, batch=3)
    assert course(search, shuffler=shuffler) == course(search)


def test_resumed_optuna_search_continues_with_the_same_points() -> None:
    whole = course(OptunaSearch(trials=24))
    resumed = OptunaSearch(trials=24).start(SPACE, seed=5)
    for _ in range(5):
        resumed.tell([near_hundredth(request) for request in resumed.ask()])
    assert resumed.ask() == whole[20:24]


def test_batches_have_their_size_and_the_last_one_the_rest() -> None:
    proposals, sizes = OptunaSearch(trials=10, batch=4).start(SPACE, seed=0), []
    while batch := proposals.ask():
        sizes.append(len(batch))
        proposals.tell([near_hundredth(request) for request in batch])
    assert sizes == [4, 4, 2]


@pytest.mark.parametrize("maximize", [True, False])
def test_estimator_learns_from_results_and_divergence(maximize: bool) -> None:
    def result(request: Request) -> PointResult:
        found = near_hundredth(request)
        return PointResult(found.point, found.value if maximize else -(found.value or 0), found.diverged)

    def learned(sampler: str) -> int:
        search = OptunaSearch(trials=60, sampler=sampler)  # type: ignore[arg-type]
        points = course(search, result=result, maximize=maximize)[20:]
        return sum(1e-3 < request.settings["optimizer.lr"] < 1e-1 for request in points)

    assert learned("tpe") > 1.5 * learned("random")


def test_failed_points_are_ignored() -> None:
    """The first ten points that have a result come before the estimator."""
    nothing = course(OptunaSearch(trials=16), result=lambda request: PointResult(request.point, None))
    not_a_number = course(OptunaSearch(trials=16), result=lambda request: PointResult(request.point, float("nan")))
    assert nothing == not_a_number == course(OptunaSearch(trials=16, batch=16))


def test_values_are_plain_and_rows_whole() -> None:
    for request in course(OptunaSearch(trials=20)):
        lr, batch_size = request.settings["optimizer.lr"], request.settings["train.batch_size"]
        assert type(lr) is float
        assert 1e-6 <= lr <= 1
        assert LR.range
        assert lr == LR.range.plain(lr)
        assert type(batch_size) is int
        assert batch_size in (10, 11, 12)
        assert (request.settings["model.init"], request.settings["train.epochs"]) in PAIRS.rows


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_optuna_proposes_no_point_twice(sampler: str) -> None:
    """All of a small space: the estimator proposes its best point again and again."""
    space = Space((Axis(("a",), tuple((number,) for number in range(6))), Axis(("b",), range=Range("int", 1, 4))))
    search = OptunaSearch(trials=24, sampler=sampler)  # type: ignore[arg-type]
    asked = course(search, space, lambda request: PointResult(request.point, float(request.settings["a"])))
    assert {(request.settings["a"], request.settings["b"]) for request in asked} == {
        (a, b) for a in range(6) for b in range(1, 5)
    }
    with pytest.raises(UsageError, match="trials: 25 is more than the 24 different points"):
        OptunaSearch(trials=25).start(space, seed=0)


def test_optuna_writes_no_log(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    before = optuna.logging.get_verbosity()
    with caplog.at_level(logging.DEBUG):
        course(OptunaSearch(trials=4))
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == before


def test_missing_optuna_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UsageError, match=r"needs Optuna; .* pip install 'nnlab-runner\[sweep\]'"):
        OptunaSearch(trials=2).start(SPACE, seed=0)


@pytest.mark.slow
def test_optuna_is_imported_by_its_search_only() -> None:
    code = "import sys, nnlab.registry as r; r.searches['optuna'](trials=2); sys.exit('optuna' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_recorded_points_keep_their_settings_where_a_result_changed() -> None:
    first = course(OptunaSearch(trials=24))
    recorded = {request.point: request.settings for request in first[:20]}
    changed = OptunaSearch(trials=24).start(SPACE, seed=5, recorded=recorded)
    asked: list[Request] = []
    while batch := changed.ask():
        asked += batch
        results = [near_hundredth(request) for request in batch]
        changed.tell([PointResult(found.point, 1.0) if found.point < 4 else found for found in results])
    assert asked[:20] == first[:20]
    assert asked[20:] != first[20:]


def test_recorded_points_that_agree_change_nothing() -> None:
    first = course(OptunaSearch(trials=16))
    recorded = {request.point: request.settings for request in first}
    assert course(OptunaSearch(trials=16), recorded=recorded) == first
