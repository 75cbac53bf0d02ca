import csv
import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file

from nnlab.config.resolved_spec import spec_sha256
from nnlab.data.input_format import Column, InputFormat
from nnlab.errors import RunError
from nnlab.metric_columns import METRICS_COLUMNS, best_row
from nnlab.metrics.confusion import Confusion
from nnlab.records.formats import csv_line
from nnlab.records.json_files import read_inputs
from nnlab.records.reader import read_run
from nnlab.records.run_folder import RunFolder
from nnlab.records.run_tables import FLUSH_EVERY
from nnlab.storage.lock import RunLock
from nnlab.storage.tensors import packed

INPUTS = InputFormat((1,), ("no", "ja, はい"), False, np.array([0.1]), np.array([5.0]), (Column("age"),))


def row(
    step: int, test_accuracy: float | None, train_accuracy: float = 0.5, validation_accuracy: float | None = None
) -> dict[str, float | None]:
    return dict.fromkeys(METRICS_COLUMNS, 0.25) | {
        "step": step,
        "train_accuracy": train_accuracy,
        "test_accuracy": test_accuracy,
        "validation_accuracy": validation_accuracy,
    }


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    with closing(RunFolder.create(tmp_path / "runs", "adam")) as made:
        made.write_start("seed: 0\n", {"python": "3"}, 42, "abc")
        yield made


def test_run_folder_name_is_utc_time_name_and_six_hex_digits(folder: RunFolder) -> None:
    match = re.fullmatch(r"(\d{8}-\d{6})-adam-[0-9a-f]{6}", folder.path.name)
    assert match
    moment = datetime.strptime(match[1], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 60


@pytest.mark.slow
def test_folders_created_concurrently_are_distinct(tmp_path: Path) -> None:
    paths = set()
    for _ in range(200):
        made = RunFolder.create(tmp_path, "same")
        paths.add(made.path)
        made.close()
    assert len(paths) == 200


def test_existing_folder_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = iter(["aaaaaa", "aaaaaa", "bbbbbb"])
    monkeypatch.setattr("secrets.token_hex", lambda size: next(tokens))
    with closing(RunFolder.create(tmp_path, "x")) as first:
        (first.path / "mine").write_text("keep", encoding="utf-8")
        with closing(RunFolder.create(tmp_path, "x")) as second:
            assert first.path != second.path
    assert (first.path / "mine").read_text(encoding="utf-8") == "keep"


def test_summary_status_is_running_until_finish(folder: RunFolder) -> None:
    summary = json.loads((folder.path / "summary.json").read_text(encoding="utf-8"))
    assert summary["status"] == "running"
    assert (summary["parameters"], summary["spec_sha256"]) == (42, "abc")
    folder.on_step(1, 2.5)
    folder.on_evaluation(row(1, 0.5))
    folder.finish("completed", 1.5)
    summary = json.loads((folder.path / "summary.json").read_text(encoding="utf-8"))
    assert (summary["status"], summary["steps"], summary["train_seconds"]) == ("completed", 1, 1.5)
    assert summary["final"]["test_accuracy"] == 0.5


def test_steps_and_metrics_are_written_with_all_their_digits(folder: RunFolder) -> None:
    folder.on_step(1, 0.1 + 0.2)
    folder.on_evaluation(row(1, None))
    folder.close()
    assert (folder.path / "steps.csv").read_text(encoding="utf-8") == "step,loss\n1,0.30000000000000004\n"
    lines = (folder.path / "metrics.csv").read_text(encoding="utf-8").splitlines()
    first = "step,epoch,lr,train_loss,train_accuracy,test_loss,test_accuracy,objective"
    assert lines[0] == f"{first},validation_loss,validation_accuracy"
    assert lines[1].split(",")[6] == ""
    assert lines[1].endswith(",")


def test_confusion_of_hostile_class_names_is_one_line_for_each_cell(folder: RunFolder) -> None:
    names = ["=cmd|x", 'a,"b', "new\nline", "\x1b[31m", "語"]
    record = Confusion()
    record.bind(names)
    record.update(np.eye(5)[[1, 1, 2, 3, 4]], np.array([0, 0, 1, 2, 3]))
    folder.write_counts(0, "train", record)
    folder.flush()
    text = (folder.path / "confusion.csv").read_text(encoding="utf-8")
    header, *rows = csv.reader(text.splitlines(), strict=True)
    assert header == ["step", "split", "true", "predicted", "samples"]
    assert [row[:2] + row[4:] for row in rows] == [["0", "train", count] for count in ("2", "1", "1", "1")]
    assert rows[0][2:4] == ["'=cmd|x", 'a,"b']
    assert rows[-1][3] == "語"
    assert text.replace("\n", "").isprintable()


def test_steps_are_flushed_every_thousand_updates(folder: RunFolder) -> None:
    for step in range(1, FLUSH_EVERY + 1):
        folder.on_step(step, 1.0)
    assert len((folder.path / "steps.csv").read_text(encoding="utf-8").splitlines()) == FLUSH_EVERY + 1


@given(st.lists(st.none() | st.floats(allow_nan=False), min_size=1, max_size=5))
def test_a_csv_line_reads_back_equal(values: list[float | None]) -> None:
    cells = csv_line(values).rstrip("\n").split(",")
    assert [float(cell) if cell else None for cell in cells] == values


def test_best_row_by_validation_accuracy() -> None:
    rows = [row(0, 0.1, 0.1, 0.2), row(10, 0.5, 0.8, 0.9), row(20, 0.7, 0.9, 0.8), row(30, 0.6, 0.7, 0.9)]
    best = best_row(rows)
    assert best is not None
    assert best["step"] == 10


def test_final_metrics_are_of_the_saved_weights(folder: RunFolder) -> None:
    for step in (1, 2, 3):
        folder.on_step(step, 1.0)
        folder.on_evaluation(row(step, step / 10))
    summary = folder.finish("completed", 1.0, "stopped", restored=2)
    assert (summary["steps"], summary["final"]["step"], summary["best"]["step"]) == (3, 2, 3)
    assert folder.finish("completed", 1.0)["final"]["step"] == 3


def test_best_row_is_the_first_with_the_highest_test_accuracy() -> None:
    rows = [row(0, 0.1), row(10, 0.9), row(20, 0.9), row(30, 0.2)]
    best = best_row(rows)
    assert best is not None
    assert best["step"] == 10
    without_test = [row(0, None, 0.9), row(10, None, 0.8), row(20, None, 0.4)]
    best = best_row(without_test)
    assert best is not None
    assert best["step"] == 10
    assert best_row([]) is None


def test_best_row_is_step_0_only_without_other_evaluations() -> None:
    rows = [row(0, 0.9), row(10, 0.4), row(20, 0.5)]
    assert best_row(rows) == rows[2]
    assert best_row(rows[:1]) == rows[0]


def test_non_contiguous_arrays_are_saved_correctly(folder: RunFolder) -> None:
    W = np.arange(6.0).reshape(2, 3)
    folder.write_model({"a": W.T, "b": W[:, ::2]}, "abc", INPUTS)
    loaded = load_file(folder.path / "model.safetensors")
    np.testing.assert_array_equal(loaded["a"], W.T)
    np.testing.assert_array_equal(loaded["b"], W[:, ::2])


def test_model_metadata_has_spec_hash_and_input_format(folder: RunFolder) -> None:
    folder.write_model({"a": np.zeros(2)}, "abc", INPUTS)
    with safe_open(folder.path / "model.safetensors", "np") as model:
        metadata = model.metadata()
    assert metadata["spec_sha256"] == "abc"
    assert json.loads(metadata["inputs"]) == INPUTS.as_plain()
    assert json.loads((folder.path / "inputs.json").read_bytes()) == INPUTS.as_plain()
    found = read_inputs(folder.path)
    assert found is not None
    assert found.as_plain() == INPUTS.as_plain()


def test_input_format_too_long_for_the_header_is_only_in_inputs_json(folder: RunFolder) -> None:
    D = 70_000
    inputs = InputFormat((D,), ("0", "1"), False, np.zeros(D), np.full(D, 1 / 3))
    folder.write_model({"a": np.zeros(2)}, "abc", inputs)
    with safe_open(folder.path / "model.safetensors", "np") as model:
        assert model.metadata() == {"spec_sha256": "abc"}
    found = read_inputs(folder.path)
    assert found is not None
    np.testing.assert_array_equal(found.high, inputs.high)


@pytest.mark.parametrize("damage", ["[1]", '{"shape": [2]}', "not json", "[" * 1000 + "]" * 1000])
def test_damaged_input_format_is_reported_with_its_file(folder: RunFolder, damage: str) -> None:
    (folder.path / "model.safetensors").write_bytes(packed({"a": np.zeros(2)}, {"inputs": damage}))
    with pytest.raises(RunError, match=r"model\.safetensors: inputs: "):
        read_inputs(folder.path)
    (folder.path / "model.safetensors").write_bytes(packed({"a": np.zeros(2)}, {}))
    assert read_inputs(folder.path) is None
    (folder.path / "inputs.json").write_text(damage, encoding="utf-8")
    with pytest.raises(RunError, match=r"inputs\.json"):
        read_inputs(folder.path)


def test_no_temporary_files_remain(folder: RunFolder) -> None:
    folder.write_model({"a": np.zeros(2)}, "abc", INPUTS)
    folder.finish("completed", 0.1)
    assert not list(folder.path.glob(".*"))


def test_runs_folder_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("", encoding="utf-8")
    with pytest.raises(RunError, match="runs"):
        RunFolder.create(tmp_path / "runs", "x")


def test_failed_write_leaves_no_partial_file(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        folder.write_model({"a": np.zeros(1000)}, "abc", INPUTS)
    assert not list(folder.path.glob(".*"))
    assert not (folder.path / "model.safetensors").exists()


def test_file_digests_describe_synced_bytes(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []

    def fsync(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)

    folder.on_step(1, 0.5)
    monkeypatch.setattr("os.fsync", fsync)
    digests = folder.file_digests()
    assert digests.keys() == {"metrics.csv", "steps.csv"}
    assert set(synced) == {(folder.path / name).stat().st_ino for name in digests}
    for name, (size, sha256) in digests.items():
        raw = (folder.path / name).read_bytes()
        assert (len(raw), hashlib.sha256(raw).hexdigest()) == (size, sha256)


def test_the_record_in_memory_equals_the_one_that_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = {"name": "adam", "seed": 0}
    lock = RunLock(tmp_path)
    with closing(RunFolder(tmp_path, lock, {})) as folder:
        folder.write_start("name: adam\nseed: 0\n", {}, 42, spec_sha256(spec))
        fill(folder, 1)
        digests = folder.file_digests()
    with closing(RunFolder.reopen(tmp_path, RunLock(tmp_path), 3, digests, ())) as folder:
        folder.write_start("name: adam\nseed: 0\n", {}, 42, spec_sha256(spec))
        fill(folder, 4)
        folder.finish("completed", 1.0)
        written, read = folder.record(spec), read_run(tmp_path)
        assert (written.name, written.status, written.summary) == (read.name, read.status, read.summary)
        for name in ("metrics", "steps"):
            ours, theirs = getattr(written, name), getattr(read, name)
            assert ours.keys() == theirs.keys()
            for column in ours:
                np.testing.assert_array_equal(ours[column], theirs[column])
        assert written.gradient_norms == read.gradient_norms == {"linear1": [(3, 0.5), (6, 0.5)]}
        assert written.histograms == read.histograms
        monkeypatch.setattr("nnlab.records.reader.read_table", lambda *_, **__: pytest.fail("read from the disk"))
        assert len(folder.record(spec).steps["loss"]) == 6


def fill(folder: RunFolder, start: int) -> None:
    """Three steps, an evaluation, and statistics of two layers."""
    for step in range(start, start + 3):
        folder.on_step(step, 0.1 * step)
    folder.on_evaluation(row(start + 2, None))
    folder.write_diagnostics(start + 2, "linear1", [0.5, 0.1, 0.2, 0.3, None, None])
    folder.write_diagnostics(start + 2, "relu1", [None, None, 0.2, 0.3, 0.0, None])
    folder.write_histogram(start + 2, "relu1", [0.0, 0.1, 0.3], [2, 1])
