"""A run folder, looked at while it grows."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nnlab.insight.watch.followed_run import FollowedRun
from nnlab.records.formats import DIAGNOSTICS_COLUMNS
from nnlab.storage.lock import RunLock

RUNNING = {"status": "running", "changes": {"train.iterations": 100, "train.eval_every": 10}}


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def followed(path: Path) -> FollowedRun:
    run = FollowedRun(path)
    run.look(whole=True)
    return run


def set_times(path: Path, moment: float, *names: str) -> None:
    for name in names:
        os.utime(path / name, (moment, moment))


def test_a_completed_run(make_run: Callable[..., Path]) -> None:
    run = followed(make_run(seconds=2.0))
    assert (run.status, run.step, run.planned.total, run.problem) == ("completed", 40, 40, "")
    assert run.speed == 20
    assert run.seconds_left is None
    assert run.newest is not None
    assert run.newest["test_accuracy"] == 0.875
    assert run.best == run.newest
    assert run.metric_names == ["accuracy", "loss"]
    assert run.measured["train_accuracy"].points()[1].tolist() == [0.125, 0.5, 0.75, 0.875, 0.9375]
    assert "validation_accuracy" not in run.measured


def test_a_running_run_grows_and_its_speed_follows_from_the_times_of_the_file(make_run: Callable[..., Path]) -> None:
    path = make_run(**RUNNING)
    (path / "environment.json").write_text('{"samples": {"train": 1000}}', encoding="utf-8")
    set_times(path, 1000.0, "environment.json")
    set_times(path, 1002.0, "steps.csv")
    lock = RunLock(path)
    try:
        run = followed(path)
        assert (run.status, run.step, run.planned.total) == ("running", 40, 100)
        assert run.speed == 20
        append(path / "steps.csv", "".join(f"{step},0.5\n" for step in range(41, 81)) + "81,0.")
        set_times(path, 1003.0, "steps.csv")
        run.look()
        assert run.step == 80
        assert run.speed == pytest.approx(80 / 3)
        assert run.planned.samples_per_step == 100
        run.look()
        assert run.status == "running"
    finally:
        lock.release()


def test_epochs_and_full_batches_follow_from_the_recorded_samples(make_run: Callable[..., Path]) -> None:
    for size, per_step, total in ((64, 64, 48), ("full", 1000, 3)):
        changes = {"train.iterations": None, "train.epochs": 3, "train.batch_size": size, "train.sampling": "shuffle"}
        path = make_run(f"20250101-120000-adam-0a1b{size}", changes, status="running")
        (path / "environment.json").write_text('{"samples": {"train": 1000}}', encoding="utf-8")
        run = followed(path)
        assert (run.planned.samples_per_step, run.planned.total, run.planned.epochs) == (per_step, total, 3)


def test_a_run_whose_process_has_ended_is_crashed(make_run: Callable[..., Path]) -> None:
    run = followed(make_run(**RUNNING))
    run.look()
    assert run.status == "crashed"
    assert run.seconds_left is None


def test_a_diverged_run_says_why(make_run: Callable[..., Path]) -> None:
    path = make_run(status="diverged")
    summary = json.loads((path / "summary.json").read_text(encoding="utf-8"))
    (path / "summary.json").write_text(json.dumps(summary | {"message": "the loss became NaN"}), encoding="utf-8")
    run = followed(path)
    assert (run.status, run.message) == ("diverged", "the loss became NaN")


def test_a_folder_without_anything_has_not_begun(tmp_path: Path) -> None:
    path = tmp_path / "20250101-120000-adam-0a1b2c"
    path.mkdir()
    run = followed(path)
    assert (run.status, run.step, run.planned.total, run.name) == ("not begun", 0, None, path.name)


def test_a_deleted_run_keeps_what_was_read(make_run: Callable[..., Path]) -> None:
    path = make_run()
    run = followed(path)
    path.rename(path.parent.parent / "elsewhere")
    run.look()
    assert (run.status, run.step) == ("deleted", 40)


def test_a_renamed_run_is_followed(make_run: Callable[..., Path]) -> None:
    path = make_run()
    run = followed(path)
    path.rename(path.with_name("renamed"))
    run.look()
    assert (run.status, run.step, run.path.name) == ("completed", 40, "renamed")


def test_a_resumed_run_is_read_from_its_start(make_run: Callable[..., Path]) -> None:
    path = make_run(**RUNNING)
    run = followed(path)
    lines = (path / "steps.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (path / "steps.csv").write_text("".join(lines[:21]), encoding="utf-8")
    run.look()
    assert run.step == 40  # the row of metrics.csv
    assert run.objective.last == (20, 0.125)


def test_damage_is_reported_and_the_rest_still_shown(make_run: Callable[..., Path]) -> None:
    path = make_run(**RUNNING)
    append(path / "steps.csv", "x,y\n")
    run = followed(path)
    assert "steps.csv:42: step: must be a number, got 'x'" in run.problem
    assert run.planned.total == 100


def test_gradient_norms_by_layer(make_run: Callable[..., Path]) -> None:
    path = make_run()
    rows = "1,linear1,0.5,,,,,\n1,relu1,,,0.1,0.2,0,\n1,linear2,0.25,,,,,\n2,linear1,nan,,,,,\n3,linear1,0.125,,,,,\n"
    (path / "diagnostics.csv").write_text(",".join(DIAGNOSTICS_COLUMNS) + "\n" + rows, encoding="utf-8")
    norms = followed(path).gradient_norms
    assert {layer: curve.points()[1].tolist() for layer, curve in norms.items()} == {
        "linear1": [0.5, 0.125],
        "linear2": [0.25],
    }


def test_watching_changes_nothing_in_the_folder(make_run: Callable[..., Path]) -> None:
    path = make_run(**RUNNING)

    def state() -> dict[str, tuple[bytes, int]]:
        return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in path.iterdir()}

    before = state()
    run = followed(path)
    run.look()
    assert state() == before


def test_a_long_run_is_read_in_parts(make_run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_run(**RUNNING)
    append(path / "steps.csv", "".join(f"{step},0.5\n" for step in range(41, 300_001)))
    monkeypatch.setattr("nnlab.insight.watch.followed_run.SECONDS_OF_READING", -1.0)
    run = FollowedRun(path)
    run.look()
    assert 40 < run.step < 300_000
    run.look(whole=True)
    assert run.step == 300_000
