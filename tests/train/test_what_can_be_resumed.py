"""What can be resumed: damaged checkpoints are skipped, drift is refused."""

import json
from codecs import BOM_UTF8
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stopped_runs import TABLES, Lines, change_environment, contents, environment, killed, stopped, summary

from nnlab.config.experiment import Experiment
from nnlab.errors import RunError
from nnlab.records.checkpoint import checkpoint_files, read_checkpoint, write_checkpoint
from nnlab.records.reader import read_run
from nnlab.storage.lock import RunLock, writing
from nnlab.train.resume import last_run, resume
from nnlab.train.run import run

pytestmark = pytest.mark.usefixtures("no_pictures")


def test_resume_of_a_completed_run_changes_nothing(load: Callable[..., Experiment], tmp_path: Path) -> None:
    folder = run(load(), tmp_path / "runs").path
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    said = Lines()
    assert resume(folder, said).summary == json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    nothing = f"{folder}: is completed, so there is nothing left to do; --iterations N extends it"
    assert said.lines == [f"{nothing}; nnlab plot {folder} draws its missing pictures"]
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_drift_is_shown_and_refused(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path / "runs", 10, monkeypatch)
    spec = (folder / "spec.yaml").read_text(encoding="utf-8")
    (folder / "spec.yaml").write_text(spec.replace("lr: 0.05", "lr: 0.01"), encoding="utf-8")
    change_environment(folder, packages={"numpy": "1.0"}, data_sha256={"train": "abc"})
    with pytest.raises(RunError) as caught:
        resume(folder)
    message = str(caught.value)
    assert "spec optimizer.lr: 0.05 then, 0.01 now" in message
    assert f"numpy: 1.0 then, {np.__version__} now" in message
    assert "data train: abc then, nothing now" in message
    assert message.endswith("--allow-drift resumes it anyway")
    assert summary(folder)["status"] == "interrupted"
    resume(folder, allow_drift=True)
    assert summary(folder)["status"] == "completed"
    assert environment(folder)["drift"] == [line.strip() for line in message.splitlines()[1:-1]]
    read_run(folder)


def test_allow_drift_does_not_accept_a_spec_of_another_network(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path / "runs", 10, monkeypatch)
    spec = (folder / "spec.yaml").read_text(encoding="utf-8")
    (folder / "spec.yaml").write_text(spec.replace("- 6", "- 7").replace("[6]", "[7]"), encoding="utf-8")
    with pytest.raises(RunError, match="the checkpoint after step 10 does not fit this spec: saved model"):
        resume(folder, allow_drift=True)


def test_damaged_checkpoints_are_skipped(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = load("train.eval_every=1", "train.checkpoint_every=1")
    whole = run(experiment, tmp_path / "whole").path

    def newest(folder: Path) -> Path:
        return checkpoint_files(folder)[0]

    def flip(folder: Path) -> None:
        path = newest(folder)
        raw = bytearray(path.read_bytes())
        raw[-1] ^= 1
        path.write_bytes(bytes(raw))

    harm: dict[str, Callable[[Path], object]] = {
        "checkpoints/step-0000010.safetensors: is damaged: its contents": flip,
        "step-0000010.safetensors: is damaged: ": lambda folder: newest(folder).write_bytes(b"x"),
        "": lambda folder: newest(folder).unlink(),
    }
    for number, (message, harmed) in enumerate(harm.items()):
        folder = stopped(experiment, tmp_path / f"runs{number}", 10, monkeypatch)
        harmed(folder)
        said = Lines()
        resume(folder, said)
        assert message in said.lines[0]
        assert contents(folder) == contents(whole)


def carriage_returns(contents: bytes) -> bytes:
    return contents.replace(b"\n", b"\r\n")


def byte_order_mark(contents: bytes) -> bytes:
    return BOM_UTF8 + contents


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("touched", [carriage_returns, byte_order_mark, lambda old: BOM_UTF8 + carriage_returns(old)])
def test_tables_whose_line_endings_were_changed_are_restored(
    load: Callable[..., Experiment],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    touched: Callable[[bytes], bytes],
) -> None:
    folder = stopped(load(), tmp_path / "runs", 10, monkeypatch)
    (folder / name).write_bytes(touched((folder / name).read_bytes()))
    said = Lines()
    resume(folder, said)
    assert said.lines[0] == f"{folder / name}: its line endings or byte-order mark were changed; resuming restores them"
    assert "resuming after step 10" in said.lines[1]
    assert contents(folder) == contents(run(load(), tmp_path / "whole").path)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: (folder / "metrics.csv").write_bytes(b"x" * 10_000), r"metrics\.csv: is not as it was written"),
        (
            lambda folder: (folder / "steps.csv").write_bytes(b"x"),
            r"steps\.csv: steps\.csv has only 1 of the 222 bytes .*",
        ),
        (lambda folder: (folder / "steps.csv").unlink(), r"steps\.csv: missing"),
    ],
)
def test_resume_discards_no_checkpoint_for_changed_tables_unless_asked(
    load: Callable[..., Experiment],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    harm: Callable[[Path], object],
    message: str,
) -> None:
    folder = stopped(load("train.checkpoint_every=1"), tmp_path / "runs", 10, monkeypatch)
    harm(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "lock"}
    with pytest.raises(RunError, match=rf"{message}, so the checkpoint after step 10 .* --resume .* --restart$"):
        resume(folder)
    assert {path: path.read_bytes() for path in before} == before
    said = Lines()
    resume(folder, said, restart=True)
    assert said.lines[0] == f"{folder}: --restart was given, so training restarts from step 0"
    assert contents(folder) == contents(run(load("train.checkpoint_every=1"), tmp_path / "whole").path)


def test_damaged_checkpoints_do_not_count_among_the_newest(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load("train.checkpoint_every=1"), tmp_path, 16, monkeypatch)
    for file in checkpoint_files(folder)[:2]:
        file.write_bytes(file.read_bytes()[:-1])
    with killed(monkeypatch, step=14):
        resume(folder)
    steps = [read_checkpoint(file, 2**20).step for file in checkpoint_files(folder)]
    assert steps[:2] == [13, 12]


def test_resume_truncates_tables_after_the_last_checkpoint(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path / "runs", 10, monkeypatch)
    for name in TABLES:
        with (folder / name).open("ab") as file:
            file.write(b"\xff\x00torn,1,2")
    (folder / ".summary.json.0a1b2c3d.tmp").write_bytes(b"half")
    (folder / "checkpoints" / ".7fffffff-0a1b2c.tmp").write_bytes(b"half")
    resume(folder)
    assert contents(folder) == contents(run(load(), tmp_path / "whole").path)
    assert not list(folder.rglob("*.tmp"))


def test_a_lost_log_is_created_again(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path, 10, monkeypatch)
    (folder / "log.txt").unlink()
    assert resume(folder).summary["status"] == "completed"
    assert "resuming after step 10" in (folder / "log.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("at", ["begin", "resume"])
def test_restarting_without_a_checkpoint_is_reported(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    folder = stopped(load("train.checkpoint_every=never" if at == "begin" else "seed=1"), tmp_path, 10, monkeypatch)
    for file in checkpoint_files(folder):
        file.unlink()
    log = (folder / "log.txt").read_text(encoding="utf-8")
    said = Lines()
    resume(folder, said)
    assert said.lines[0] == f"{folder}: there is no checkpoint to resume from, so training restarts from step 0"
    assert (folder / "log.txt").read_text(encoding="utf-8").startswith(log)


def test_resume_refuses_a_second_writer(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path / "runs", 10, monkeypatch)
    lock = RunLock(folder)
    with pytest.raises(RunError, match=r"process \d+ is writing it"):
        resume(folder)
    lock.release()
    resume(folder)
    assert not (folder / "lock").exists()


@pytest.mark.parametrize("missing", ["summary.json", "spec.yaml"])
def test_a_folder_without_a_run_is_refused(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    folder = stopped(load(), tmp_path / "runs", 10, monkeypatch)
    (folder / missing).unlink()
    with pytest.raises(RunError, match="nothing to resume"):
        resume(folder)


def test_the_last_run_is_the_newest(tmp_path: Path) -> None:
    for name in ("20250101-000000-b-000000", "20250102-000000-a-000000", "notes"):
        (tmp_path / name).mkdir()
        if name != "notes":
            (tmp_path / name / "spec.yaml").write_text("", encoding="utf-8")
    assert last_run(tmp_path).name == "20250102-000000-a-000000"
    with pytest.raises(RunError, match="contains no run to resume"):
        last_run(tmp_path / "notes")
    with pytest.raises(RunError, match="no such folder, so there is no run to resume yet"):
        last_run(tmp_path / "gone")


def test_a_run_that_another_process_just_finished_is_left_alone(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path, 10, monkeypatch)
    unfinished = (folder / "summary.json").read_bytes()
    resume(folder)
    finished = (folder / "summary.json").read_bytes()
    (folder / "summary.json").write_bytes(unfinished)

    def locked(place: Path) -> Any:
        (place / "summary.json").write_bytes(finished)
        return writing(place)

    monkeypatch.setattr("nnlab.train.resume.writing", locked)
    assert resume(folder).summary == json.loads(finished)
    assert (folder / "summary.json").read_bytes() == finished
    assert environment(folder)["resumed_after"] == [10]


def test_a_checkpoint_with_inconsistent_parts_is_refused(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path, 10, monkeypatch)
    checkpoint = read_checkpoint(checkpoint_files(folder)[0], 2**20)
    write_checkpoint(folder, replace(checkpoint, arrays={**checkpoint.arrays, "optimizer.t": np.array(-5)}))
    with pytest.raises(RunError, match="does not fit this spec: its update rule has made -5 steps"):
        resume(folder)


def test_an_untrusted_environment_cannot_forge_lines(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path, 10, monkeypatch)
    forged = "1\n\nnnlab: all is well " + "x" * 10_000
    change_environment(folder, nnlab=forged, data_sha256={forged: forged}, blas=[{"version": forged}])
    with pytest.raises(RunError) as caught:
        resume(folder)
    assert all(line.startswith("  ") for line in str(caught.value).splitlines()[1:-1])
    assert len(str(caught.value)) < 5000


def test_resume_discards_no_checkpoint_of_another_version_unless_asked(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnlab.records.checkpoint.FORMAT", 2)
    folder = stopped(load(), tmp_path, 10, monkeypatch)
    monkeypatch.undo()
    before = {file: file.read_bytes() for file in checkpoint_files(folder)}
    with pytest.raises(
        RunError, match=r"has format 2, but this version of nnlab reads 1; nothing was changed: .*--restart"
    ):
        resume(folder)
    assert {file: file.read_bytes() for file in before} == before


def test_resume_discards_no_unreadable_checkpoint_unless_asked(
    load: Callable[..., Experiment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped(load(), tmp_path, 10, monkeypatch)

    def forbidden(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr("nnlab.records.checkpoint.check_header", forbidden)
        with pytest.raises(RunError, match=r"safetensors: cannot be read: Permission denied; nothing was changed"):
            resume(folder)
    assert checkpoint_files(folder)


def test_restart_trains_a_completed_run_again(load: Callable[..., Experiment], tmp_path: Path) -> None:
    folder = run(load(), tmp_path / "runs").path
    expected = contents(folder)
    metrics = (folder / "metrics.csv").read_bytes()
    (folder / "metrics.csv").write_bytes(metrics.replace(b"0.", b"1.", 1))
    with pytest.raises(RunError, match=r"metrics\.csv: is not as it was written.* --restart$"):
        resume(folder, iterations=60)
    assert resume(folder, restart=True).summary["status"] == "completed"
    assert contents(folder) == expected
