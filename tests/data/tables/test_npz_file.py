import io
import pickle
import re
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnlab.data.files import reading
from nnlab.data.tables.npz_file import read_npz
from nnlab.errors import DataError

X = np.arange(12.0).reshape(6, 2)
Y = np.array([3, 7, 3, 7, 5, 5])


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "data.npz"


def message_of(path: Path, label: str | None = None, features: list[str] | None = None) -> str:
    with pytest.raises(DataError) as caught:
        read_npz(path, label, features)
    assert str(caught.value).startswith(str(path))
    assert caught.value.exit_code == 4
    return str(caught.value)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("x", ["x", "X"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint8", "uint64", "bool", ">f4"])
def test_features_are_float64(path, save, x, dtype):
    save(path, **{x: X.astype(dtype), "y": Y})
    dataset = read_npz(path, None, None)
    assert dataset.train.inputs.dtype == np.float64
    np.testing.assert_array_equal(dataset.train.inputs, X.astype(dtype).astype(float))
    assert dataset.train.targets.tolist() == [0, 2, 0, 2, 1, 1]
    assert dataset.train.targets.dtype == np.intp
    assert dataset.class_names == ("3", "5", "7")
    assert dataset.test is None
    assert list(dataset.checksums) == ["data.npz"]


def test_fortran_order(path):
    np.savez(path, x=np.asfortranarray(X), y=Y)
    np.testing.assert_array_equal(read_npz(path, None, None).train.inputs, X)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (np.array(["b", "a", "b", "a", "b", "a"]), ("a", "b")),
        (np.array([True, False] * 3), ("False", "True")),
        (np.array([1.0, 2.0] * 3), ("1", "2")),
        (Y[:, None], ("3", "5", "7")),
    ],
)
def test_label_dtypes(path, labels, names):
    np.savez(path, x=X, y=labels)
    dataset = read_npz(path, None, None)
    assert dataset.class_names == names
    assert [names[label] for label in dataset.train.targets] == [
        str(int(label)) if isinstance(label, float) else str(label) for label in labels.ravel().tolist()
    ]


def test_train_and_test_share_classes(path):
    np.savez(path, x_train=X, y_train=Y, x_test=X[:2] + 1, y_test=[9, 3])
    dataset = read_npz(path, None, None)
    np.testing.assert_array_equal(dataset.train.inputs, X)
    np.testing.assert_array_equal(dataset.test.inputs, X[:2] + 1)
    assert dataset.class_names == ("3", "5", "7", "9")
    assert dataset.test.targets.tolist() == [3, 0]
    np.savez(path, x_train=X, y_train=Y)
    assert read_npz(path, None, None).test is None


def test_given_array_names(path):
    np.savez(path, images_train=X, kinds_train=Y, images_test=X, kinds_test=Y, x=X, y=Y)
    assert read_npz(path, "kinds", ["images"]).test is not None
    assert read_npz(path, None, None).test is None


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((2, 5, 4), (2, 1, 5, 4)),
        ((2, 5, 4, 1), (2, 1, 5, 4)),
        ((2, 5, 4, 3), (2, 3, 5, 4)),
        ((2, 3, 5, 4), (2, 3, 5, 4)),
    ],
)
def test_uint8_images_are_pixels_channels_first(path, shape, expected):
    images = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    np.savez(path, x=images, y=[0, 1])
    inputs = read_npz(path, None, None).train.inputs
    assert inputs.shape == expected
    assert inputs.dtype == np.uint8
    assert inputs.flags.c_contiguous
    row, column, channel = 3, 2, expected[1] - 1
    at = {3: (1, row, column), 4: (1, row, column, channel)}[len(shape)] if shape[1] != 3 else (1, channel, row, column)
    assert inputs[1, channel, row, column] == images[at]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X}, "no array 'y'; the arrays are 'x'"),
        ({"y": Y, "xs": X}, r"no array 'x'; did you mean 'xs'\?"),
        ({"x": X, "y": Y[:5]}, "y: expected 6 labels, one per sample, found 5"),
        ({"x": X[:, 0], "y": Y}, r"x: expected numbers \(N, D\) or images .* found float64 of shape \(6,\)"),
        ({"x": np.zeros((6, 5, 2, 2)), "y": Y}, r"found float64 of shape \(6, 5, 2, 2\)"),
        ({"x": np.zeros((6, 1, 1, 2, 2)), "y": Y}, r"found float64 of shape \(6, 1, 1, 2, 2\)"),
        ({"x": np.zeros((6, 2, 2, 2), np.uint8), "y": Y}, r"found uint8 of shape \(6, 2, 2, 2\)"),
        ({"x": X[:0], "y": Y[:0]}, r"x: expected .* found float64 of shape \(0, 2\)"),
        ({"x": X.astype(complex), "y": Y}, "x: expected numbers or text, found 'complex128'"),
        ({"x": X.astype(str), "y": Y}, "x: expected an array of numbers"),
        ({"x": X, "y": np.eye(6)}, "y: expected several samples of each class, found 6 classes in 6 samples"),
        ({"x": X, "y": np.zeros((6, 2, 2))}, r"of shape \(N,\) or one-hot \(N, K\), found shape \(6, 2, 2\)"),
        ({"x": X, "y": np.array(3)}, r"y: expected one label per sample, .* found shape \(\)"),
        ({"x": X, "y": np.eye(3)[Y % 3] * 2}, r"y: row 0 \(from 0\): expected one-hot rows .* found 2.0, 0.0, 0.0"),
        ({"x": X, "y": np.ones((6, 2), int)}, r"y: row 0 \(from 0\): .* found 1, 1: each sample has one class"),
        ({"x": X, "y": X[:, 0] + 0.5}, "y: .*looks like a regression target"),
        ({"x": X, "y": np.full(6, np.nan)}, "y: .*found 'nan'"),
        ({"x": X, "y": np.ones(6)}, "y: expected 2 to 10000 classes, found 1"),
        ({"x": np.where(X == 5, np.nan, X), "y": Y}, r"x: row 2, column 1 \(from 0\): .* found nan"),
        ({"x": np.where(X == 5, np.inf, X), "y": Y}, "found inf"),
        ({"x": np.array([[1, 2]] * 6, dtype=[("a", int), ("b", int)]), "y": Y}, "x: expected numbers or text"),
        ({"x_train": X, "y": Y}, "no array 'y_train'"),
        ({"x_train": X, "y_train": Y, "x_test": X}, "no array 'y_test'"),
        (
            {"x_train": X, "y_train": Y, "x_test": X[:, :1], "y_test": Y},
            r"x_test: expected samples as in training, float64 \(2,\), found float64 \(1,\)",
        ),
    ],
)
def test_invalid_arrays_are_rejected(path, arrays, message):
    np.savez(path, **arrays)
    assert re.search(message, message_of(path))


def test_five_invalid_numbers_are_reported_at_once(path):
    np.savez(path, x=np.full((6, 2), np.nan), y=Y)
    assert len(message_of(path).splitlines()) == 5


@pytest.mark.parametrize("features", [[], ["x", "y"]])
def test_features_key_names_one_array(path, features):
    np.savez(path, x=X, y=Y)
    assert f"data.features: expected the name of one array, found {len(features)}" in message_of(path, None, features)


class Trap:
    """Unpickling it would end the test run."""

    def __reduce__(self):
        return (pytest.exit, ("unpickled",))


def test_pickled_objects_are_rejected_without_loading(path):
    np.savez(path, x=np.array([[Trap()]], dtype=object), y=np.array([0]))
    assert "expected numbers or text, found 'object'" in message_of(path)


def npy(claimed: str, content: bytes, version: bytes = b"\1\0") -> bytes:
    text = claimed.encode() + b"\n"
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text + content


def member_file(path: Path, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> Path:
    labels = io.BytesIO()
    np.save(labels, Y)
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("x.npy", content)
        archive.writestr("y.npy", labels.getvalue())
    return path


def claim(shape: str) -> str:
    return f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "content",
    [
        npy(claim("(1000000000000, 2)"), bytes(96)),
        npy(claim("(-6, -2)"), bytes(96)),
        npy(claim("(6, 2)"), bytes(95)),
        npy(claim("(6, 2)"), bytes(97)),
        npy(claim("(0, 1000000000000000000000000000000)"), b""),
        npy(claim("(6, 2"), bytes(96)),
        npy("", bytes(96)),
        npy("{}", bytes(96)),
        npy("(" * 9000, bytes(96)),
        npy(claim("(6, 2)"), bytes(96), version=b"\3\0"),
        npy(claim("(6, 2)"), bytes(96), version=b"\2\0"),
        b"\x93NUM",
        b"",
        b"no array at all",
        pickle.dumps(Y),
    ],
)
def test_forged_headers_are_rejected(path, content):
    member_file(path, content)
    tracemalloc.start()
    try:
        assert ": x: " in message_of(path)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_impossible_uncompressed_size_is_rejected(path):
    member_file(path, npy(claim("(6, 2)"), bytes(96)))
    damaged = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("x.npy").file_size
    path.write_bytes(damaged.replace(size.to_bytes(4, "little"), (2**32 - 2).to_bytes(4, "little")))
    assert "expected 4294967294 bytes, found" in message_of(path)


def test_float64_conversion_limit(path, monkeypatch):
    np.savez(path, x=np.zeros((2000, 1000), bool), y=np.arange(2000))
    monkeypatch.setattr(reading, "LARGEST", 8 << 20)
    assert "x: expected at most 8.0 MiB, found 15.3 MiB" in message_of(path)


def test_other_zip_methods_are_rejected(path):
    member_file(path, npy(claim("(6, 2)"), bytes(96)), zipfile.ZIP_LZMA)
    assert "stored or deflated" in message_of(path)


def test_zip_without_arrays_is_rejected(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert "found a zip without arrays" in message_of(path)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_truncated_files_are_rejected(path, save):
    save(path, x=X, y=Y)
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        message_of(path)


@examples(300, settings(suppress_health_check=[HealthCheck.function_scoped_fixture]))
@given(data=st.data(), packed=st.booleans())
def test_fuzzed_file_is_dataset_or_data_error(path, data, packed):
    (np.savez_compressed if packed else np.savez)(path, x=X, y=Y)
    content = bytearray(path.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=3)):
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        found = read_npz(path, None, None)
    except DataError as error:
        message = str(error)
    else:
        np.testing.assert_array_equal(found.train.inputs, X)
        return
    assert message.startswith(str(path))


def test_huge_number_of_labels(path: Path) -> None:
    np.savez_compressed(path, x=np.zeros((200_000, 1), np.uint8), y=np.arange(200_000))
    assert "expected 2 to 10000 classes, found more than 100000 different labels" in message_of(path)


def test_long_labels_of_one_split_do_not_widen_others(path: Path) -> None:
    y_train, y_test = np.array(["a", "b"] * 50_000), np.array(["a" * 1000, "b"] * 50)
    np.savez_compressed(
        path,
        x_train=np.zeros((100_000, 1), np.uint8),
        y_train=y_train,
        x_test=np.zeros((100, 1), np.uint8),
        y_test=y_test,
    )
    tracemalloc.start()
    try:
        dataset = read_npz(path, None, None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30 * 2**20  # joined, the labels alone would be 400 MB
    assert dataset.class_names == ("a", "a" * 1000, "b")
    assert dataset.train.targets[:3].tolist() == [0, 2, 0]
    assert dataset.test is not None
    assert dataset.test.targets[:3].tolist() == [1, 2, 1]
