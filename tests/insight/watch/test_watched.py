"""What is watched, and what comes next."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nnlab.errors import RunError
from nnlab.insight.watch.watched import Watched

MakeRun = Callable[..., Path]
NAMES = [f"20250101-12000{index}-adam-0a1b2{index}" for index in range(3)]


def shown(watched: Watched) -> str:
    watched.look()
    return watched.followed.path.name if watched.followed else ""


def test_last_waits_for_a_run(make_run: MakeRun, tmp_path: Path) -> None:
    watched = Watched("last", tmp_path / "runs")
    assert shown(watched) == ""
    assert watched.waiting_for == f"waiting for a run in {tmp_path / 'runs'}"
    assert not watched.ended
    make_run(NAMES[0])
    assert shown(watched) == NAMES[0]


def test_last_without_a_run_is_an_error_for_one_picture(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no such folder, so there is no run"):
        Watched("last", tmp_path / "runs", waits=False)


def test_last_follows_the_next_run_once_this_one_has_ended(make_run: MakeRun, tmp_path: Path) -> None:
    make_run(NAMES[0])
    watched = Watched("last", tmp_path / "runs")
    assert shown(watched) == NAMES[0]
    make_run(NAMES[1])
    assert shown(watched) == NAMES[1]


def test_a_named_run_stays(make_run: MakeRun, tmp_path: Path) -> None:
    make_run(NAMES[0])
    watched = Watched(NAMES[0], tmp_path / "runs")
    make_run(NAMES[1])
    assert shown(watched) == NAMES[0]


def test_the_runs_beside_it_can_be_chosen(make_run: MakeRun, tmp_path: Path) -> None:
    for name in NAMES:
        make_run(name)
    watched = Watched("last", tmp_path / "runs")
    seen = []
    for by in (0, 1, -1, -1, -1, 1):
        watched.choose(by)
        seen.append(shown(watched))
    assert seen == [NAMES[2], NAMES[2], NAMES[1], NAMES[0], NAMES[0], NAMES[1]]


@pytest.mark.parametrize("name", ["nothing", "spec.yaml", "folder"])
def test_anything_else_is_an_error(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text("name: a\n", encoding="utf-8")
    Path("folder").mkdir()
    with pytest.raises(RunError, match=f"^{name}: (no such|is not a) run folder"):
        Watched(name, Path("runs"))


def test_a_descent_has_nothing_to_watch(tmp_path: Path) -> None:
    (tmp_path / "path.csv").write_text("", encoding="utf-8")
    with pytest.raises(RunError, match="a descent, not a training"):
        Watched(str(tmp_path), tmp_path)
