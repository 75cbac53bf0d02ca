"""Checkpoints come back as they were written, and nothing else is taken for one."""

import struct
from pathlib import Path

import numpy as np
import pytest

from nnlab.core.arrays import arrays_under
from nnlab.errors import RunError
from nnlab.records.checkpoint import Checkpoint, checkpoint_files, read_checkpoint, write_checkpoint


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
    return Checkpoint(step, arrays, {"seconds": 0.5, "marks": {"steps.csv": [10, "abc"]}})


def test_arrays_and_facts_come_back(run: Path) -> None:
    written = some()
    read = read_checkpoint(write_checkpoint(run, written))
    assert (read.step, read.facts["seconds"], read.facts["marks"]) == (7, 0.5, {"steps.csv": [10, "abc"]})
    assert read.arrays.keys() == written.arrays.keys()
    for name, array in written.arrays.items():
        np.testing.assert_array_equal(read.arrays[name], array)
        assert (read.arrays[name].dtype, read.arrays[name].shape) == (array.dtype, array.shape)
    assert arrays_under("model", read.arrays).keys() == {"W", "none"}


def test_every_flipped_bit_is_noticed(run: Path) -> None:
    path = write_checkpoint(run, some())
    sound = path.read_bytes()
    for place in range(0, len(sound), 3):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 1 << place % 8]) + sound[place + 1 :])
        with pytest.raises(RunError, match=r"step-0000007.safetensors: "):
            read_checkpoint(path)


def test_a_checkpoint_under_another_name_is_none(run: Path) -> None:
    path = write_checkpoint(run, some())
    with pytest.raises(RunError, match="its contents are not those that were written"):
        read_checkpoint(path.rename(path.with_name("step-0000008.safetensors")))


@pytest.mark.parametrize("raw", [b"", b"x" * 100, struct.pack("<Q", 2**60), struct.pack("<Q", 2) + b"{}"])
def test_what_is_no_checkpoint(run: Path, raw: bytes) -> None:
    path = run / "checkpoints" / "step-0000001.safetensors"
    path.write_bytes(raw)
    with pytest.raises(RunError, match="step-0000001"):
        read_checkpoint(path)


def test_the_newest_comes_first_and_other_files_are_left_alone(run: Path) -> None:
    for step in (5, 20_000_000, 300):
        write_checkpoint(run, some(step))
    (run / "checkpoints" / "step-x.safetensors").write_bytes(b"")
    (run / "checkpoints" / "step-5.safetensors").write_bytes(b"")
    assert [read_checkpoint(path).step for path in checkpoint_files(run)] == [20_000_000, 300, 5]
