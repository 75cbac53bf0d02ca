import gzip
import os
import struct
import tracemalloc
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnlab.core.random import AddressedStreams, Purpose
from nnlab.data.sources.idx import Idx, read_idx
from nnlab.errors import DataError

RNG = AddressedStreams(0).rng(Purpose.DATASET)
TYPE_CODES = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}
SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


def encode(array: np.ndarray) -> bytes:
    """IDX by hand: the format's words in struct's language."""
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, TYPE_CODES[array.dtype.name], array.ndim, *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


def header(code: int, *sides: int) -> bytes:
    return struct.pack(f">BBBB{len(sides)}I", 0, 0, code, len(sides), *sides)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def message_of(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_idx(path)
    assert caught.value.exit_code == 4
    assert str(path) in str(caught.value)
    return str(caught.value)


@SAME_FOLDER
@given(
    array=st.sampled_from(sorted(TYPE_CODES)).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4))
    ),
    packed=st.booleans(),
)
def test_every_dtype_and_shape(tmp_path, array, packed):
    content = encode(array)
    # The name says nothing about packing; the contents do.
    path = written(tmp_path / "file.gz", gzip.compress(content) if packed else content)
    found, digest = read_idx(path)
    assert found.dtype == array.dtype
    assert found.dtype.isnative
    assert found.flags.writeable
    np.testing.assert_array_equal(found, array)
    assert digest == sha256(content).hexdigest()


def test_several_chunks_and_gzip_members(tmp_path):
    array = np.random.RandomState(0).randint(0, 256, (700, 1000), np.uint8)
    content = encode(array)
    path = written(tmp_path / "file", gzip.compress(content[:300_000]) + gzip.compress(content[300_000:]))
    found, digest = read_idx(path)
    np.testing.assert_array_equal(found, array)
    assert digest == sha256(content).hexdigest()


SMALL = encode(np.arange(6, dtype=np.int16).reshape(2, 3))


@pytest.mark.parametrize("length", range(len(SMALL)))
def test_truncated_plain_file_is_rejected(tmp_path, length):
    message = message_of(written(tmp_path / "file", SMALL[:length]))
    assert "truncated" in message
    assert "expected" in message
    assert f"found {length}" in message


def test_truncated_gzip_file_is_rejected(tmp_path):
    packed = gzip.compress(SMALL, mtime=0)
    for length in range(len(packed)):
        assert "expected" in message_of(written(tmp_path / "file", packed[:length]))


@pytest.mark.parametrize("length", range(len(SMALL)))
def test_gzip_of_truncated_file_is_rejected(tmp_path, length):
    message = message_of(written(tmp_path / "file", gzip.compress(SMALL[:length])))
    assert f"found {length}" in message


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_trailing_byte_is_rejected(tmp_path, pack):
    message = message_of(written(tmp_path / "file", pack(SMALL + b"\0")))
    assert "too long" in message
    assert f"expected {len(SMALL)}" in message


def test_flipped_bytes_in_gzip_are_detected(tmp_path):
    packed = gzip.compress(SMALL, mtime=0)
    for at in range(10, len(packed)):  # the ten bytes before hold no contents
        damaged = bytearray(packed)
        damaged[at] ^= 0xFF
        message_of(written(tmp_path / "file", bytes(damaged)))


def test_garbage_after_gzip_is_rejected(tmp_path):
    assert "gzip" in message_of(written(tmp_path / "file", gzip.compress(SMALL) + b"rubbish"))


@pytest.mark.parametrize(
    "magic", [b"\1\0\x08\1", b"\0\1\x08\1", b"\0\0\x0a\1", b"\0\0\x00\1", b"\0\0\x08\0", b"\0\0\x08\xff", b"PK\3\4"]
)
def test_wrong_magic_bytes(tmp_path, magic):
    message = message_of(written(tmp_path / "file", magic + bytes(64)))
    assert "not an IDX file" in message
    assert magic.hex(" ") in message


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    "head",
    [
        header(8, 2**32 - 1, 2**32 - 1),
        header(14, 2**20, 2**20),
        header(8, *[2**32 - 1] * 32),
        header(8, 0, 2**32 - 1, 2**32 - 1),
    ],
)
def test_huge_header_allocates_no_memory(tmp_path, head, pack):
    path = written(tmp_path / "file", pack(head + bytes(1000 * (0 not in head[4:8]))))
    tracemalloc.start()
    try:
        message_of(path)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_decompression_stops_at_header_size(tmp_path):
    bomb = gzip.compress(header(8, 10) + bytes(50_000_000))
    tracemalloc.start()
    try:
        assert "too long" in message_of(written(tmp_path / "file", bomb))
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_not_a_file(tmp_path):
    assert "no such file" in message_of(tmp_path / "absent")
    assert "folder" in message_of(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "no such file" in message_of(tmp_path / "pipe")
    for name in ("nul\0", "x" * 5000):
        with pytest.raises(DataError):
            read_idx(Path(name))


IMAGES = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)
LABELS = np.array([2, 0, 1, 2, 0], np.uint8)


def write_folder(folder: Path, *, dotted: bool = False, packed: bool = False, **changed: np.ndarray) -> Path:
    arrays = {"train_images": IMAGES, "train_labels": LABELS, "t10k_images": IMAGES[:2], "t10k_labels": LABELS[:2]}
    for key, array in (arrays | changed).items():
        split, kind = key.split("_")
        name = f"{split}-{kind}{'.' if dotted else '-'}idx{3 if kind == 'images' else 1}-ubyte"
        content = encode(array)
        written(folder / (name + ".gz" * packed), gzip.compress(content) if packed else content)
    return folder


@pytest.mark.parametrize("dotted", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_every_file_name_spelling(tmp_path, dotted, packed):
    dataset = Idx(path=str(write_folder(tmp_path, dotted=dotted, packed=packed))).load(RNG)
    np.testing.assert_array_equal(dataset.train.inputs, IMAGES[:, None])
    assert dataset.train.inputs.dtype == np.uint8
    assert dataset.sample_shape == (1, 4, 3)
    np.testing.assert_array_equal(dataset.train.targets, LABELS)
    assert dataset.train.targets.dtype == np.intp
    assert dataset.test is not None
    np.testing.assert_array_equal(dataset.test.inputs, IMAGES[:2, None])
    assert dataset.class_names == ("0", "1", "2")
    assert dataset.checksums["train-images-idx3-ubyte"] == sha256(encode(IMAGES)).hexdigest()
    assert len(dataset.checksums) == 4


def test_train_size_and_test_size(tmp_path):
    dataset = Idx(path=str(write_folder(tmp_path)), train_size=3, test_size=1).load(RNG)
    assert dataset.test is not None
    assert (len(dataset.train), len(dataset.test)) == (3, 1)
    with pytest.raises(DataError, match=r"data\.train_size: 6 samples requested, but idx has 5"):
        Idx(path=str(tmp_path), train_size=6).load(RNG)


def test_classes_of_both_splits(tmp_path):
    assert Idx(path=str(write_folder(tmp_path, t10k_labels=np.array([6, 0], np.uint8)))).load(RNG).classes == 7
    zeros = {"train_labels": np.zeros(5, np.uint8), "t10k_labels": np.zeros(2, np.uint8)}
    assert Idx(path=str(write_folder(tmp_path, **zeros))).load(RNG).classes == 2


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"train_labels": LABELS[:4]}, "expected 5 labels, one per image, found 4"),
        ({"train_images": IMAGES.reshape(5, 12)}, r"\(N, H, W\).*found uint8 of shape \(5, 12\)"),
        ({"t10k_images": IMAGES[:2].astype(np.int16)}, "found int16"),
        ({"t10k_labels": LABELS[:2].astype(np.int8)}, "found int8"),
        ({"t10k_labels": LABELS[:2, None]}, r"found uint8 of shape \(2, 1\)"),
        ({"t10k_images": IMAGES[:2, :2]}, "expected test images of 4x3 pixels as in training, found 2x3"),
        ({"train_images": IMAGES[:0], "train_labels": LABELS[:0]}, r"found uint8 of shape \(0, 4, 3\)"),
        ({"train_images": IMAGES[:, :0]}, r"found uint8 of shape \(5, 0, 3\)"),
    ],
)
def test_inconsistent_files_are_rejected(tmp_path, changed, expected):
    source = Idx(path=str(write_folder(tmp_path, **changed)))
    with pytest.raises(DataError, match=expected):
        source.load(RNG)


def test_missing_file_is_named_with_spellings(tmp_path):
    write_folder(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError) as caught:
        Idx(path=str(tmp_path)).load(RNG)
    assert str(tmp_path) in str(caught.value)
    for name in ("t10k-labels-idx1-ubyte", "t10k-labels-idx1-ubyte.gz", "t10k-labels.idx1-ubyte"):
        assert name in str(caught.value)
    with pytest.raises(DataError, match="no such folder"):
        Idx(path=str(tmp_path / "absent")).load(RNG)


# ---- EMNIST ----

LETTERS = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def emnist(folder: Path, kind: str = "letters", test: str = "test", end: str = "", labels: tuple = (1, 3)) -> str:
    for word in ("train", test):
        for name, array in (("images-idx3", LETTERS), ("labels-idx1", np.array(labels, np.uint8))):
            content = encode(array)
            path = folder / f"emnist-{kind}-{word}-{name}-ubyte{end}"
            path.write_bytes(gzip.compress(content) if end == ".gz" else content)
    return str(folder)


@pytest.mark.parametrize("test", ["test", "t10k"])
@pytest.mark.parametrize("end", ["", ".gz"])
def test_emnist_prefix_label_offset_and_transpose(tmp_path, test, end):
    path = emnist(tmp_path, test=test, end=end)
    dataset = Idx(path=path, transpose=True, label_offset=1).load(RNG)
    np.testing.assert_array_equal(dataset.train.inputs[:, 0], LETTERS.transpose(0, 2, 1))
    assert dataset.train.inputs.flags.c_contiguous
    assert dataset.sample_shape == (1, 4, 3)
    assert dataset.train.targets.tolist() == dataset.test.targets.tolist() == [0, 2]
    assert dataset.class_names == ("1", "2", "3")
    assert dataset.notes == ()
    assert next(iter(dataset.checksums)) == "emnist-letters-train-images-idx3-ubyte"
    assert len(dataset.checksums) == 4


def test_notes_on_label_offset_and_transpose(tmp_path):
    dataset = Idx(path=emnist(tmp_path)).load(RNG)
    assert dataset.class_names == ("0", "1", "2", "3")
    assert dataset.notes == (
        "the smallest label is 1, so one class has no samples; data.label_offset: 1 removes it",
        "EMNIST images are stored transposed; data.transpose: true corrects this",
    )
    (tmp_path / "mnist").mkdir()
    assert Idx(path=str(write_folder(tmp_path / "mnist"))).load(RNG).notes == ()


def test_label_below_offset_is_rejected(tmp_path):
    with pytest.raises(DataError, match=r"data\.label_offset: expected labels from 2, found 1"):
        Idx(path=emnist(tmp_path), label_offset=2).load(RNG)
    with pytest.raises(DataError, match="expected at least 2 classes, found 1"):
        Idx(path=emnist(tmp_path, labels=(3, 3)), label_offset=3).load(RNG)


def test_prefix_selects_one_of_several_datasets(tmp_path):
    emnist(tmp_path, "digits", labels=(0, 1))
    path = emnist(tmp_path, "letters")
    with pytest.raises(DataError, match=r"set data\.prefix to one of 'emnist-digits', 'emnist-letters'"):
        Idx(path=path).load(RNG)
    for prefix in ("emnist-digits", "emnist-digits-"):
        assert Idx(path=path, prefix=prefix).load(RNG).classes == 2
    with pytest.raises(
        DataError, match=r"data\.prefix: expected four files with the prefix 'mnist'; found 'emnist-digits'"
    ):
        Idx(path=path, prefix="mnist").load(RNG)
    (tmp_path / "emnist-digits-test-labels-idx1-ubyte").unlink()
    assert Idx(path=path).load(RNG).classes == 4
