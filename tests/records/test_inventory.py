"""The inventory of a folder with running, crashed and damaged runs."""

import json
from pathlib import Path

import pytest
from made_sweeps import made_sweep
from unreadable_folders import make_unreadable

from nnlab.comparisons.comparison import compare
from nnlab.config.descent import load_descent
from nnlab.descent.run import run_descent
from nnlab.errors import RunError
from nnlab.records.crossval_folder import CrossvalFolder
from nnlab.records.inventory import bytes_of, inventory
from nnlab.records.run_names import newest
from nnlab.records.trash import TRASH_FOLDER
from nnlab.storage.layout import SUMMARY_FILE
from nnlab.storage.lock import RunLock


@pytest.mark.parametrize("status", ["completed", "interrupted", "diverged", "failed"])
def test_inventory_of_a_completed_run(make_run, status: str) -> None:
    run = make_run(status=status, validation=True)
    (holding,) = inventory(run.parent)
    assert (holding.path, holding.kind, holding.status, holding.progress) == (run, "run", status, "40 steps")
    assert holding.metrics["test_accuracy"] == 0.875
    assert holding.metrics["validation_accuracy"] > 0
    assert holding.message == ""


def test_run_is_running_while_locked_and_crashed_afterwards(make_run) -> None:
    run = make_run(status="running", accuracies=(0.25, 0.5))
    lock = RunLock(run)
    (holding,) = inventory(run.parent)
    assert (holding.status, holding.progress, holding.metrics["test_accuracy"]) == ("running", "10 steps", 0.4375)
    lock.release()
    assert inventory(run.parent)[0].status == "crashed"


def test_inventory_of_an_empty_run_folder(tmp_path: Path) -> None:
    path = tmp_path / "20250101-120000-adam-0a1b2c"
    path.mkdir()
    lock = RunLock(path)
    assert [(holding.status, holding.progress) for holding in inventory(tmp_path)] == [("running", "not begun")]
    lock.release()
    assert inventory(tmp_path)[0].status == "crashed"


@pytest.mark.parametrize(
    ("summary", "message"),
    [("", "not JSON"), ('{"status": "running"}', "lacks "), ("[]", "must be an object"), ("{}", "status: must be one")],
)
def test_unreadable_runs_are_damaged_and_others_are_listed(make_run, summary: str, message: str) -> None:
    make_run("a")
    damaged = make_run("b")
    make_run("c")
    (damaged / SUMMARY_FILE).write_text(summary, encoding="utf-8")
    found = inventory(damaged.parent)
    assert [holding.status for holding in found] == ["completed", "damaged", "completed"]
    assert str(damaged / SUMMARY_FILE) in found[1].message
    assert message in found[1].message


@pytest.mark.parametrize("name", ["20250101-130000-adam-0a1b2d", "renamed"])
def test_inaccessible_run_does_not_hide_others(make_run, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, closed = make_run(), make_run(name)
    make_unreadable(closed, monkeypatch)
    found = inventory(first.parent)
    assert [(holding.path, holding.status) for holding in found] == [(first, "completed"), (closed, "damaged")]
    assert found[1].message == f"{closed}: cannot be read: Permission denied"
    assert found[1].as_dict()["bytes"] == 0
    assert newest(first.parent, lambda path: True) == first
    assert [str(run.message) for run in compare([first, closed]).damaged] == [
        f"{closed}: cannot be read: Permission denied"
    ]


def test_running_run_with_damaged_metrics_is_damaged(make_run) -> None:
    run = make_run(status="running")
    path = run / "metrics.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("\n10,", "\nxx,"), encoding="utf-8")
    (holding,) = inventory(run.parent)
    assert holding.status == "damaged"
    assert "metrics.csv:3" in holding.message


def test_cross_validations_and_descents_are_listed(tmp_path: Path, no_pictures: None) -> None:
    folder = CrossvalFolder.create(tmp_path, "a", 3, "seed: 0\n", "abc")
    assert [(holding.kind, holding.status, holding.progress) for holding in inventory(tmp_path)] == [
        ("crossval", "running", "0 of 3 folds")
    ]
    summary = json.loads((folder.path / SUMMARY_FILE).read_text(encoding="utf-8"))
    summary |= {"runs": [{}, {}], "metrics": {"test_accuracy": {"mean": 0.5}, "test_loss": {"mean": None}}}
    (folder.path / SUMMARY_FILE).write_text(json.dumps(summary), encoding="utf-8")
    folder.close()
    (holding,) = inventory(tmp_path)
    assert (holding.status, holding.progress) == ("crashed", "2 of 3 folds")
    assert holding.metrics == {"test_accuracy": 0.5}

    spec = tmp_path / "own.yaml"
    spec.write_text("{function: sphere, start: [1], steps: 2, optimizer: {name: sgd, lr: 0.1}}", encoding="utf-8")
    path = run_descent(load_descent(spec), tmp_path / "descents", animate=False).path
    (holding,) = inventory(tmp_path / "descents")
    assert (holding.path, holding.kind, holding.status, holding.progress) == (path, "descent", "completed", "1 path")


def test_inventory_ignores_foreign_folders_and_the_trash(make_run) -> None:
    run = make_run()
    make_run(".20250101-120000-adam-0a1b2c")
    for name in ("photographs", "20250101-120000-adam-0a1b2c-notes", TRASH_FOLDER):
        (run.parent / name).mkdir()
    (run.parent / "notes.txt").write_text("", encoding="utf-8")
    assert [holding.path for holding in inventory(run.parent)] == [run]


def test_inventory_of_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no such folder"):
        inventory(tmp_path / "runs")
    assert inventory(tmp_path / "runs", missing_ok=True) == []
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RunError, match="cannot be read: Not a directory"):
        inventory(tmp_path / "file")


def test_size_sums_all_files_without_following_links(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "big").write_bytes(b"x" * 10_000)
    (tmp_path / "a" / "one").write_bytes(b"x" * 100)
    (tmp_path / "a" / "b" / "two").write_bytes(b"x" * 20)
    assert bytes_of(tmp_path / "a") == 120
    (tmp_path / "a" / "link").symlink_to(tmp_path / "big")
    assert 120 < bytes_of(tmp_path / "a") < 1000


TRIALS = [
    (0.1, 0, 0.5, "completed"),
    (0.1, 1, 0.75, "completed"),
    (0.01, 0, 0.25, "interrupted"),
    (0.01, 1, 0, "waiting"),
]


def test_sweep_is_one_entry_with_its_best_goal(make_run) -> None:
    sweep = made_sweep(make_run, TRIALS, status="interrupted")
    (found,) = inventory(sweep.parent)
    assert (found.path, found.kind, found.status, found.progress) == (sweep, "sweep", "interrupted", "2 of 4 trials")
    assert (found.metrics, found.message, found.name) == ({"validation_accuracy": 0.59375}, "", sweep.name)
    assert found.bytes > sum(map(bytes_of, sweep.glob("trial-*"))) > 0


def test_trials_are_listed_beneath_their_sweep_by_number(make_run) -> None:
    sweep = made_sweep(make_run, TRIALS)
    (sweep / "trial-001").rename(sweep / "trial-1000")
    found = inventory(sweep.parent, inside=True)
    names = [sweep.name, *(f"{sweep.name}/{trial}" for trial in ("trial-002", "trial-003", "trial-1000"))]
    assert [entry.name for entry in found] == names
    assert [entry.status for entry in found] == ["completed", "completed", "interrupted", "completed"]
    assert [entry.inside for entry in found] == [False, True, True, True]
    (sweep / "trial-002" / "plots").mkdir()
    assert all(entry.message == "" for entry in inventory(sweep.parent, inside=True))


def test_sweep_runs_while_locked_and_crashed_afterwards(make_run) -> None:
    sweep = made_sweep(make_run, TRIALS, status="running")
    assert inventory(sweep.parent)[0].status == "crashed"
    lock = RunLock(sweep / "trial-001")
    assert inventory(sweep.parent)[0].status == "running"
    lock.release()


def test_sweep_killed_before_its_summary_has_not_begun(make_run) -> None:
    sweep = made_sweep(make_run, TRIALS)
    (sweep / SUMMARY_FILE).unlink()
    assert [(found.kind, found.status, found.progress) for found in inventory(sweep.parent)] == [
        ("sweep", "crashed", "not begun")
    ]
