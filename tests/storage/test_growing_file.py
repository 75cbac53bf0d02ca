"""Files that a run appends to."""

import hashlib
from pathlib import Path

import pytest

from nnlab.storage.growing_file import GrowingFile, start_sha256


def test_growing_file_has_size_and_hash_and_can_be_truncated(tmp_path: Path) -> None:
    path = tmp_path / "steps.csv"
    file = GrowingFile(path)
    file.write("step,λ\n")
    file.write("1,2\n")
    file.sync()
    size, sha256 = file.size, file.sha256()
    assert (size, sha256) == (12, hashlib.sha256("step,λ\n1,2\n".encode()).hexdigest())
    file.write("2,torn")
    file.close()
    file.close()
    assert start_sha256(path, size) == sha256
    again = GrowingFile(path, kept=size)
    again.write("2,3\n")
    again.close()
    assert path.read_text(encoding="utf-8") == "step,λ\n1,2\n2,3\n"
    assert again.sha256() == hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(OSError, match=r"steps.csv has only 16 of the 17 bytes"):
        start_sha256(path, 17)
