"""Folders of pictures as a dataset."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from trainings import make_experiment, make_setup

from nnlab.config.loading import load_experiment
from nnlab.data.dataset import Dataset
from nnlab.data.dataset_cache import DatasetCache
from nnlab.data.sources.images import Images
from nnlab.errors import DataError, SpecError
from nnlab.inference.samples import read_samples
from nnlab.inference.trained_network import TrainedNetwork
from nnlab.train.run import run


def fill(folder: Path, count: int = 6, size: tuple[int, int] = (4, 3), mode: str = "L") -> Path:
    """Pictures of two classes, of which cats are dark and dogs light."""
    for name, grey in (("dog", 200), ("cat", 50)):
        (folder / name).mkdir(parents=True)
        for index in range(count):
            colour = grey + index if mode == "L" else (grey + index, index, 9)
            Image.new(mode, size, colour).save(folder / name / f"{index}.png")
    return folder


def read(folder: Path, **keys: object) -> Dataset:
    return Images(path=str(folder), **keys).read(np.random.default_rng(0))  # type: ignore[arg-type]


def test_folders_are_classes_sorted_by_name(tmp_path: Path) -> None:
    dataset = read(fill(tmp_path / "own"), test_split=0.25)
    assert dataset.class_names == ("cat", "dog")
    assert dataset.train.inputs.dtype == np.uint8
    assert dataset.sample_shape == (1, 3, 4)
    assert dataset.test is not None
    assert (len(dataset.train), len(dataset.test)) == (9, 3)
    light = dataset.train.inputs.reshape(9, -1).mean(axis=1) > 128
    assert light.tolist() == (dataset.train.targets == 1).tolist()
    assert dataset.notes == ("own: 2 classes, 9 training and 3 test samples of 4x3 grey pixels",)


def test_numbers_as_class_names_are_sorted_as_numbers(tmp_path: Path) -> None:
    for name in ("10", "9", "1"):
        (tmp_path / name).mkdir()
        Image.new("L", (2, 2)).save(tmp_path / name / "a.png")
    assert read(tmp_path, test_split=0.0).class_names == ("1", "9", "10")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_are_not_unicode_are_read(tmp_path: Path) -> None:
    Image.new("L", (4, 3)).save(fill(tmp_path / "own") / "cat" / os.fsdecode(b"\xff.png"), "PNG")
    assert len(read(tmp_path / "own", test_split=0.0).train) == 13


@pytest.mark.parametrize("validation", ["val", "validation"])
def test_folders_of_parts_as_keras_and_torchvision_have_them(tmp_path: Path, validation: str) -> None:
    for part, count in (("train", 4), ("test", 2), (validation, 1)):
        fill(tmp_path / "own" / part, count)
    dataset = read(tmp_path / "own")
    assert {name: len(split) for name, split in dataset.splits.items()} == {"train": 8, "validation": 2, "test": 4}
    assert set(dataset.checksums) == {"train", "test", validation}
    assert Images(path=str(tmp_path / "own")).holds_out


def test_a_folder_of_test_samples_elsewhere(tmp_path: Path) -> None:
    fill(tmp_path / "own")
    fill(tmp_path / "more", 1)
    dataset = read(tmp_path / "own", test_path=str(tmp_path / "more"))
    assert (len(dataset.train), len(dataset.test or ())) == (12, 2)


def test_the_first_samples_are_of_all_classes(tmp_path: Path) -> None:
    dataset = Images(path=str(fill(tmp_path / "own", 30)), train_size=10).load(np.random.default_rng(0))
    assert set(dataset.train.targets.tolist()) == {0, 1}


def test_files_of_systems_are_ignored_and_others_are_named(tmp_path: Path) -> None:
    folder = fill(tmp_path / "own")
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._0.png"):
        (folder / "cat" / name).write_bytes(b"x")
    (folder / "dog" / "notes.txt").write_text("good dogs")
    (folder / "stray.png").write_bytes((folder / "cat" / "0.png").read_bytes())
    assert read(folder).notes[-1] == "left out, no picture in a folder of a class: stray.png, dog/notes.txt"


def test_pictures_of_different_sizes_need_a_size(tmp_path: Path) -> None:
    folder = fill(tmp_path / "own")
    Image.new("L", (8, 3), 60).save(folder / "cat" / "wide.png")
    with pytest.raises(DataError, match=r"wide\.png: expected 4x3 pixels as .*0\.png, found 8x3; data\.size"):
        read(folder)
    dataset = read(folder, size=[3, 4], test_split=0.0)
    assert dataset.sample_shape == (1, 3, 4)
    assert dataset.notes[1] == "1 picture of another size: their middle is used"
    assert dataset.inputs.pictures is not None
    assert dataset.inputs.pictures.fit == "cover"


def test_colour_is_kept_where_any_picture_has_it(tmp_path: Path) -> None:
    folder = fill(tmp_path / "own")
    assert read(folder, channels=3).sample_shape == (3, 3, 4)
    Image.new("RGB", (4, 3), (60, 60, 60)).save(folder / "cat" / "grey.png")
    assert read(folder).sample_shape == (1, 3, 4)
    Image.new("RGB", (4, 3), (60, 0, 0)).save(folder / "cat" / "red.png")
    mixed = read(folder, test_split=0.0)
    assert mixed.sample_shape == (3, 3, 4)
    assert read(folder, channels=1).sample_shape == (1, 3, 4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: shutil.rmtree(folder / "dog"), "2 to 10,000 subfolders of pictures, .* found 1 \\('cat'\\)"),
        (lambda folder: shutil.rmtree(folder), "own: No such file or directory"),
        (lambda folder: (folder / "cow").mkdir(), "cow: expected pictures .* found an empty folder"),
        (lambda folder: (folder / "cat" / "0.png").write_bytes(b"\x89PNG\r\n\x1a\nno"), "0.png: a damaged picture"),
        (lambda folder: (folder / "cat" / "9.png").write_bytes(b"text"), "9.png: expected a picture"),
    ],
)  # fmt: skip
def test_what_is_missing_or_damaged_is_named(tmp_path: Path, change, message: str) -> None:
    folder = fill(tmp_path / "own")
    change(folder)
    with pytest.raises(DataError, match=message):
        read(folder)


def test_a_class_of_the_test_samples_only_is_refused(tmp_path: Path) -> None:
    fill(tmp_path / "own" / "train")
    fill(tmp_path / "own" / "test")
    (tmp_path / "own" / "test" / "cow").mkdir()
    with pytest.raises(DataError, match="expected the classes cat, dog, found a subfolder 'cow'"):
        read(tmp_path / "own")


def test_a_link_that_leads_back_is_no_endless_search(tmp_path: Path) -> None:
    folder = fill(tmp_path / "own")
    (folder / "cat" / "loop").symlink_to(folder)
    assert len(read(folder, test_split=0.0).train) == 12


def test_the_checksum_covers_names_and_contents(tmp_path: Path) -> None:
    folder = fill(tmp_path / "own")
    first = read(folder).checksums
    assert read(folder).checksums == first
    (folder / "cat" / "0.png").rename(folder / "cat" / "00.png")
    renamed = read(folder).checksums
    Image.new("L", (4, 3), 1).save(folder / "dog" / "0.png")
    assert len({str(found) for found in (first, renamed, read(folder).checksums)}) == 3


def test_a_changed_picture_is_read_again_in_a_sweep(tmp_path: Path) -> None:
    folder = fill(tmp_path / "own")
    cache, source = DatasetCache(), Images(path=str(folder))
    first = cache.read(source, np.random.default_rng(0))
    assert cache.read(source, np.random.default_rng(0)) is first
    Image.new("L", (4, 3), 111).save(folder / "dog" / "0.png")
    assert cache.read(source, np.random.default_rng(0)).checksums != first.checksums


def test_the_keys_of_a_spec_are_checked(tmp_path: Path) -> None:
    fill(tmp_path / "own")
    spec = "data: {{name: images, path: own, {}}}\nmodel: softmax\noptimizer: adam\ntrain: {{iterations: 1}}\n"
    for keys in ("size: [3]", "channels: 2", "fit: none", "invert: maybe"):
        with pytest.raises(SpecError):
            make_experiment(tmp_path, spec.format(keys))
    experiment = make_experiment(tmp_path, spec.format("size: [3, 4], channels: 1, fit: digit, invert: no"))
    assert isinstance(experiment.data, Images)
    assert experiment.data.invert == "no"


@pytest.mark.usefixtures("no_pictures")
def test_new_pictures_are_prepared_as_in_training(tmp_path: Path) -> None:
    folder = fill(tmp_path / "own", 10, (9, 6))
    spec = (
        "data: {name: images, path: own, size: [4, 4], fit: contain, invert: yes}\nmodel: softmax\n"
        "optimizer: {name: adam, lr: 0.01}\ntrain: {iterations: 20, batch_size: 8}\n"
    )
    result = run(make_experiment(tmp_path, spec), tmp_path / "runs")
    network = TrainedNetwork.load(result.path)
    trained = make_setup(tmp_path, spec, "data.test_split=0").dataset.train
    assert network.inputs.pictures is not None
    assert (network.inputs.pictures.fit, network.inputs.pictures.invert) == ("contain", "yes")
    found = read_samples(folder, network.inputs, labelled=True)
    assert sorted(found.inputs.reshape(20, -1).tolist()) == sorted(trained.inputs.reshape(20, -1).tolist())
    assert found.labels is not None
    assert found.labels.tolist() == [0] * 10 + [1] * 10


@pytest.mark.usefixtures("no_pictures")
def test_the_folder_of_a_run_may_move(tmp_path: Path) -> None:
    fill(tmp_path / "own")
    spec = "data: {name: images, path: own}\nmodel: softmax\noptimizer: adam\ntrain: {iterations: 2, batch_size: 4}\n"
    result = run(make_experiment(tmp_path, spec), tmp_path / "runs")
    (tmp_path / "own").rename(tmp_path / "elsewhere")
    moved = load_experiment(result.path / "spec.yaml", data=tmp_path / "elsewhere")
    assert isinstance(moved.data, Images)
    assert moved.data.path == str(tmp_path / "elsewhere")
