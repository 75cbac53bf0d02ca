"""Notes and warnings on doubtful cells, image shapes and classes."""

from pathlib import Path

import numpy as np
import pytest

from nnlab.core.random import AddressedStreams, Purpose
from nnlab.data.dataset import Dataset
from nnlab.data.sources.table import Table
from nnlab.errors import DataError


def loaded(folder: Path, content: str, **settings: object) -> Dataset:
    path = folder / "t.csv"
    path.write_text(content, encoding="utf-8")
    table = Table(path=str(path), label="kind", scaling="none", **({"test_split": 0} | settings))  # type: ignore[arg-type]
    return table.load(AddressedStreams(0).rng(Purpose.DATASET))


def arrays(folder: Path, **members: object) -> Dataset:
    np.savez(folder / "t.npz", **members)  # type: ignore[arg-type]
    return Table(path=str(folder / "t.npz"), test_split=0).load(AddressedStreams(0).rng(Purpose.DATASET))


@pytest.mark.parametrize("part", ["test", "val"])
def test_class_without_training_samples(tmp_path: Path, part: str) -> None:
    x = np.arange(8.0).reshape(4, 2)
    held_out = {f"x_{part}": x, f"y_{part}": [0, 2, 2, 3]}
    name = {"val": "validation"}.get(part, part)
    note = f"t.npz: warning: classes 2, 3: {name} samples, but no training samples"
    assert note in arrays(tmp_path, x_train=x, y_train=[0, 1, 0, 1], **held_out).notes
    assert len(arrays(tmp_path, x_train=x, y_train=[0, 1, 2, 3], **held_out).notes) == 1


@pytest.mark.parametrize("shape", [(3, 6, 3), (1, 6, 1), (3, 6, 1)])
def test_ambiguous_image_layout(tmp_path: Path, shape: tuple[int, ...]) -> None:
    x = np.arange(4 * np.prod(shape)).reshape(4, *shape) % 250
    dataset = arrays(tmp_path, x=x, y=[0, 1, 0, 1])
    assert dataset.sample_shape == (shape[2], *shape[:2])
    assert f"shape {shape} are read as (H, W, C), channels last" in dataset.notes[1]
    assert "x.transpose(0, 2, 3, 1)" in dataset.notes[1]


def test_unambiguous_image_layout_has_no_note(tmp_path: Path) -> None:
    for shape in ((4, 6, 3), (3, 4, 6), (4, 6)):
        x = np.arange(4 * np.prod(shape)).reshape(4, *shape) % 250
        assert len(arrays(tmp_path, x=x, y=[0, 1, 0, 1]).notes) == 1


@pytest.mark.parametrize(("odd", "reach"), [("256", "0 to 256"), ("-1", "-1 to 200"), ("0.5", "0 to 200")])
def test_images_with_non_pixel_values(tmp_path: Path, odd: str, reach: str) -> None:
    content = "a,b,c,kind\n0,9,200,x\n1,2,3,y\n4,5,{},x\n"
    note = f"warning: the images have values from {reach}, not only integers from 0 to 255; they are not read as pixels"
    assert any(note in line for line in loaded(tmp_path, content.format(odd), image=[1, 1, 3]).notes)
    assert not any("pixels" in line for line in loaded(tmp_path, content.format(6), image=[1, 1, 3]).notes)
    unit = "a,b,c,kind\n0,0.5,1,x\n1,0,0,y\n"
    assert not any("pixels" in line for line in loaded(tmp_path, unit, image=[1, 1, 3]).notes)


def test_other_spelling_of_missing_number_is_a_number(tmp_path: Path) -> None:
    content = "a,b,kind\n1,2,x\n-999.0,3,y\n-999,4,x\n-999.0,5,y\n"
    dataset = loaded(tmp_path, content, missing_values=["-999"], missing=0.0)
    assert sorted(dataset.train.inputs[:, 0].tolist()) == [-999, -999, 0, 1]
    assert (
        "warning: feature 'a': 2 cells such as '-999.0' are numbers; "
        "data.missing_values lists another spelling, but cells are compared as text"
    ) in dataset.notes


@pytest.mark.parametrize(
    ("missing", "stand_in"), [("mean", "the mean of the training samples"), ("median", "the median of"), (0.5, "0.5")]
)
def test_imputed_values_are_counted(tmp_path: Path, missing: str | float, stand_in: str) -> None:
    content = "a,b,c,kind\n1,red,,x\n,,1,y\n,blue,2,x\n3,red,3,y\n"
    notes = loaded(tmp_path, content, missing=missing).notes
    assert any(
        note.startswith(f"3 missing values replaced by {stand_in}") and "('a' 2, 'c' 1)" in note for note in notes
    )
    assert "feature 'b': 1 missing value, encoded as all zeros" in notes


def test_none_as_category(tmp_path: Path) -> None:
    content = "garage,b,kind\nnone,1,x\nattached,2,y\nNone,3,x\nattached,4,x\n"
    for missing in ("mean", "drop"):
        notes = "\n".join(loaded(tmp_path, content + content[14:], missing=missing).notes)
        assert "feature 'garage': 4 cells 'none' read as missing; if it is a category, set data.missing_values" in notes
    with pytest.raises(
        DataError, match=r"found 'none': data\.missing_values lists it \(without it, none is a category\)"
    ):
        loaded(tmp_path, content)
    assert loaded(tmp_path, content, missing_values=[""]).columns[0].categories == ("None", "attached", "none")


def test_split_sizes_in_first_note(tmp_path: Path) -> None:
    content = "a,part,kind\n1,train,x\n2,train,y\n3,Val,x\n4,test,y\n5,training,x\n"
    dataset = loaded(tmp_path, content, split_column="part")
    assert dataset.notes[0].endswith("1 feature, 3 training and 1 validation and 1 test samples")
