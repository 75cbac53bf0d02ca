"""Checkpoint files: round trip, damage, forgery and other versions."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlab.core.arrays import arrays_under
from nnlab.errors import RunError
from nnlab.records.checkpoint import Checkpoint, checkpoint_files, read_checkpoint, write_checkpoint

MARKS = {"steps.csv": [10, "abc"], "metrics.csv": [20, "def"]}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "checkpoints").mkdir()
    return tmp_path


def some(step: int = 7) -> Checkpoint:
    arrays = {
        "model.W": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "optimizer.t": np.array(3),
        "random.key": np.arange(5, dtype=np.uint32),
        "model.none": np.empty(0, np.float32),
    }
    return Checkpoint(step, arrays, {"seconds": 0.5, "iterations": 10**8, "spec": {"seed": 0}, "marks": MARKS})


def test_checkpoint_round_trip_of_arrays_and_metadata(run: Path) -> None:
    written = some()
    read = read_checkpoint(write_checkpoint(run, written), 2**20)
    assert (read.step, read.metadata["seconds"], read.metadata["marks"]) == (7, 0.5, MARKS)
    assert read.arrays.keys() == written.arrays.keys()
    for name, array in written.arrays.items():
        np.testing.assert_array_equal(read.arrays[name], array)
        assert (read.arrays[name].dtype, read.arrays[name].shape) == (array.dtype, array.shape)
    assert arrays_under("model", read.arrays).keys() == {"W", "none"}


def test_checkpoint_hash_detects_every_flipped_bit(run: Path) -> None:
    path = write_checkpoint(run, some())
    sound = path.read_bytes()
    for place in range(0, len(sound), 3):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 1 << place % 8]) + sound[place + 1 :])
        with pytest.raises(RunError, match=r"step-0000007.safetensors: "):
            read_checkpoint(path, 2**20)


def test_renamed_checkpoint_is_damaged(run: Path) -> None:
    path = write_checkpoint(run, some())
    with pytest.raises(RunError, match="its contents do not match their SHA-256"):
        read_checkpoint(path.rename(path.with_name("step-0000008.safetensors")), 2**20)


@pytest.mark.parametrize("raw", [b"", b"x" * 100, struct.pack("<Q", 2**60), struct.pack("<Q", 2) + b"{}"])
def test_files_that_are_not_checkpoints_are_damaged(run: Path, raw: bytes) -> None:
    path = run / "checkpoints" / "step-0000001.safetensors"
    path.write_bytes(raw)
    with pytest.raises(RunError, match="step-0000001"):
        read_checkpoint(path, 2**20)


def test_checkpoint_files_are_listed_newest_first(run: Path) -> None:
    for step in (5, 20_000_000, 300):
        write_checkpoint(run, some(step))
    (run / "checkpoints" / "step-x.safetensors").write_bytes(b"")
    (run / "checkpoints" / "step-5.safetensors").write_bytes(b"")
    assert [read_checkpoint(path, 2**20).step for path in checkpoint_files(run)] == [20_000_000, 300, 5]


@pytest.mark.parametrize(
    "forged",
    [
        {"marks": {**MARKS, "../../notes.txt": [0, "abc"]}},
        {"marks": {**MARKS, "/etc/passwd": [0, "abc"]}},
        {"marks": {"steps.csv": [10, "abc"]}},
        {"marks": {**MARKS, "steps.csv": [-1, "abc"]}},
        {"marks": {**MARKS, "steps.csv": [1.5, "abc"]}},
        {"marks": {**MARKS, "steps.csv": [1]}},
        {"marks": []},
        {"marks": None},
        {"seconds": -1.0},
        {"seconds": float("nan")},
        {"seconds": "long"},
        {"seconds": 10**400},
        {"seconds": 1e308},
        {"spec": {"deep": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}},
        {"spec": []},
        {"iterations": 6},
        {"iterations": "9"},
        {"step": "7"},
        {"step": 7.0},
        {"step": None},
    ],
    ids=str,
)
def test_implausible_checkpoint_metadata_with_a_valid_hash_is_rejected(
    run: Path, forged: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = some()
    with monkeypatch.context() as patch:  # a forged file whose hash is valid
        patch.setattr("nnlab.records.checkpoint.step_file", lambda step: "step-0000007.safetensors")
        path = write_checkpoint(run, Checkpoint(forged.get("step", 7), written.arrays, {**written.metadata, **forged}))
    with pytest.raises(RunError, match="step-0000007"):
        read_checkpoint(path, 2**20)


def test_oversized_checkpoint_is_not_read(run: Path) -> None:
    path = write_checkpoint(run, some())
    with path.open("r+b") as file:
        file.truncate(2**40)  # a sparse file takes no room on the disk
    with pytest.raises(RunError, match=r"1\.0 TiB is more than the 3\.0 MiB that such a file may have"):
        read_checkpoint(path, 2**20)


def test_checkpoint_of_another_format_version_is_unusable(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("nnlab.records.checkpoint.FORMAT", 2)
        path = write_checkpoint(run, some())
    with pytest.raises(RunError, match="has format 2, but this version of nnlab reads 1"):
        read_checkpoint(path, 2**20)
