"""Sweeps and cross-validations while they are written."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nnlab.insight.watch.followed_group import FollowedCrossval, FollowedSweep
from nnlab.insight.watch.frame import Frame, closing_line, lines_of
from nnlab.records.sweep_folder import SweepFolder
from nnlab.records.sweep_table import SweepColumns, TrialRow
from nnlab.storage.lock import RunLock

MakeRun = Callable[..., Path]
COLUMNS = SweepColumns(("optimizer.lr",), goal="validation_accuracy")
GOAL = {"column": "validation_accuracy", "maximize": True}


def row(number: int, status: str, accuracy: float | None = None) -> TrialRow:
    metrics = {} if accuracy is None else {"validation_accuracy": accuracy}
    return TrialRow(number, status, {"optimizer.lr": number / 10}, steps=40, metrics=metrics)


@pytest.fixture
def sweep(make_run: MakeRun, tmp_path: Path) -> SweepFolder:
    """A sweep of four trials: one completed, one failed, one running, one waiting."""
    folder = SweepFolder.create(
        tmp_path / "runs", "adam", "", "0", COLUMNS, trials=4, search="grid", goal=GOAL, status="running"
    )
    for number, status in ((1, "completed"), (2, "failed"), (3, "running")):
        make_run(f"{folder.path.name}/trial-{number:03d}", validation=True, status=status)
    best = {"trial": 1, "settings": {"optimizer.lr": 0.1}, "value": 0.9, "n": 1}
    folder.write_trials([row(1, "completed", 0.9), row(2, "failed"), row(3, "waiting"), row(4, "waiting")], best=best)
    return folder


def text_of(followed: FollowedSweep | FollowedCrossval) -> list[str]:
    followed.look(whole=True)
    return [line.plain.rstrip() for line in lines_of(followed, Frame(80, 24))]


def test_a_running_sweep(sweep: SweepFolder) -> None:
    lock = RunLock(sweep.trial(3))
    try:
        lines = text_of(FollowedSweep(sweep.path))
    finally:
        lock.release()
        sweep.close()
    assert lines[0] == f"{sweep.path.name}  running"
    assert lines[1].endswith("─  2/4")
    assert lines[2] == "1 of 4 done, 1 running, 1 failed; best validation acc 0.9000 (trial 1)"
    assert lines[3] == "trial 3 of 4  running  optimizer.lr 0.3"
    assert "40 of 40 steps  100%" in lines[4]
    assert len(lines) == 24


def test_the_next_and_the_previous_trial(sweep: SweepFolder) -> None:
    lock = RunLock(sweep.trial(3))
    followed = FollowedSweep(sweep.path)
    try:
        shown = []
        for by in (0, -1, -1, -1, 1, 1, 1):
            followed.choose(by) if by else None
            followed.look()
            shown.append(followed.shown_number)
    finally:
        lock.release()
        sweep.close()
    assert shown == [3, 2, 1, 1, 2, 3, 3]


def test_an_ended_sweep_shows_its_best_trial(sweep: SweepFolder) -> None:
    sweep.update(status="completed")
    sweep.close()
    followed = FollowedSweep(sweep.path)
    followed.look()
    assert (followed.status, followed.shown_number) == ("completed", 1)
    assert closing_line(followed).endswith(
        "completed, 1 of 4 done, 0 running, 1 failed; best validation acc 0.9000 (trial 1)"
    )


def test_a_sweep_whose_process_has_ended(sweep: SweepFolder) -> None:
    sweep.close()
    assert text_of(FollowedSweep(sweep.path))[0].endswith("crashed")


def test_a_damaged_table_is_reported(sweep: SweepFolder) -> None:
    (sweep.path / "trials.csv").write_text("what\n", encoding="utf-8")
    sweep.close()
    assert "expected the header" in "\n".join(text_of(FollowedSweep(sweep.path)))


def test_the_time_left_follows_from_the_trials_that_ended(sweep: SweepFolder) -> None:
    for number in (1, 2):
        (sweep.trial(number) / "environment.json").write_text("{}", encoding="utf-8")
        os.utime(sweep.trial(number) / "environment.json", (1000, 1000))
        os.utime(sweep.trial(number) / "summary.json", (1030, 1030))
    lines = text_of(FollowedSweep(sweep.path))
    sweep.close()
    assert "about 60 s left" in lines[2]


def test_a_cross_validation(make_run: MakeRun, tmp_path: Path) -> None:
    path = tmp_path / "runs" / "20250101-120000-adam-crossval-0a1b2c"
    for number in (1, 2):
        make_run(f"{path.name}/fold-{number}", validation=True)
    (path / "spec.yaml").write_text("name: adam\n", encoding="utf-8")
    summary = {"status": "interrupted", "folds": 3, "spec_sha256": "0", "message": "stopped", "runs": [{}, {}]}
    (path / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    lines = text_of(FollowedCrossval(path))
    assert lines[0] == f"{path.name}  interrupted"
    assert lines[2:5] == ["2 of 3 folds done", "stopped", "fold 2 of 3  completed"]
