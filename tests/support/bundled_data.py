"""The bundled data read once in each test process: unpacking and parsing it takes longer than most trainings."""

from functools import cache
from pathlib import Path

import pytest

from nnlab.data.dataset import Dataset
from nnlab.data.sources import embedded, mnist
from nnlab.data.sources.idx import read_folder
from nnlab.data.tables.csv_file import CsvSettings, read_csv

MNIST = mnist.FOLDER
TABLES = Path(str(embedded.FOLDER))


def locked(dataset: Dataset) -> Dataset:
    """The dataset with arrays that nobody can write into."""
    for split in (dataset.train, dataset.validation, dataset.test):
        if split is not None:
            split.inputs.flags.writeable = split.targets.flags.writeable = False
    return dataset


@cache
def bundled_mnist() -> Dataset:
    return locked(read_folder(MNIST))


@cache
def bundled_table(path: Path, settings: CsvSettings) -> Dataset:
    return locked(read_csv(path, settings))


def read_once(patch: pytest.MonkeyPatch) -> None:
    """Let the sources of bundled data take it from memory; a folder that a test puts in its place is read."""
    patch.setattr(mnist, "read_folder", lambda folder: bundled_mnist() if folder == MNIST else read_folder(folder))
    patch.setattr(
        embedded,
        "read_csv",
        lambda path, settings: (bundled_table if path.parent == TABLES else read_csv)(path, settings),
    )


def read_each_time(patch: pytest.MonkeyPatch) -> None:
    """Let the sources read their files, as users have it: for the tests of these sources."""
    patch.setattr(mnist, "read_folder", read_folder)
    patch.setattr(embedded, "read_csv", read_csv)
