"""The user's own data: a CSV file with a header row, or arrays in an .npz file."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Lt

from nnlab.core.arrays import Array
from nnlab.core.random import Draws
from nnlab.data.dataset import Dataset, DatasetSource, Split
from nnlab.data.inputs import Scaling
from nnlab.data.reading import file_name, opened
from nnlab.data.splitting import hold_out_share
from nnlab.data.table_csv import read_csv
from nnlab.data.table_npz import ZIP_MAGIC, read_npz
from nnlab.errors import DataError
from nnlab.registry import Doc, FilePath, datasets


@datasets.register("table")
@dataclass(kw_only=True)
class Table(DatasetSource):
    """A CSV with a header row (comma, semicolon or tab; UTF-8), or an .npz with x and y or x_train, y_train, ....

    The samples are put into random order before they are split, unless the .npz has a test set of its own. uint8
    images in an .npz stay pixels and are not scaled here.
    """

    path: Annotated[str, FilePath(), Doc("CSV or .npz file")]
    label: Annotated[str | None, Doc("column of the labels; null for the last one (.npz: array, null for y)")] = None
    features: Annotated[list[str] | None, Doc("feature columns; null for all others (.npz: one array, null for x)")] = (
        None
    )
    test_split: Annotated[
        float, Ge(0), Lt(1), Doc("share of the samples held out for testing, unless the .npz has test arrays")
    ] = 0.2
    scaling: Annotated[
        Literal["none", "standard", "minmax"],
        Doc("features to mean 0 and standard deviation 1, or to [0, 1], by the training samples' statistics"),
    ] = "standard"

    def files(self) -> list[Path]:
        """The user's file."""
        return [Path(self.path)]

    def read(self, draws: Draws) -> Dataset:
        """All samples of the file, split.

        Raises DataError when the file is missing, damaged, or holds no labelled samples.
        """
        path = Path(self.path)
        name = file_name(path)
        with opened(path) as (file, _):
            zipped = file.read(len(ZIP_MAGIC)) == ZIP_MAGIC
        dataset = (read_npz if zipped else read_csv)(path, self.label, self.features)
        if dataset.test is None:
            kept, held_out = hold_out_share(dataset.train.labels, self.test_split, draws)
            if self.test_split and not len(held_out):
                raise DataError(
                    f"{name}: data.test_split: {self.test_split} of {len(kept)} samples in {dataset.classes} classes "
                    f"is no whole sample, or would leave a class without any; 0 means no test set"
                )
            test = dataset.train.take(held_out) if self.test_split else None
            dataset = replace(dataset, train=dataset.train.take(kept), test=test)
        return dataset

    def finish(self, dataset: Dataset) -> Dataset:
        """The samples scaled by the statistics of those trained on; raises DataError when they cannot be scaled."""
        if self.scaling == "none" or dataset.train.inputs.dtype == np.uint8:
            return dataset
        return _scaled(dataset, self.scaling, file_name(Path(self.path)))


def _scaled(dataset: Dataset, kind: str, name: str) -> Dataset:
    train = dataset.train.inputs
    low, high = train.min(axis=0), train.max(axis=0)
    constant = low == high
    with np.errstate(all="ignore"):
        centre, spread = (train.mean(axis=0), train.std(axis=0)) if kind == "standard" else (low, high - low)
        # The rounded mean of a constant column may differ from it, and its spread be a tiny number instead of 0.
        centre, spread = np.where(constant, low, centre), np.where(constant, 1.0, spread)

        scaling = Scaling(centre, spread)

        def scale(split: Split) -> Split:
            return replace(split, inputs=scaling.apply(split.inputs))

        scaled = replace(
            dataset,
            train=scale(dataset.train),
            test=None if dataset.test is None else scale(dataset.test),
            validation=None if dataset.validation is None else scale(dataset.validation),
            scaling=scaling,
        )
    for split in filter(None, (scaled.train, scaled.test, scaled.validation)):
        _check_range(split.inputs, spread, name)
    return scaled


def _check_range(inputs: Array, spread: Array, name: str) -> None:
    bad = ~(np.isfinite(inputs).all(axis=0) & np.isfinite(spread))
    if bad.any():
        raise DataError(
            f"{name}: feature {int(np.argmax(bad)) + 1}: its values are too large or too close together to be scaled"
        )
