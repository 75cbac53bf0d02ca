"""Untrusted data files: decompression bombs, forged headers, pickled objects, archives with paths outside of them."""

import gzip
import io
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow

HUGE = 120_000_000


def spec(folder: Path, name: str, path: str) -> Path:
    file = folder / "spec.yaml"
    file.write_text(
        f"data: {{name: {name}, path: {path}}}\nmodel: softmax\noptimizer: adam\ntrain: {{iterations: 1}}\n",
        encoding="utf-8",
    )
    return file


def idx(*shape: int, kind: int = 8) -> bytes:
    return struct.pack(f">4B{len(shape)}I", 0, 0, kind, len(shape), *shape)


def zeros(count: int, head: bytes = b"") -> bytes:
    """``count`` zeros after a head as gzip data, a thousandth as large."""
    part = 1 << 20
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as file:
        file.write(head)
        for start in range(0, count, part):
            file.write(bytes(min(part, count - start)))
    return buffer.getvalue()


IMAGES: dict[str, Callable[[], bytes]] = {
    "claims terabytes": lambda: idx(2**31, 2**15, 2**15),
    "claims terabytes, packed": lambda: gzip.compress(idx(2**31, 2**15, 2**15)),
    "claims more than there are numbers": lambda: idx(*[2**32 - 1] * 255),
    "claims zero times terabytes": lambda: idx(0, 2**32 - 1, 2**32 - 1),
    "claims what gzip cannot hold": lambda: gzip.compress(idx(1000, 1000, 1000) + bytes(10_000)),
    "a bomb that keeps its promise": lambda: zeros(HUGE, idx(200_000, 10, 100)),
    "a bomb behind the end": lambda: zeros(HUGE, idx(2, 1, 1)),
    "a bomb in a bomb": lambda: gzip.compress(zeros(HUGE)),
    "objects": lambda: pickle.dumps([1, 2, 3]),
}


@pytest.mark.parametrize("make", IMAGES.values(), ids=IMAGES.keys())
def test_forged_image_headers(refused: Any, tmp_path: Path, make: Callable[[], bytes]) -> None:
    images = make()
    for name in ("train-images-idx3-ubyte", "t10k-images-idx3-ubyte"):
        (tmp_path / name).write_bytes(images)
    for name in ("train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"):
        (tmp_path / name).write_bytes(idx(2) + b"\0\1")
    assert "train-images-idx3-ubyte" in refused("train", spec(tmp_path, "idx", "."), code=4).stderr


class Trap:
    """Whoever unpickles it makes a file."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("unpickled"),)


def npy(array: np.ndarray[Any, Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def claiming(shape: tuple[int, ...], content: bytes, kind: str = "|u1") -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": kind, "fortran_order": False, "shape": shape})
    return buffer.getvalue() + content


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def many_members(count: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for index in range(count):
            file.writestr(f"{index}", b"")
    return buffer.getvalue()


LABELS = npy(np.arange(2))
NPZ: dict[str, Callable[[], bytes]] = {
    "claims terabytes": lambda: archive(x=claiming((10**6, 10**6), b"00"), y=LABELS),
    "images, a bomb": lambda: archive(x=claiming((2, 10_000, 10_000), bytes(HUGE)), y=LABELS),
    "numbers, a bomb": lambda: archive(x=claiming((2, 3_000_000), bytes(6_000_000), "|b1"), y=LABELS),
    "labels, a bomb": lambda: archive(x=npy(np.eye(2)), y=claiming((30_000_000,), bytes(30_000_000))),
    "text, a bomb": lambda: archive(x=npy(np.eye(2)), y=claiming((2,), bytes(160_000_000), "<U20000000")),
    "an object": lambda: archive(x=npy(np.array([[Trap()], [Trap()]], object)), y=LABELS),
    "labels that are objects": lambda: archive(x=npy(np.eye(2)), y=npy(np.array([Trap(), Trap()], object))),
    "a pickle": lambda: archive(x=pickle.dumps(Trap()), y=LABELS),
    "a record of an object": lambda: archive(x=npy(np.array([(Trap(),)], [("a", object)])), y=LABELS),
    "dates": lambda: archive(x=npy(np.zeros((2, 2), "datetime64[s]")), y=LABELS),
    "a header of code": lambda: archive(x=b"\x93NUMPY\1\0\x28\0__import__('os').system('touch unpickled')", y=LABELS),
    "a header that is deep": lambda: archive(x=b"\x93NUMPY\1\0\xff\xff" + b"(" * 65_535, y=LABELS),
    "very many members": lambda: many_members(30_000),
    "no zip": lambda: b"PK\x03\x04" + bytes(1000),
}


@pytest.mark.parametrize("make", NPZ.values(), ids=NPZ.keys())
def test_forged_array_headers(refused: Any, tmp_path: Path, make: Callable[[], bytes]) -> None:
    (tmp_path / "data.npz").write_bytes(make())
    assert "data.npz" in refused("train", spec(tmp_path, "table", "data.npz"), code=4).stderr
    assert not (tmp_path / "unpickled").exists()


def repeated(text: str, count: int) -> Callable[[], Iterator[bytes]]:
    def parts() -> Iterator[bytes]:
        part = text.encode() * max(1, (1 << 20) // len(text))
        for _ in range(count * len(text.encode()) // len(part)):
            yield part

    return parts


CSV: dict[str, tuple[str, Callable[[], Iterator[bytes]]]] = {
    "a line without end": ("", repeated("x", HUGE)),
    "a cell without end": ("a,b\n1,", repeated("x", HUGE)),
    "a quoted cell without end": ('a,b\n1,"', repeated("x\n", HUGE // 2)),
    "a quoted row without end": ('"', repeated('a\n","', HUGE // 5)),
    "a line of other bytes": ("", lambda: repeat(b"\xff" * (1 << 20), HUGE >> 20)),
    "a million columns": ("", repeated("a,", 1_000_000)),
    "ten million columns": ("", repeated("a,", 10_000_000)),
    "a million names": ("", lambda: iter([",".join(f"c{i}" for i in range(1_000_000)).encode()])),
    "nulls": ("a,b\n", repeated("\0", HUGE)),
    "nothing but lines": ("", repeated("\n", 2_000_000)),
    "labels without end": ("a,b\n", lambda: (f"1,{i}\n".encode() for i in range(200_000))),
    "a long number": ("a,b\n" + "9" * 100_000 + ",x\n", lambda: iter(())),
    "a label of digits": ("a,b\n1," + "9" * 100_000 + "\n1,2\n", lambda: iter(())),
}


@pytest.mark.parametrize(("head", "rest"), CSV.values(), ids=CSV.keys())
def test_endless_tables(refused: Any, tmp_path: Path, head: str, rest: Callable[[], Iterator[bytes]]) -> None:
    with (tmp_path / "table.csv").open("wb") as file:
        file.write(head.encode())
        file.writelines(rest())
    assert "table.csv" in refused("train", spec(tmp_path, "table", "table.csv"), code=4).stderr


def test_widest_allowed_table_is_read(ends_safely: Any, tmp_path: Path) -> None:
    header = ",".join(f"c{column}" for column in range(2000))
    rows = "".join(f"{'1,' * 1999}{label}\n" for label in "abababab")
    (tmp_path / "table.csv").write_text(f"{header}\n{rows}", encoding="utf-8")
    ends_safely("train", spec(tmp_path, "table", "table.csv"), "-s", "train.batch_size=full", "--dry-run", code=0)


FOLDER = "cifar-10-batches-bin"


def tar(*members: tuple[tarfile.TarInfo, int]) -> bytes:
    """An archive of members with a given number of zeros in each, as gzip data."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.USTAR_FORMAT) as file:
        for info, size in members:
            info.size = size
            file.addfile(info, io.BytesIO(bytes(size)))
    return buffer.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def claim(name: str, size: int) -> bytes:
    info = member(name)
    info.size = size
    return gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))


BATCH = f"{FOLDER}/data_batch_1.bin"
TARS: dict[str, Callable[[], bytes]] = {
    "outside": lambda: tar((member("../escaped"), 10), (member("/tmp/../escaped"), 10)),
    "a link for a file": lambda: tar((member(BATCH, tarfile.SYMTYPE, "/etc/passwd"), 0)),
    "a hard link for a file": lambda: tar((member(BATCH, tarfile.LNKTYPE, "../escaped"), 0)),
    "a pipe for a file": lambda: tar((member(BATCH, tarfile.FIFOTYPE), 0)),
    "a device for a file": lambda: tar((member(BATCH, tarfile.CHRTYPE), 0)),
    "a folder that is a link": lambda: tar((member(FOLDER, tarfile.SYMTYPE, "/tmp"), 0), (member(BATCH), 3073)),
    "a member that claims terabytes": lambda: claim(BATCH, 2**42),
    "another that claims terabytes": lambda: claim("other", 2**42),
    "a member that is a bomb": lambda: tar((member(BATCH), 3073 * 60_000)),
    "another that is a bomb": lambda: tar((member("other"), HUGE)),
    "a name that is a bomb": lambda: tar((member("././@LongLink", tarfile.GNUTYPE_LONGNAME), HUGE)),
    "zeros behind the end": lambda: zeros(HUGE),
    "escape sequences in names": lambda: tar((member("\x1b[31m\u202e"), HUGE)),
}


@pytest.mark.parametrize("make", TARS.values(), ids=TARS.keys())
def test_archives_with_paths_outside_of_them(refused: Any, tmp_path: Path, make: Callable[[], bytes]) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "cifar.tar.gz").write_bytes(make())
    assert "cifar.tar.gz" in refused("train", spec(tmp_path, "cifar10", "inner/cifar.tar.gz"), code=4).stderr
    assert not list(tmp_path.rglob("escaped"))
    assert [path.name for path in (tmp_path / "inner").iterdir()] == ["cifar.tar.gz"]
