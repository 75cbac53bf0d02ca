"""The folder of a sweep: written atomically, read with every fault reported, rebuilt from its trials."""

import csv
import json
import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.errors import RunError
from nnlab.records.formats import is_sweep_folder, is_trial_folder, kind_of
from nnlab.records.sweep_folder import SweepFolder, read_sweep, rebuilt, trial_row
from nnlab.records.sweep_table import SweepColumns, TrialRow, parse_setting, setting_cell, trials_csv
from nnlab.storage import disk
from nnlab.storage.layout import SUMMARY_FILE, SWEEP_FILE, TRIALS_FILE, trial_folder, trial_number

GOAL = {"column": "validation_accuracy", "maximize": True}
COLUMNS = SweepColumns(("optimizer.lr", "model.hidden"), seeds=True, goal="validation_accuracy")
ROWS = [
    TrialRow(
        number=number,
        status="completed",
        settings={"optimizer.lr": lr, "model.hidden": [40, 20]},
        seed=number % 2,
        steps=40,
        metrics={"train_loss": 0.1, "validation_accuracy": accuracy, "objective": 1e-5},
    )
    for number, lr, accuracy in [(1, 0.1, 0.5), (2, 0.1, 0.75), (3, 0.01, 0.25)]
]
WAITING = TrialRow(4, "waiting", {"optimizer.lr": 1e-3, "model.hidden": []}, seed=0)


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    folder = SweepFolder.create(tmp_path, "adam", "# Which?\nbase: x\n", "0" * 64, COLUMNS, trials=4, goal=GOAL)
    best = {"trial": 1, "settings": {"optimizer.lr": 0.1}, "value": 0.625, "std": 0.1, "n": 2}
    folder.write_trials([*ROWS, WAITING], best=best)
    folder.update(status="completed")
    folder.close()
    return folder.path


def test_trial_folders_are_numbered_with_three_digits_or_more() -> None:
    assert [trial_folder(number) for number in (1, 7, 999, 1000)] == [
        "trial-001",
        "trial-007",
        "trial-999",
        "trial-1000",
    ]
    assert [trial_number(trial_folder(number)) for number in (1, 999, 1000)] == [1, 999, 1000]
    names = ("trial-000", "trial-1", "trial-0001", "trial-", "trial-01a", "fold-1", "trial-²", f"trial-{'9' * 5000}")
    assert [trial_number(name) for name in names] == [None] * len(names)


def test_new_sweep_folder_has_sweep_table_and_summary(tmp_path: Path) -> None:
    folder = SweepFolder.create(tmp_path, "adam", "base: x\n", "0" * 64, COLUMNS, trials=15, search="grid", goal=GOAL)
    assert "-adam-sweep-" in folder.path.name
    assert kind_of(folder.path) == "sweep"
    assert (folder.path / SWEEP_FILE).read_text() == "base: x\n"
    header = "trial,status,optimizer.lr,model.hidden,seed,validation_accuracy,steps\n"
    assert (folder.path / TRIALS_FILE).read_text() == header
    record = read_sweep(folder.path)
    assert (record.status, record.summary["trials"], record.summary["search"]) == ("running", 15, "grid")
    assert (record.summary["best"], record.summary["statistics"], record.trials) == (None, None, [])
    folder.close()
    assert read_sweep(folder.path).status == "crashed"


def test_sweep_reads_back_as_it_was_written(sweep: Path) -> None:
    record = read_sweep(sweep)
    assert record.trials == [*ROWS, WAITING]
    assert (record.columns, record.maximize, record.status) == (COLUMNS, True, "completed")
    assert record.yaml == "# Which?\nbase: x\n"
    assert record.summary["counts"] == {"completed": 3, "waiting": 1}
    assert record.trial(7) == sweep / "trial-007"


def test_trials_csv_has_trial_status_settings_seed_goal_steps_and_further_metrics(sweep: Path) -> None:
    with (sweep / TRIALS_FILE).open(newline="") as file:
        header, first, *_, last = csv.reader(file)
    assert header == [
        *("trial", "status", "optimizer.lr", "model.hidden", "seed", "validation_accuracy", "steps"),
        *("train_loss", "objective"),
    ]
    assert first == ["1", "completed", "0.1", "[40, 20]", "1", "0.5", "40", "0.1", "1e-05"]
    assert last == ["4", "waiting", "0.001", "[]", "0", "", "", "", ""]


def test_columns_are_arrays_with_nan_where_a_trial_has_no_value(sweep: Path) -> None:
    arrays = read_sweep(sweep).arrays
    np.testing.assert_array_equal(arrays["optimizer.lr"], [0.1, 0.1, 0.01, 0.001])
    np.testing.assert_array_equal(arrays["validation_accuracy"], [0.5, 0.75, 0.25, np.nan])
    np.testing.assert_array_equal(arrays["seed"], [1, 0, 1, 0])
    assert list(arrays["model.hidden"]) == [[40, 20], [40, 20], [40, 20], []]
    assert arrays["trial"].dtype == np.int64


def test_swept_names_and_seed_have_their_own_columns(tmp_path: Path) -> None:
    columns = SweepColumns(("optimizer.name", "seed"))
    rows = [TrialRow(1, "completed", {"optimizer.name": "sgd", "seed": 3}, steps=1, metrics={"test_accuracy": 1.0})]
    folder = SweepFolder.create(tmp_path, "a", "base: x\n", "", columns, trials=1)
    folder.write_trials(rows)
    folder.close()
    record = read_sweep(folder.path)
    assert record.trials == rows
    assert (record.columns, record.maximize) == (columns, False)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(VALUES)
def test_swept_values_read_back_equal(value: object) -> None:
    columns = SweepColumns(("key", "other"))
    text = trials_csv(columns, [TrialRow(1, "waiting", {"key": value})]).decode()
    cell = next(csv.reader([text.splitlines()[1]]))[2]
    assert cell == setting_cell(value)
    found = parse_setting(cell)
    assert found == value
    assert type(found) is type(value)
    if isinstance(value, str):
        assert cell[:1] not in {"=", "+", "-", "@", "\t", "\r"}


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-x", "@x", "0.1", "true", "", "null", "~", " a", "[a", "'a", '"a', "a\nb"]
)
def test_text_that_reads_as_something_else_is_quoted(text: str) -> None:
    assert setting_cell(text) == json.dumps(text)


def test_reopened_sweep_is_running_and_keeps_its_records(sweep: Path) -> None:
    folder = SweepFolder.reopen(sweep, COLUMNS, "0" * 64)
    with pytest.raises(RunError, match="is writing it"):
        SweepFolder.reopen(sweep, COLUMNS, "0" * 64)
    folder.write_trials(ROWS)
    folder.close()
    record = read_sweep(sweep)
    assert (record.summary["status"], len(record.trials), record.summary["best"]["trial"]) == ("running", 3, 1)


def test_reopening_another_sweep_is_refused_and_releases_the_lock(sweep: Path) -> None:
    with pytest.raises(RunError, match=r"sweep\.yaml: is not this sweep"):
        SweepFolder.reopen(sweep, COLUMNS, "1" * 64)
    SweepFolder.reopen(sweep, COLUMNS, "0" * 64).close()


def test_sweep_killed_before_its_summary_is_reopened_empty(sweep: Path) -> None:
    (sweep / SUMMARY_FILE).unlink()
    folder = SweepFolder.reopen(sweep, COLUMNS, "0" * 64)
    assert (folder.summary["trials"], folder.summary["sweep_sha256"]) == (0, "0" * 64)
    folder.close()


@pytest.mark.parametrize("name", ["trial-001", "plots"])
def test_sweep_with_links_is_not_written(sweep: Path, tmp_path: Path, name: str) -> None:
    (sweep / name).symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(RunError, match=f"{name}: is a link"):
        SweepFolder.reopen(sweep, COLUMNS, "0" * 64)


def test_full_disk_leaves_the_old_files(sweep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = SweepFolder.reopen(sweep, COLUMNS, "0" * 64)
    before = {path.name: path.read_bytes() for path in sweep.iterdir()}

    def full(operation: object, *arguments: object) -> object:
        if operation is os.write:
            raise OSError(28, "No space left on device")
        return operation(*arguments)  # type: ignore[operator]

    with monkeypatch.context() as patched:
        patched.setattr(disk, "attempt", full)
        with pytest.raises(RunError, match=r"trials\.csv: cannot be written: No space left"):
            folder.write_trials(ROWS)
    assert {path.name: path.read_bytes() for path in sweep.iterdir()} == before
    folder.close()


def test_sweep_stopped_at_any_operation_reads_as_before_or_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = SweepFolder.create(tmp_path, "adam", "base: x\n", "0" * 64, COLUMNS, trials=2, goal=GOAL)
    folder.write_trials(ROWS[:2])
    files = {path.name: path.read_bytes() for path in folder.path.iterdir()}
    best = {"trial": 3, "settings": {}, "value": 0.25, "std": None, "n": 1}
    seen = set()
    for stopped_at in range(100):
        left = stopped_at

        def attempt(operation: object, *arguments: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(5, "Input/output error")
            return operation(*arguments)  # type: ignore[operator]

        for name, contents in files.items():
            (folder.path / name).write_bytes(contents)
        with monkeypatch.context() as patched:
            patched.setattr(disk, "attempt", attempt)
            with suppress(RunError):
                folder.write_trials(ROWS, trials=3, best=best)
        record = read_sweep(folder.path)
        seen.add((len(record.trials), record.summary["trials"], bool(record.summary["best"])))
        assert set(files) == {path.name for path in folder.path.iterdir()}
        if left > 0:
            break
    folder.close()
    assert left > 0
    assert seen == {(2, 2, False), (3, 2, False), (3, 3, True)}


def test_sweep_on_a_full_disk_leaves_no_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(operation: object, *arguments: object) -> object:
        if operation is os.write and b"base" in bytes(arguments[1]):  # type: ignore[call-overload]
            raise OSError(28, "No space left on device")
        return operation(*arguments)  # type: ignore[operator]

    with monkeypatch.context() as patched:
        patched.setattr(disk, "attempt", full)
        with pytest.raises(RunError, match=r"sweep\.yaml: cannot be written: No space left"):
            SweepFolder.create(tmp_path, "adam", "base: x\n", "", COLUMNS)
    assert list(tmp_path.iterdir()) == []


def test_folder_with_a_sweep_file_only_is_no_sweep(tmp_path: Path) -> None:
    (tmp_path / SWEEP_FILE).write_text("base: x\n")
    assert not is_sweep_folder(tmp_path)
    assert kind_of(tmp_path) is None


def damaged_by(sweep: Path, name: str, old: str, new: str) -> str:
    text = (sweep / name).read_text()
    assert old in text
    (sweep / name).write_text(text.replace(old, new, 1))
    with pytest.raises(RunError) as error:
        read_sweep(sweep)
    return str(error.value).replace(str(sweep), "")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("trial,status", "trial,state", "trials.csv:1: expected the header trial,status"),
        ("optimizer.lr,", "optimizer.x,", "trials.csv:1: expected the header trial,status,optimizer.lr"),
        ("train_loss", "train_x", "trials.csv:1: expected the header"),
        ("1,completed", "1000000000,completed", "trials.csv:2: trial: must be a whole number from 1 to 100000"),
        ("1,completed", "0,completed", "trials.csv:2: trial: must be a whole number from 1"),
        ("2,completed", "1,completed", "trials.csv:3: trial: must be above 1, got 1"),
        ("1,completed", "1,running", "trials.csv:2: status: must be one of completed, diverged"),
        ("[40, 20]", "[40, 20", "trials.csv:2: model.hidden: must be a value as YAML, got '[40, 20'"),
        ("[40, 20]", "[" * 2000, "trials.csv:2: model.hidden: must be a value as YAML"),
        ("0.5,40", "7,40", "trials.csv:2: validation_accuracy: must be from 0 to 1, got '7'"),
        ("0.5,40", "x,40", "trials.csv:2: validation_accuracy: must be a number, got 'x'"),
        ("0.5,40", "0.5,-1", "trials.csv:2: steps: must be a whole number"),
        ("0.5,40", "0.5", "trials.csv:2: expected 9 cells, found 8"),
        ("1e-05\n", "1e-05", "trials.csv:2: expected 9 cells"),
    ],
)
def test_damaged_table_is_reported_with_its_line(sweep: Path, old: str, new: str, message: str) -> None:
    assert message in damaged_by(sweep, TRIALS_FILE, old, new)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"trials": 4', '"trials": 1000000000', "summary.json: trials: must be at most 100000"),
        ('"trials": 4', '"trials": 3', "summary.json: counts: more than the 3 trials"),
        ('"completed": 3', '"lucky": 3', "summary.json: counts: must be one of completed"),
        ('"completed": 3', '"completed": -3', "summary.json: counts: must be at least 0"),
        ('"status": "completed"', '"status": "done"', "summary.json: status: must be one of running"),
        ('"maximize": true', '"maximize": 1', "summary.json: goal.maximize: must be true or false"),
        ('"value": 0.625', '"value": NaN', "summary.json: best.value: must be a finite number"),
        ('"trial": 1', '"trial": 9', "summary.json: best.trial: trials.csv has no trial 9"),
        ('"search": ""', '"search": []', "summary.json: search: must be text"),
        ('"optimizer.lr",', '"optimizer.lr", "x",', "trials.csv:1: expected the header"),
    ],
)
def test_damaged_summary_is_reported_with_its_key(sweep: Path, old: str, new: str, message: str) -> None:
    assert message in damaged_by(sweep, SUMMARY_FILE, old, new)


@pytest.mark.parametrize("name", [SWEEP_FILE, TRIALS_FILE, SUMMARY_FILE])
def test_huge_or_missing_files_are_refused(sweep: Path, name: str) -> None:
    os.truncate(sweep / name, 2**40)
    with pytest.raises(RunError, match="is more than the"):
        read_sweep(sweep)
    (sweep / name).unlink()
    with pytest.raises(RunError, match=f"{name}: missing"):
        read_sweep(sweep)


def test_rows_are_rebuilt_from_the_trials(sweep: Path, make_run) -> None:
    for number, status in enumerate(["completed", "diverged", "running", "interrupted"], start=1):
        run = make_run(status=status, validation=True, accuracies=(0.25, 0.5))
        run.rename(sweep / trial_folder(number))
        assert is_trial_folder(sweep / trial_folder(number))
    stopped = TrialRow(4, "stopped", WAITING.settings, seed=0)
    waiting = TrialRow(5, "completed", WAITING.settings, seed=1)
    folder = SweepFolder.reopen(sweep, COLUMNS, "0" * 64)
    folder.write_trials([*ROWS, stopped, waiting], trials=5)
    folder.close()
    rows = rebuilt(read_sweep(sweep))
    assert [row.status for row in rows] == ["completed", "diverged", "interrupted", "stopped", "waiting"]
    summary = json.loads((sweep / "trial-001" / SUMMARY_FILE).read_text())
    assert rows[0].metrics["validation_accuracy"] == summary["final"]["validation_accuracy"]
    assert (rows[0].steps, rows[0].settings, rows[0].seed) == (10, ROWS[0].settings, 1)
    assert (rows[4].steps, rows[4].metrics) == (None, {})
    assert trial_row(sweep, ROWS[0], spec_sha256=summary["spec_sha256"]) == rows[0]
    with pytest.raises(RunError, match="not that of this trial's spec"):
        trial_row(sweep, ROWS[0], spec_sha256="0" * 64)


def test_rebuilt_rows_are_those_that_the_table_gives_back(sweep: Path, make_run) -> None:
    make_run(validation=True).rename(sweep / trial_folder(1))
    row = trial_row(sweep, ROWS[0])
    folder = SweepFolder.reopen(sweep, COLUMNS, "0" * 64)
    folder.write_trials([row])
    folder.close()
    assert read_sweep(sweep).trials == [row]
