"""Small real datasets, bundled with the package: their sources and licences are in ``files/small/ATTRIBUTION.txt``."""

from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import ClassVar

import numpy as np

from nnlab.core.arrays import Shape
from nnlab.core.random import RandomGenerator
from nnlab.core.task import CLASSES, NUMBERS, Task
from nnlab.data.dataset import Dataset, Split
from nnlab.data.dataset_source import DatasetSource
from nnlab.data.input_format import Scaling
from nnlab.data.tables.csv_file import CsvSettings, read_csv
from nnlab.data.tables.scaling import FeatureScaling, scale_features
from nnlab.data.tables.splits import TestSplit, hold_out_test
from nnlab.errors import DataError
from nnlab.registry import datasets, registered_name

FOLDER = files("nnlab.data").joinpath("files", "small")


@dataclass(kw_only=True)
class EmbeddedSource(DatasetSource):
    """A bundled CSV of samples, shuffled before the test split; ``sha256`` is that of its contents.

    ``label`` is the column of the classes, ``target`` that of numbers to predict in their place.
    """

    fresh: ClassVar[bool] = True
    file: ClassVar[str]
    sha256: ClassVar[str]
    label: ClassVar[str] = "class"
    target: ClassVar[str | None] = None
    exclude: ClassVar[tuple[str, ...]] = ()
    categorical: ClassVar[tuple[str, ...]] = ()

    test_split: TestSplit = 0.2

    @property
    def task(self) -> Task:
        return CLASSES if self.target is None else NUMBERS

    def files(self) -> list[Path]:
        return [Path(str(FOLDER.joinpath(self.file)))]

    def read(self, rng: RandomGenerator) -> Dataset:
        """All samples, split; raises DataError when the bundled file is not the published one."""
        (path,) = self.files()
        try:
            dataset = self.read_file(path)
            if (found := dataset.checksums[path.name]) != self.sha256:
                raise DataError(f"{self.file}: expected SHA-256 {self.sha256}, found {found}")
        except DataError as error:
            name = registered_name(self)
            raise DataError(f"the bundled {name} is damaged; reinstall nnlab-runner: {error}") from error
        return hold_out_test(dataset, self.test_split, rng, self.file)

    def read_file(self, path: Path) -> Dataset:
        """All samples of the file, in its order."""
        label, target = (self.label, ()) if self.target is None else (None, (self.target,))
        settings = CsvSettings(label=label, exclude=self.exclude, categorical=self.categorical or "auto", target=target)
        return read_csv(path, settings)


@dataclass(kw_only=True)
class EmbeddedTable(EmbeddedSource):
    """A bundled table of features."""

    scaling: FeatureScaling = "standard"

    def finish(self, dataset: Dataset) -> Dataset:
        """Scale the features, and a target, by statistics of the training samples."""
        return scale_features(dataset, self.scaling, self.file).with_standardised_targets()


@datasets.register("iris")
@dataclass(kw_only=True)
class Iris(EmbeddedTable):
    """Iris: 150 flowers of 3 species, lengths and widths of sepals and petals in cm.

    Source: Fisher 1936, Annals of Eugenics 7 (2).
    """

    file = "iris.csv"
    sha256 = "dfbd65e193d531368aeb5fa8194e581cc9fb111300f8f89674da07c376ab419e"
    published_shape: ClassVar[tuple[Shape, int] | None] = ((4,), 3)


@datasets.register("wine")
@dataclass(kw_only=True)
class Wine(EmbeddedTable):
    """Wine: 178 Italian wines from 3 cultivators, 13 results of a chemical analysis.

    Source: Aeberhard & Forina 1991, UCI Machine Learning Repository.
    """

    file = "wine.csv"
    sha256 = "d36a29e284f8d726d01de988f3cbd056c22b02d9c15a01e72273e26373faf97d"
    published_shape: ClassVar[tuple[Shape, int] | None] = ((13,), 3)


@datasets.register("breast_cancer")
@dataclass(kw_only=True)
class BreastCancer(EmbeddedTable):
    """Breast Cancer Wisconsin (Diagnostic): 569 tumours, benign or malignant, 30 features of the cell nuclei.

    Source: Wolberg, Mangasarian, Street & Street 1995, UCI Machine Learning Repository.
    """

    file = "breast_cancer.csv"
    sha256 = "af399a019264f7999e6b395ee90576e46564867aa4c8a40797c96be87dc1be55"
    label = "diagnosis"
    published_shape: ClassVar[tuple[Shape, int] | None] = ((30,), 2)


@datasets.register("auto_mpg")
@dataclass(kw_only=True)
class AutoMpg(EmbeddedTable):
    """Auto MPG, a regression: the fuel consumption of 392 cars in miles per gallon, 7 features.

    Source: Quinlan 1993, UCI Machine Learning Repository.
    """

    file = "auto_mpg.csv"
    sha256 = "27865eca92d08e4906b7978aedf241327a9f8435cbf2f2c5b1f3fde3e444b9af"
    target = "mpg"
    exclude = ("car_name",)
    categorical = ("origin",)


@datasets.register("digits")
@dataclass(kw_only=True)
class Digits(EmbeddedSource):
    """Optical Recognition of Handwritten Digits: 1,797 digits of 13 writers, 8x8 grey pixels.

    Pixels are stored from 0 to 16, the number of inked pixels in a block of 4x4, and enter the network from 0 to 1.
    Source: Alpaydin & Kaynak 1998, UCI Machine Learning Repository.
    """

    file = "digits.csv.gz"
    sha256 = "bb91ac08ceeb4eb7ddca61f0af46532f91c54eea07aab185ef61474328881e05"
    published_shape: ClassVar[tuple[Shape, int] | None] = ((1, 8, 8), 10)
    shape: ClassVar[Shape] = (1, 8, 8)
    most: ClassVar[float] = 16.0

    def read_file(self, path: Path) -> Dataset:
        dataset = super().read_file(path)
        return dataset.map_splits(lambda split: replace(split, inputs=split.inputs.reshape(-1, *self.shape)))

    def finish(self, dataset: Dataset) -> Dataset:
        """Scale the pixels from 0 to 16 to [0, 1]."""
        scaling = Scaling(np.zeros(self.shape), np.full(self.shape, self.most))

        def scaled(split: Split) -> Split:
            return replace(split, inputs=scaling.apply(split.inputs))

        return replace(dataset.map_splits(scaled), scaling=scaling)
