"""safetensors files: round trip, and forged headers."""

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save, save_file

from nnlab.errors import RunError, UsageError
from nnlab.storage import tensors
from nnlab.storage.tensors import MAX_HEADER_BYTES, packed, packed_parts, read_metadata, read_tensors

W = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_tensors_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_file({"W": W}, path)
    arrays = read_tensors(path, W.nbytes)
    assert arrays.keys() == {"W"}
    np.testing.assert_array_equal(arrays["W"], W)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (struct.pack("<Q", MAX_HEADER_BYTES + 1), f"header claims {MAX_HEADER_BYTES + 1} bytes, .* at most 2.0 MiB"),
        (struct.pack("<Q", MAX_HEADER_BYTES), "cannot be loaded: .*header"),
        (b"short", "cannot be loaded"),
    ],
)
def test_forged_tensor_header_is_rejected(tmp_path: Path, header: bytes, message: str) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(header)
    with pytest.raises(RunError, match=rf"a\.safetensors: .*{message}"):
        read_tensors(path, 0)


def test_oversized_tensor_file_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(bytes(8 + MAX_HEADER_BYTES + 25))
    with pytest.raises(RunError, match=r"more than the 2\.0 MiB"):
        read_tensors(path, 24)


def test_metadata_and_arrays_are_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    metadata = {f"key{index}": f"値{index}" for index in range(9)}
    contents = packed({"W": W, "b": W[0]}, metadata)
    path = tmp_path / "a.safetensors"
    path.write_bytes(contents)
    assert read_metadata(path) == metadata
    np.testing.assert_array_equal(read_tensors(path, 2 * W.nbytes)["b"], W[0])
    shuffled = dict(sorted(metadata.items(), reverse=True))
    assert packed({"b": W[0], "W": W}, shuffled) == contents
    code = "import sys, numpy as np; from nnlab.storage.tensors import packed; W = np.arange(6, dtype=np.float32)"
    code += f".reshape(2, 3); sys.stdout.buffer.write(packed({{'W': W, 'b': W[0]}}, {metadata!r}))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == contents


@pytest.mark.parametrize("part_bytes", [1, 2**20])
@pytest.mark.parametrize("metadata", [{}, {"key": 'a "quoted" \\n\tline/'}])
def test_the_file_is_that_of_safetensors(
    monkeypatch: pytest.MonkeyPatch, metadata: dict[str, str], part_bytes: int
) -> None:
    monkeypatch.setattr(tensors, "_PART_BYTES", part_bytes)
    names = ["bool", "uint8", "int8", "int16", "uint16", "float16", "int32", "uint32", "float32", "float64"]
    arrays = {name: np.arange(3).astype(name) for name in [*names, "int64", "uint64"]}
    arrays |= {"step": np.array(7), "empty": np.empty((0, 2), np.float32), "b": W[0], "a.W": W}
    assert packed(arrays, metadata) == save(arrays, metadata)


def test_arrays_that_are_not_contiguous_are_written_in_c_order(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(packed({"W": W.T}, {}))
    np.testing.assert_array_equal(read_tensors(path, W.nbytes)["W"], W.T)


@pytest.mark.parametrize("kind", [">f4", ">i2", "<u8", ">f8"])
def test_any_byte_order_reads_back_equal(kind: str, tmp_path: Path) -> None:
    path, array = tmp_path / "a.safetensors", np.arange(258, 264).astype(kind)
    path.write_bytes(packed({"a": array}, {}))
    found = read_tensors(path, array.nbytes)["a"]
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype.newbyteorder("=")


def test_an_array_of_a_data_type_that_safetensors_lacks_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"^b: arrays of complex128 cannot be saved; convert it to one of bool, .*64$"):
        packed({"W": W, "b": np.zeros(2, complex)}, {})


def test_large_arrays_are_not_copied() -> None:
    large = np.ones(2**20, np.float32)
    parts = list(packed_parts({"a": W, "large": large, "z": W}, {}))
    assert [isinstance(part, memoryview) for part in parts] == [False, True, False]
    assert np.shares_memory(np.asarray(parts[1]), large)


def test_metadata_of_an_invalid_file_is_a_run_error(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(RunError, match=r"a\.safetensors: cannot be loaded"):
        read_metadata(path)
