"""The worked examples of datasets and augmentations: their first samples, and an image before and after."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from nnlab.core.arrays import Array, shape_text
from nnlab.data.dataset_source import DatasetSource
from nnlab.docstrings import docstring_of
from nnlab.insight.explain.worked_example import Stage, Step, WorkedExample, settings_text
from nnlab.registry import augmentations, datasets
from nnlab.storage.disk import atomic_write, make_folder
from nnlab.text import format_value

SEED = 0
SHOWN = 3
MOST_NUMBERS = 16
IMAGE = np.array([[0.0, 0.2, 0.4, 0.6], [0.2, 0.4, 0.6, 0.8], [0.4, 0.6, 0.8, 1.0], [0.6, 0.8, 1.0, 1.0]])

# A temporary folder has another name each time.
_FOLDER_NAMES: Mapping[str, str] = {"images": "pictures"}
_AUGMENTATIONS: Mapping[str, Mapping[str, Any]] = {
    "shift": {"pixels": 1},
    "flip": {"probability": 1.0},
    "rotate": {"degrees": 30.0},
    "cutout": {"size": 2},
}
_DATASETS: Mapping[str, Mapping[str, Any]] = {
    "spiral": {"points": 3, "test_points": 0},
    "moons": {"points": 3, "test_points": 0},
    "xor": {"points": 2, "test_points": 0},
    "sine": {"points": 3, "test_points": 0},
    "peaks": {"points": 3, "test_points": 0},
    "binary_addition": {"bits": 4, "samples": 3, "test_samples": 1},
    "latch": {"length": 4, "samples": 3, "test_samples": 0},
    "sine_sequence": {"length": 4, "samples": 3, "test_samples": 0},
    "text": {"length": 8},
}


def augmentation_example(name: str) -> WorkedExample:
    """One image of 4x4 pixels, as it is drawn with seed 0."""
    settings = _AUGMENTATIONS.get(name, {})
    augmentation = augmentations[name](**settings)
    x = IMAGE[np.newaxis, np.newaxis].copy()
    augmentation.apply(x, np.random.default_rng(SEED))
    formula = next(iter(docstring_of(type(augmentation)).formulas), "")
    given = [Step("x", IMAGE), Step("seed", SEED)]
    return WorkedExample(settings_text(name, settings), given, [Stage("", [Step("y", x[0, 0], formula)])])


def dataset_example(name: str) -> WorkedExample:
    """The first training samples as they enter the network; of data that is not on this machine, what is published."""
    if name == "images":
        with TemporaryDirectory() as folder:
            return _example_of(name, {"path": _pictures(Path(folder)), "test_split": 0.0})
    settings = _DATASETS.get(name, {})
    if name == "idx":
        settings = {"path": mnist_files()[0].parent}
    if name == "table":
        settings = {"path": iris_files()[0], "test_split": 0.0}
    source = datasets[name](**settings)
    if not all(path.exists() for path in source.files()) and source.published_shape:
        shape, classes = source.published_shape
        steps = [Step("sample", shape_text(shape)), Step("classes", classes)]
        return WorkedExample(settings_text(name, settings), [], [Stage("", steps)])
    return _example_of(name, settings)


def mnist_files() -> list[Path]:
    """The bundled files of MNIST, which are IDX files."""
    files: list[Path] = datasets["mnist"]().files()
    return files


def iris_files() -> list[Path]:
    """The bundled file of Iris, a CSV file."""
    files: list[Path] = datasets["iris"]().files()
    return files


def _example_of(name: str, settings: Mapping[str, Any]) -> WorkedExample:
    source: DatasetSource = datasets[name](**settings)
    data = source.load(np.random.default_rng(SEED))
    train = data.train
    steps = [Step("training samples", len(train)), Step("sample", shape_text(data.sample_shape))]
    steps += [_numbers(train.inputs[:SHOWN]), Step("t", train.targets[:SHOWN])]
    if data.tokens:
        steps.append(Step("characters of x[0]", repr("".join(data.class_names[token] for token in train.inputs[0]))))
    elif data.class_names:
        steps.append(Step("classes", format_value([*data.class_names[:MOST_NUMBERS]])))
    shown = {key: _FOLDER_NAMES.get(name, value.name) if key == "path" else value for key, value in settings.items()}
    return WorkedExample(settings_text(name, shown), [Step("seed", SEED)], [Stage("", steps)])


def _numbers(inputs: Array) -> Step:
    """The first samples, or as much of them as fits on a line: of images the middle row of the first one."""
    if inputs[0].size <= MOST_NUMBERS:
        return Step("x", inputs / 255 if inputs.dtype == np.uint8 else inputs)
    if inputs.ndim == 4:
        middle, across = inputs.shape[2] // 2, inputs.shape[3] // 2
        place = slice(max(across - 4, 0), across + 4)
        scale = 255 if inputs.dtype == np.uint8 else 1
        name = f"x[0,0,{middle},{place.start}:{place.stop}]" + (" / 255" if scale > 1 else "")
        return Step(name, inputs[0, 0, middle, place] / scale)
    return Step("x[:,0:6]", inputs[:, :6])


def _pictures(folder: Path) -> Path:
    """A folder with a dark and a light picture of 2x2 pixels, each in the folder of its class."""
    for name, grey in (("dark", 40), ("light", 220)):
        contents = BytesIO()
        Image.new("L", (2, 2), grey).save(contents, "PNG")
        make_folder(folder / name)
        atomic_write(folder / name / "1.png", contents.getvalue(), synced=False)
    return folder
