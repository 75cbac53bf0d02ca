import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from bundled_data import read_each_time

from nnlab.core.random import AddressedStreams, Purpose
from nnlab.data.sources import embedded
from nnlab.data.sources.embedded import AutoMpg, BreastCancer, Digits, EmbeddedSource, EmbeddedTable, Iris, Wine
from nnlab.errors import DataError
from nnlab.registry import registered_name

TABLES = [Iris, Wine, BreastCancer]
SAMPLES = {Iris: [50] * 3, Wine: [59, 71, 48], BreastCancer: [357, 212]}


@pytest.fixture(autouse=True, scope="module")
def _files_are_read() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        read_each_time(patch)
        yield


def rng() -> np.random.Generator:
    return AddressedStreams(0).rng(Purpose.DATASET)


@pytest.mark.parametrize("source", TABLES, ids=registered_name)
def test_classes_and_features_of_the_tables(source: type[EmbeddedTable]) -> None:
    dataset = source(test_split=0).load(rng())
    assert dataset.class_counts.tolist() == SAMPLES[source]
    assert (dataset.sample_shape, dataset.classes) == source.published_shape
    assert len(dataset.columns) == dataset.train.inputs.shape[1]
    np.testing.assert_allclose(dataset.train.inputs.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(dataset.train.inputs.std(axis=0), 1)


def test_names_are_those_of_the_source() -> None:
    iris, wine, cancer = (source().load(rng()) for source in TABLES)
    assert iris.class_names == ("setosa", "versicolor", "virginica")
    assert iris.inputs.feature_names == (
        "sepal length (cm)",
        "sepal width (cm)",
        "petal length (cm)",
        "petal width (cm)",
    )
    assert wine.class_names == ("class_0", "class_1", "class_2")
    assert wine.inputs.feature_names[-2:] == ("od280/od315_of_diluted_wines", "proline")
    assert cancer.class_names == ("benign", "malignant")
    assert cancer.inputs.feature_names[0] == "mean radius"


def test_the_two_samples_of_iris_that_other_copies_have_wrong_are_fishers() -> None:
    lines = Iris().files()[0].read_text(encoding="utf-8").splitlines()
    assert (lines[35], lines[38]) == ("4.9,3.1,1.5,0.2,setosa", "4.9,3.6,1.4,0.1,setosa")


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits"])
def test_values_are_those_of_scikit_learn(name: str) -> None:
    loaders = pytest.importorskip("sklearn.datasets")
    theirs = getattr(loaders, f"load_{name}")()
    source = {"iris": Iris, "wine": Wine, "breast_cancer": BreastCancer, "digits": Digits}[name](test_split=0)
    ours = source.read_file(source.files()[0])
    np.testing.assert_array_equal(ours.train.inputs.reshape(len(ours.train), -1), theirs.data)
    names = [str(theirs.target_names[label]) for label in theirs.target]
    assert [ours.class_names[label] for label in ours.train.targets] == names


def test_auto_mpg_is_a_regression_with_the_origin_one_hot_encoded() -> None:
    dataset = AutoMpg().load(rng())
    assert (dataset.task, dataset.numbers.names, len(dataset.train), len(dataset.test)) == (
        "numbers",
        ("mpg",),
        314,
        78,
    )
    assert dataset.inputs.feature_names == (
        *("cylinders", "displacement", "horsepower", "weight", "acceleration", "model_year"),
        *("origin=1", "origin=2", "origin=3"),
    )
    mpg = np.concatenate([dataset.numbers.undo(split.targets) for split in dataset.splits.values()])
    assert (mpg.min(), mpg.max(), round(float(mpg.mean()), 4)) == (pytest.approx(9), pytest.approx(46.6), 23.4459)


def test_digits_are_images_from_0_to_1_whose_raw_pixels_range_from_0_to_16() -> None:
    dataset = Digits().load(rng())
    assert (len(dataset.train), len(dataset.test)) == (1438, 359)
    assert (dataset.train.inputs.min(), dataset.train.inputs.max()) == (0, 1)
    assert dataset.inputs.shape == (1, 8, 8)
    assert (dataset.inputs.low, dataset.inputs.high) == (0, 16)
    assert dataset.inputs.feature_names[:2] == ("pixel_0_0", "pixel_0_1")


def test_the_test_split_is_stratified_and_drawn_with_the_seed() -> None:
    first, again = Iris().load(rng()), Iris().load(rng())
    assert np.bincount(first.test.targets).tolist() == [10, 10, 10]
    np.testing.assert_array_equal(first.test.inputs, again.test.inputs)
    other = Iris().load(AddressedStreams(1).rng(Purpose.DATASET))
    assert not np.array_equal(first.test.inputs, other.test.inputs)


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(str(embedded.FOLDER), tmp_path / "small")
    monkeypatch.setattr(embedded, "FOLDER", tmp_path / "small")
    return tmp_path / "small"


@pytest.mark.parametrize("source", [Iris, Digits])
def test_a_changed_damaged_or_missing_file_suggests_to_reinstall(copied: Path, source: type[EmbeddedSource]) -> None:
    path = copied / source.file
    text = path.read_bytes()
    if source is Iris:
        path.write_bytes(text.replace(b"5.1,3.5", b"5.1,3.6", 1))
        with pytest.raises(DataError, match=r"the bundled iris is damaged; reinstall.*expected SHA-256 dfbd65e1"):
            source().load(rng())
    path.write_bytes(text[: len(text) // 2])
    with pytest.raises(DataError, match="reinstall nnlab-runner"):
        source().load(rng())
    path.unlink()
    with pytest.raises(DataError, match=r"reinstall.*no such file"):
        source().load(rng())


def test_every_bundled_file_is_attributed() -> None:
    folder = files("nnlab.data").joinpath("files", "small")
    text = folder.joinpath("ATTRIBUTION.txt").read_text(encoding="utf-8")
    bundled = {path.name for path in folder.iterdir()} - {"ATTRIBUTION.txt"}
    assert bundled == {source.file for source in (*TABLES, AutoMpg, Digits)}
    for source in (*TABLES, AutoMpg, Digits):
        count = f"{len(source(test_split=0).load(rng()).train):,} samples"
        assert f"{source.file}: {count}" in text
