"""Saved weights are read back, and a header is not believed before it has been looked at."""

import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from nnlab.errors import RunError
from nnlab.records.tensors import MAX_HEADER_BYTES, read_tensors

W = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_what_was_saved_is_read(tmp_path: Path) -> None:
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
def test_a_header_that_lies_is_refused(tmp_path: Path, header: bytes, message: str) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(header)
    with pytest.raises(RunError, match=rf"a\.safetensors: .*{message}"):
        read_tensors(path, 0)


def test_more_than_a_network_needs_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(bytes(8 + MAX_HEADER_BYTES + 25))
    with pytest.raises(RunError, match=r"more than the 2\.0 MiB"):
        read_tensors(path, 24)
