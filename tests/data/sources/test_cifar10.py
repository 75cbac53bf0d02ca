import gzip
import io
import pickle
import shutil
import tarfile
import tracemalloc
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from nnlab.core.random import AddressedStreams, Purpose
from nnlab.data.dataset import Dataset
from nnlab.data.files.download import Download, RemoteFile
from nnlab.data.sources.cifar10 import ARCHIVE, CLASS_NAMES, RECORD, Cifar10
from nnlab.errors import DataError

SAMPLE = Path(__file__).parents[1] / "files" / "cifar10"
NAMES = ("data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin")
RNG = AddressedStreams(0).rng(Purpose.DATASET)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "cifar"))


def pack(folder: Path, path: Path, **changed: bytes) -> Path:
    """An archive like the official one, with its members in an order of their own."""
    with tarfile.open(path, "w:gz") as file:
        file.add(folder, "cifar-10-batches-bin", recursive=False)
        for name in ("data_batch_4.bin", "test_batch.bin", "readme.html", *NAMES[:3], "batches.meta.txt", NAMES[4]):
            content = b"text" if "." in name[-5:-4] or name.endswith("txt") else (folder / name).read_bytes()
            content = changed.get(name.partition(".")[0], content)
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return path


def load(path: Path) -> Dataset:
    return Cifar10(path=str(path)).load(RNG)


def message(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_binary_folder(folder: Path) -> None:
    dataset = load(folder)
    assert dataset.class_names == CLASS_NAMES
    assert dataset.test is not None
    for split, names in ((dataset.train, NAMES), (dataset.test, ("test_batch.bin",))):
        data = b"".join((folder / name).read_bytes() for name in names)
        assert split.inputs.shape == (len(data) // 3073, 3, 32, 32)
        assert split.inputs.dtype == np.uint8
        assert split.inputs.flags.c_contiguous
        assert set(split.targets.tolist()) == set(range(10))
        for n in (0, 7, 16, len(split) - 1):
            record = data[n * 3073 : (n + 1) * 3073]
            assert split.targets[n] == record[0]
            for channel in range(3):
                for row in (0, 13, 31):
                    at = 1 + channel * 1024 + row * 32
                    assert bytes(split.inputs[n, channel, row]) == record[at : at + 32]


def test_archive_equals_folder(folder: Path, tmp_path: Path) -> None:
    dataset, packed = load(folder), load(pack(folder, tmp_path / "cifar.tar.gz"))
    for one, other in ((dataset.train, packed.train), (dataset.test, packed.test)):
        assert one is not None
        assert other is not None
        np.testing.assert_array_equal(one.inputs, other.inputs)
        np.testing.assert_array_equal(one.targets, other.targets)
    assert dataset.checksums == packed.checksums
    assert dataset.checksums["test_batch.bin"] == sha256((folder / "test_batch.bin").read_bytes()).hexdigest()
    assert len(dataset.checksums) == 6


def test_unpacked_archive_folder(folder: Path, tmp_path: Path) -> None:
    packed = pack(folder, tmp_path / "cifar.tar.gz")
    plain = tmp_path / "cifar.tar"
    plain.write_bytes(gzip.decompress(packed.read_bytes()))
    np.testing.assert_array_equal(load(plain).train.inputs, load(folder).train.inputs)


def test_archive_is_not_unpacked_to_disk(folder: Path, tmp_path: Path) -> None:
    path = pack(folder, tmp_path / "cifar.tar.gz")
    before = sorted(tmp_path.rglob("*"))
    load(path)
    assert sorted(tmp_path.rglob("*")) == before


def test_train_size_and_test_size(folder: Path) -> None:
    dataset = Cifar10(path=str(folder), train_size=70, test_size=5).load(RNG)
    assert dataset.test is not None
    assert (len(dataset.train), len(dataset.test)) == (70, 5)
    with pytest.raises(DataError, match=r"data\.train_size: 81 samples requested, but cifar10 has 80"):
        Cifar10(path=str(folder), train_size=81).load(RNG)


@pytest.mark.parametrize("size", [0, 1, RECORD - 1, RECORD + 1, 2 * RECORD - 1])
def test_partial_image_is_rejected(folder: Path, tmp_path: Path, size: int) -> None:
    content = bytes(size)
    (folder / "data_batch_3.bin").write_bytes(content)
    expected = f"data_batch_3.bin: expected a multiple of 3073 bytes (one image), found {size}"
    assert expected in message(folder)
    shutil.copy(SAMPLE / "data_batch_3.bin", folder)
    assert f"cifar-10-batches-bin/{expected}" in message(pack(folder, tmp_path / "c.tar.gz", data_batch_3=content))


def test_invalid_label_names_its_image(folder: Path, tmp_path: Path) -> None:
    content = bytearray((folder / "data_batch_2.bin").read_bytes())
    content[5 * RECORD] = 10
    content[7 * RECORD] = 255
    expected = "data_batch_2.bin: image 6 of 16: expected a label from 0 to 9, found 10"
    assert expected in message(pack(folder, tmp_path / "c.tar.gz", data_batch_2=bytes(content)))
    (folder / "data_batch_2.bin").write_bytes(content)
    assert expected in message(folder)


def test_missing_files(folder: Path) -> None:
    (folder / "data_batch_5.bin").unlink()
    (folder / "test_batch.bin").unlink()
    assert message(folder).endswith(
        "expected data_batch_1.bin, data_batch_2.bin, data_batch_3.bin, data_batch_4.bin, data_batch_5.bin, "
        "test_batch.bin; missing data_batch_5.bin, test_batch.bin"
    )


def test_missing_member(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        for name in (*NAMES[:4], "test_batch.bin"):
            file.add(folder / name, f"cifar-10-batches-bin/{name}")
    assert message(path).endswith("; missing cifar-10-batches-bin/data_batch_5.bin")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.999, 0.99999])
def test_truncated_archive_is_rejected(folder: Path, tmp_path: Path, share: float) -> None:
    path = pack(folder, tmp_path / "c.tar.gz")
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    assert "expected" in message(path)


def test_flipped_bytes_in_archive_are_detected(folder: Path, tmp_path: Path) -> None:
    path = pack(folder, tmp_path / "c.tar.gz")
    data = path.read_bytes()
    name_end = data.index(b"\0", 10) + 1  # time, name: they hold no contents
    for at in (*range(name_end, len(data) - 8, len(data) // 20), len(data) - 5, len(data) - 1):
        damaged = bytearray(data)
        damaged[at] ^= 0xFF
        path.write_bytes(bytes(damaged))
        assert "expected" in message(path)


def test_oversized_member_allocates_no_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("cifar-10-batches-bin/data_batch_1.bin")
    info.size = 200_000 * RECORD
    path = tmp_path / "c.tar.gz"
    path.write_bytes(gzip.compress(info.tobuf()))
    tracemalloc.start()
    try:
        assert "KiB in the archive, found a file of 614600000 bytes" in message(path)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 rubbish" * 100, bytes(range(256)) * 10])
def test_not_an_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.tar.gz"
    path.write_bytes(content)
    assert "expected" in message(path)


def test_missing_path(tmp_path: Path) -> None:
    assert "no such file" in message(tmp_path / "absent")
    for name in ("nul\0", "x" * 5000):
        with pytest.raises(DataError):
            load(Path(name))


def test_archive_checksum_is_the_published_one() -> None:
    assert Cifar10.download == Download("cifar10", (ARCHIVE,))
    assert (ARCHIVE.name, ARCHIVE.size) == ("cifar-10-binary.tar.gz", 170_052_171)
    assert len(bytes.fromhex(ARCHIVE.sha256)) == 32
    assert ARCHIVE.mirrors[0] == "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
    assert all(url.startswith("https://") and url.endswith(f"/{ARCHIVE.name}") for url in ARCHIVE.mirrors)
    assert len(set(ARCHIVE.mirrors)) >= 2


@pytest.mark.parametrize("right", [True, False])
def test_downloaded_archive_is_verified(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: bool
) -> None:
    monkeypatch.setenv("NNLAB_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data" / "cifar10").mkdir(parents=True)
    data = pack(folder, tmp_path / "data" / "cifar10" / ARCHIVE.name).read_bytes()
    published = RemoteFile(ARCHIVE.name, len(data), sha256(data).hexdigest() if right else ARCHIVE.sha256, ())
    monkeypatch.setattr(Cifar10, "download", Download("cifar10", (published,)))
    if right:
        np.testing.assert_array_equal(Cifar10().load(RNG).train.inputs, load(folder).train.inputs)
    else:
        with pytest.raises(DataError, match=f"expected SHA-256 {ARCHIVE.sha256}, found .*, and the download f"):
            Cifar10().load(RNG)


# ---- the Python edition ----


def pickled(folder: Path, protocol: int = 2, **changed: object) -> Path:
    """The binary files of a folder as the Python edition has them."""
    batches = folder.with_name("cifar-10-batches-py")
    batches.mkdir()
    for path in folder.glob("*.bin"):
        records = np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, RECORD)
        batch = {b"batch_label": path.stem.encode(), b"labels": records[:, 0].tolist(), b"data": records[:, 1:]}
        batch |= {key.encode(): value for key, value in changed.items()}
        (batches / path.stem).write_bytes(pickle.dumps(batch, protocol))
    return batches


@pytest.mark.parametrize("where", ["folder", "parent", "archive"])
def test_python_version_equals_binary_version(folder: Path, where: str) -> None:
    path = batches = pickled(folder)
    if where == "archive":
        path = folder.with_name("cifar-10-python.tar.gz")
        with tarfile.open(path, "w:gz") as file:
            file.add(batches, "cifar-10-batches-py")
    elif where == "parent":
        path = folder.parent
        shutil.move(folder, path.with_name(f"{path.name}-binary"))
        folder = path.with_name(f"{path.name}-binary")
    binary, found = load(folder), load(path)
    for one, other in ((binary.train, found.train), (binary.test, found.test)):
        np.testing.assert_array_equal(one.inputs, other.inputs)
        np.testing.assert_array_equal(one.targets, other.targets)
    assert found.checksums["data_batch_1"] == sha256((batches / "data_batch_1").read_bytes()).hexdigest()
    assert len(found.checksums) == 6


class Trap:
    """Unpickling it would end the test run."""

    def __reduce__(self):
        return pytest.exit, ("unpickled",)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"labels": None}, "expected the list labels of "),
        ({"labels": [1]}, "expected the list labels of "),
        ({"labels": Trap()}, "expected a pickle of plain arrays and lists, found the name '_pytest.outcomes"),
        ({"data": np.zeros((3, 5), np.uint8)}, r"expected the array data of shape (N, 3072), found shape (3, 5)"),
        ({"data": None}, "expected the array data of shape (N, 3072), found nothing"),
        ({"data": np.zeros((1, 3072), np.uint8), "labels": [10]}, "expected a label from 0 to 9, found 10"),
        ({"data": np.zeros((1, 3072), np.uint8), "labels": [b"a"]}, "expected a label from 0 to 9, found bytes"),
    ],
)
def test_invalid_batches_are_rejected(folder: Path, changed: dict[str, object], words: str) -> None:
    batches = pickled(folder, **changed)
    assert words in message(batches)
    assert "data_batch_1: " in message(batches)
