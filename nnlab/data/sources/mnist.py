"""MNIST, bundled with the package."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import ClassVar

from nnlab.core.arrays import Shape
from nnlab.core.random import RandomGenerator
from nnlab.data.dataset import Dataset
from nnlab.data.dataset_source import DatasetSource
from nnlab.data.sources.idx import read_folder
from nnlab.errors import DataError
from nnlab.registry import datasets

FOLDER = files("nnlab.data").joinpath("files", "mnist")

PUBLISHED_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


@datasets.register("mnist")
@dataclass(kw_only=True)
class Mnist(DatasetSource):
    """MNIST: 60,000 + 10,000 handwritten digits, 28x28 greyscale pixels.

    Source: LeCun, Bottou, Bengio & Haffner 1998, Proceedings of the IEEE 86 (11).
    """

    published_shape: ClassVar[tuple[Shape, int] | None] = ((1, 28, 28), 10)

    def files(self) -> list[Path]:
        """The four bundled files."""
        return [Path(str(FOLDER.joinpath(f"{name}.gz"))) for name in PUBLISHED_SHA256]

    def read(self, rng: RandomGenerator) -> Dataset:
        """All 70,000 samples, in the order of the published files.

        Raises DataError when the bundled files are not the published ones.
        """
        try:
            dataset = read_folder(FOLDER)
            for name, expected in PUBLISHED_SHA256.items():
                if dataset.checksums[name] != expected:
                    raise DataError(f"{name}: expected SHA-256 {expected}, found {dataset.checksums[name]}")
        except DataError as error:
            raise DataError(f"the bundled MNIST is damaged; reinstall nnlab-runner: {error}") from error
        return dataset
