"""Arrays saved by Keras, MedMNIST and scikit-learn become samples, labels and names."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nnlab.core.random import AddressedStreams, Purpose
from nnlab.data.sources.table import Table
from nnlab.data.tables.label_arrays import as_classes
from nnlab.data.tables.npz_file import read_npz
from nnlab.data.tables.sample_arrays import as_samples
from nnlab.errors import DataError, UsageError

PIXELS = np.random.RandomState(0).randint(0, 256, (12, 5, 4), np.uint8)
PIXELS[5, 3, 1], PIXELS[6, 0, 0] = 255, 0
LABELS = np.arange(12) % 3
WHERE = {"train": "f.npz: x"}


def rng():
    return AddressedStreams(7).rng(Purpose.DATASET)


def saved(folder: Path, **members) -> str:
    np.savez(folder / "f.npz", **members)
    return str(folder / "f.npz")


def medmnist(folder: Path, **others) -> str:
    parts = {
        f"{part}_{kind}": array
        for part, size in (("train", 12), ("val", 6), ("test", 3))
        for kind, array in (("images", PIXELS[:size]), ("labels", LABELS[:size, None].astype(np.uint8)))
    }
    return saved(folder, **(parts | others))


def test_medmnist_validation_samples(tmp_path):
    dataset = Table(path=medmnist(tmp_path)).load(rng())
    assert {name: len(split) for name, split in dataset.splits.items()} == {"train": 12, "validation": 6, "test": 3}
    np.testing.assert_array_equal(dataset.validation.inputs, PIXELS[:6, None])
    assert dataset.validation.targets.tolist() == LABELS[:6].tolist()
    assert dataset.notes == (
        "f.npz: label 'train_labels' (3 classes), images of 1x5x4, 12 training and 6 validation and 3 test samples",
    )


@pytest.mark.parametrize("keys", [{"validation": 0.25}, {"fold": 1, "folds": 3}])
def test_validation_samples_in_file_exclude_validation_split(tmp_path, keys):
    with pytest.raises(UsageError, match=rf"data\.{next(iter(keys))}: the data already contains 6 validation samples"):
        Table(path=medmnist(tmp_path), **keys).load(rng())


def test_validation_arrays_must_be_complete(tmp_path):
    with pytest.raises(DataError, match="no array 'y_val'"):
        read_npz(Path(saved(tmp_path, x_train=PIXELS, y_train=LABELS, x_val=PIXELS)), None, None)


def test_scikit_learn_class_and_feature_names(tmp_path):
    path = Path(
        saved(
            tmp_path,
            data=np.arange(24.0).reshape(12, 2),
            target=LABELS,
            target_names=np.array(["setosa", "versicolor", "a"]),
            feature_names=["sepal length (cm)", "sepal width (cm)"],
            frame=np.array(None, dtype=object),
            DESCR="...",
            images=PIXELS,
        )
    )
    dataset = read_npz(path, None, None)
    assert dataset.class_names == ("setosa", "versicolor", "a")  # by position, not sorted
    assert dataset.train.targets.tolist() == LABELS.tolist()
    assert [column.name for column in dataset.columns] == ["sepal length (cm)", "sepal width (cm)"]
    assert dataset.notes[0] == "f.npz: label 'target' (3 classes), 2 features, 12 samples"
    assert dataset.notes[1] == "f.npz: not used: images"
    assert Table(path=str(path)).load(rng()).inputs.feature_names == ("sepal length (cm)", "sepal width (cm)")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"target_names": ["a", "b"]}, r"target: row 2 \(from 0\): expected a label from 0 to 1, .* found 2"),
        ({"target_names": ["a", "b", "b"]}, "target_names: expected distinct, non-empty class names"),
        ({"target_names": [["a", "b", "c"]]}, "target_names: expected a list of names, found"),
        ({"feature_names": ["a"]}, "feature_names: expected 2 names, one per feature, found 1"),
        ({"feature_names": ["a", "a"]}, "feature_names: expected 2 names, one per feature, all different"),
        ({"target": np.eye(3)[LABELS], "target_names": ["a", "b"]}, "expected 3 class names, .* found 2"),
    ],
)
def test_mismatched_names_are_rejected(tmp_path, members, message):
    given = {"data": np.arange(24.0).reshape(12, 2), "target": LABELS} | members
    with pytest.raises(DataError, match=message):
        read_npz(Path(saved(tmp_path, **given)), None, None)


def test_object_arrays_of_names_are_ignored(tmp_path):
    path = saved(tmp_path, x=PIXELS, y=LABELS, target_names=np.array(["a", "b", "c"], object))
    assert read_npz(Path(path), None, None).class_names == ("0", "1", "2")


def test_class_names_do_not_apply_to_other_label_array(tmp_path):
    path = saved(tmp_path, data=PIXELS, target=LABELS, kind=LABELS + 7, target_names=["a", "b", "c"])
    assert read_npz(Path(path), "kind", None).class_names == ("7", "8", "9")


@pytest.mark.parametrize("dtype", [int, float, bool, np.uint8])
def test_one_hot_labels(tmp_path, dtype):
    one_hot = np.eye(4, dtype=dtype)[LABELS]  # a class without samples keeps its place
    path = Path(saved(tmp_path, x_train=PIXELS, y_train=one_hot, x_test=PIXELS, y_test=one_hot[::-1]))
    dataset = read_npz(path, None, None)
    assert dataset.class_names == ("0", "1", "2", "3")
    assert dataset.train.targets.tolist() == LABELS.tolist()
    assert dataset.test.targets.tolist() == LABELS[::-1].tolist()


@pytest.mark.parametrize("labels", [np.eye(4)[LABELS], LABELS])
def test_labels_must_have_same_kind_in_all_splits(labels):
    with pytest.raises(DataError, match="y: expected labels of the same kind in all splits, found shapes"):
        as_classes({"train": np.eye(3)[LABELS], "test": labels}, {"train": "y", "test": "t"}, (), "")


@given(arrays.arrays(np.uint8, st.tuples(*[st.integers(1, 6)] * 3), elements=st.integers(0, 255)), st.data())
def test_images_in_every_dtype_and_layout(images, data):
    images[0, 0, 0] = 200
    dtype = data.draw(st.sampled_from([np.int16, np.int64, np.uint16, np.uint64, np.float16, np.float32, np.float64]))
    layout = data.draw(st.sampled_from([(), (1,), (3,)]))
    for axis in layout:  # a last or second axis of channels
        images = np.repeat(images[..., None], axis, axis=-1)
    expected = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    found = as_samples({"train": images.astype(dtype)}, WHERE)["train"]
    assert found.dtype == np.uint8
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(12, 5, 4), (12, 5, 4, 3), (12, 3, 5, 4)])
def test_float_images_in_unit_range_are_not_scaled(tmp_path, dtype, shape):
    images = np.random.RandomState(1).rand(*shape).astype(dtype)
    dataset = Table(path=saved(tmp_path, x=images, y=LABELS), test_split=0).load(rng())
    x = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2) if shape[3] == 3 else images
    assert dataset.scaling is None
    assert dataset.train.inputs.dtype == (np.float32 if dtype == np.float32 else np.float64)
    assert sorted(map(bytes, dataset.train.inputs)) == sorted(
        map(bytes, np.ascontiguousarray(x, dataset.train.inputs.dtype))
    )


def test_float_images_up_to_255_are_divided_by_255(tmp_path):
    images = PIXELS / 2
    dataset = Table(path=saved(tmp_path, x_train=images, y_train=LABELS)).load(rng())
    kept = Table(path=saved(tmp_path, x_train=images, y_train=LABELS), test_split=0).load(rng())
    assert dataset.notes[1] == "f.npz: the images have values from 0 to 127.5 and are divided by 255"
    np.testing.assert_allclose(sorted(kept.train.inputs.sum((1, 2, 3))), sorted(images.sum((1, 2)) / 255))
    assert dataset.inputs.low == 0
    np.testing.assert_allclose(dataset.inputs.high, images.max())  # raw values, which predict scales alike


@pytest.mark.parametrize(
    ("images", "dtype", "note"),
    [
        (PIXELS % 2, np.uint8, "warning: all pixels are 0 or 1 and will be divided by 255"),
        (PIXELS % 2 == 1, np.float64, ""),
        ((PIXELS % 2).astype(int), np.float64, ""),
        (PIXELS - 128.0, np.float64, "warning: the images have values from -128 to 127 and are not scaled"),
        (PIXELS / 127.5 - 1, np.float64, ""),
    ],
)
def test_notes_on_unusual_pixel_ranges(tmp_path, images, dtype, note):
    dataset = read_npz(Path(saved(tmp_path, x=images, y=LABELS)), None, None)
    assert dataset.train.inputs.dtype == dtype
    assert dataset.train.inputs.max() == images.max()
    assert note in " ".join(dataset.notes[1:])
    assert bool(note) == bool(dataset.notes[1:])


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (PIXELS.astype(int) - 1, "x: expected integer pixels from 0 to 255, found -1 to 254"),
        (PIXELS.astype(np.uint16) * 256, "x: expected integer pixels from 0 to 255, found 0 to 65280: store floats"),
        (np.where(PIXELS == 255, np.nan, PIXELS), r"x: image \d+ \(from 0\): expected finite numbers"),
    ],
)
def test_invalid_images_are_rejected(images, message):
    with pytest.raises(DataError, match=message):
        as_samples({"train": images}, WHERE)


def test_images_must_have_same_kind_in_all_splits():
    with pytest.raises(DataError, match=r"t: expected samples as in training, uint8 .*, found float32"):
        as_samples({"train": PIXELS, "test": (PIXELS / 255).astype(np.float32)}, {"train": "x", "test": "t"})


# ---- .npy files ----


def npy(folder: Path, **files) -> dict[str, str]:
    for key, array in files.items():
        np.save(folder / f"{key}.npy", array)
    return {key: str(folder / f"{key}.npy") for key in files}


def test_npy_files(tmp_path):
    source = Table(**npy(tmp_path, path=PIXELS, labels=LABELS), test_split=0.25)
    dataset = source.load(rng())
    assert (len(dataset.train), len(dataset.test)) == (9, 3)
    assert dataset.train.inputs.dtype == np.uint8
    assert list(dataset.checksums) == ["path.npy", "labels.npy"]
    assert dataset.notes == ("path.npy: label 'labels.npy' (3 classes), images of 1x5x4, 12 samples",)
    assert [path.name for path in source.files()] == ["path.npy", "labels.npy"]


def test_npy_files_with_test_samples(tmp_path):
    files = npy(tmp_path, path=PIXELS, labels=LABELS, test_path=PIXELS[:4], test_labels=np.eye(3)[LABELS[:4]])
    with pytest.raises(DataError, match="expected labels of the same kind in all splits"):
        Table(**files).load(rng())
    np.save(files["test_labels"], LABELS[:4])
    dataset = Table(**files).load(rng())
    np.testing.assert_array_equal(dataset.train.inputs[:, 0], PIXELS)
    np.testing.assert_array_equal(dataset.test.targets, LABELS[:4])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"path": PIXELS}, r"data\.labels: expected the \.npy file with the labels"),
        ({"path": PIXELS, "labels": LABELS, "test_path": PIXELS}, r"data\.test_labels: expected an \.npy file"),
        ({"path": PIXELS, "labels": LABELS, "test_labels": LABELS}, r"data\.test_path: expected an \.npy file"),
        ({"path": PIXELS, "labels": LABELS[:5]}, r"labels\.npy: expected 12 labels, one per sample, found 5"),
        ({"path": PIXELS.astype(object), "labels": LABELS}, r"path\.npy: expected numbers or text, found 'object'"),
    ],
)
def test_invalid_npy_files_are_rejected(tmp_path, arrays, message):
    with pytest.raises(DataError, match=message):
        Table(**npy(tmp_path, **arrays)).load(rng())


@pytest.mark.parametrize("keys", [{"label": "y"}, {"features": ["x"]}, {"image": [1, 2, 2]}])
def test_npy_files_reject_csv_keys(tmp_path, keys):
    with pytest.raises(DataError, match=rf"data\.{next(iter(keys))}: expected a CSV.*, found an \.npy"):
        Table(**npy(tmp_path, path=PIXELS, labels=LABELS), **keys).load(rng())


def test_csv_and_npz_reject_npy_keys(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,x\n2,y\n")
    for path in (str(tmp_path / "a.csv"), saved(tmp_path, x=PIXELS, y=LABELS)):
        with pytest.raises(DataError, match=r"data\.labels: expected"):
            Table(path=path, labels=path).load(rng())


def test_damaged_npy_files(tmp_path):
    files = npy(tmp_path, path=PIXELS[:3], labels=LABELS[:3])
    content = Path(files["path"]).read_bytes()
    for length in range(0, len(content), 7):
        Path(files["path"]).write_bytes(content[:length])
        with pytest.raises(DataError, match=r"path\.npy: "):
            Table(**files).load(rng())
