"""User data: a CSV file (optionally with a second one for testing), .npz or .npy arrays."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Le, MaxLen, MinLen

from nnlab.core.random import RandomGenerator
from nnlab.core.task import CLASSES, NUMBERS, Task
from nnlab.data.dataset import Dataset
from nnlab.data.dataset_source import DatasetSource
from nnlab.data.files.file_kinds import HEAD, refuse_other_kind
from nnlab.data.files.npy_header import NPY_MAGIC
from nnlab.data.files.reading import file_name, opened
from nnlab.data.tables.cache import TableCache
from nnlab.data.tables.csv_file import CsvSettings, read_csv
from nnlab.data.tables.csv_text import MISSING_VALUES, CsvFormat
from nnlab.data.tables.images import as_images
from nnlab.data.tables.missing import impute
from nnlab.data.tables.npy_files import read_npy
from nnlab.data.tables.npz_file import ZIP_MAGIC, read_npz
from nnlab.data.tables.scaling import FeatureScaling, scale_features
from nnlab.data.tables.splits import TestSplit, hold_out_test
from nnlab.errors import DataError
from nnlab.registry import Doc, FilePath, OmittedAtDefault, datasets

Encoding = Literal[
    "auto",
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "cp932",
    "shift_jis",
    "euc_jp",
    "iso2022_jp",
    "gb18030",
    "big5",
    "euc_kr",
    "cp1252",
    "latin-1",
]

_NUMBERS = ("targets", "test_targets")
_NPY_ONLY = ("labels", "test_labels", *_NUMBERS)
_ARRAYS = {
    ".npz": "whose arrays are named: x_train, y_train, x_val, y_val, x_test, y_test",
    ".npy": "whose labels are in a file given by data.labels",
}
_NPY_TARGETS = "whose numbers are in a file given by data.targets"


@datasets.register("table")
@dataclass(kw_only=True)
class Table(DatasetSource):
    """A CSV file with or without header row, an .npz with x and y or x_train, y_train, ..., or .npy files.

    Samples are shuffled before the test split, unless the test samples come from their own file, column or array.
    Images in an .npz or .npy file may be (N, H, W), (N, H, W, C) or (N, C, H, W); pixels from 0 to 255 are scaled to
    [0, 1], other floats are unchanged. Text columns are one-hot encoded.
    Source: the user's file.
    """

    fresh: ClassVar[bool] = True

    path: Annotated[str, FilePath(), Doc("CSV (also .csv.gz), .npz or .npy file")]
    labels: Annotated[str | None, FilePath(), Doc(".npy file with the labels of an .npy file")] = None
    test_path: Annotated[
        str | None, FilePath(), Doc("CSV with the test samples, columns in any order (or an .npy file)")
    ] = None
    test_labels: Annotated[str | None, FilePath(), Doc(".npy file with the labels of test_path")] = None
    targets: Annotated[
        str | None,
        FilePath(),
        Doc(".npy file with the numbers to predict, in place of labels: a regression"),
        OmittedAtDefault(),
    ] = None
    test_targets: Annotated[
        str | None, FilePath(), Doc(".npy file with the numbers of test_path"), OmittedAtDefault()
    ] = None
    label: Annotated[str | None, Doc("label column; null: the last one (.npz: array name; null: y)")] = None
    target: Annotated[
        str | Annotated[list[str], MinLen(1), MaxLen(1000)] | None,
        Doc("columns of numbers to predict, in place of a label: a regression (.npz: one array name)"),
        OmittedAtDefault(),
    ] = None
    features: Annotated[list[str] | None, Doc("feature columns; null: all others (.npz: one array name; null: x)")] = (
        None
    )
    exclude: Annotated[
        list[str], MaxLen(1000), Doc("columns to exclude, such as an id; '': columns without a name")
    ] = field(default_factory=list)
    split_column: Annotated[str | None, Doc("column with train, validation or test in each row")] = None
    image: Annotated[
        Annotated[list[Annotated[int, Ge(1), Le(10**5)]], MinLen(3), MaxLen(3)] | None,
        Doc("[C, H, W]: reshape each row to an image; integers from 0 to 255 become pixels"),
    ] = None
    test_split: TestSplit = 0.2
    scaling: FeatureScaling = "standard"
    missing: Annotated[
        Literal["refuse", "drop", "mean", "median"] | Annotated[float, Ge(-1e9), Le(1e9)],
        Doc("missing values: refuse, drop the rows, or impute a number or a statistic of the training samples"),
    ] = "refuse"
    missing_values: Annotated[list[str], MaxLen(100), Doc("texts of missing values, case-insensitive")] = field(
        default_factory=lambda: list(MISSING_VALUES)
    )
    categorical: Annotated[
        Literal["auto", "refuse"] | list[str],
        Doc("columns to one-hot encode; auto: columns that contain only text"),
    ] = "auto"
    encoding: Annotated[Encoding, Doc("encoding of a CSV; auto: UTF-8, or UTF-16 with a byte order mark")] = "auto"
    separator: Annotated[
        Literal["auto", ",", ";", "tab", "\t", "|", ":", "whitespace"], Doc("column separator of a CSV")
    ] = "auto"
    decimal: Annotated[Literal[".", ","], Doc("decimal mark of a CSV")] = "."
    header: Annotated[
        Literal["auto"] | bool,
        Doc("first row holds the column names; false: c1, c2, ...; auto: reject a first row that looks like a sample"),
    ] = "auto"
    skip_rows: Annotated[int, Ge(0), Le(10**6), Doc("number of lines to skip before the header, such as a title")] = 0

    def files(self) -> list[Path]:
        given = (self.path, self.labels, self.test_path, self.test_labels, self.targets, self.test_targets)
        return [Path(path) for path in given if path is not None]

    @property
    def task(self) -> Task:
        return CLASSES if self.target is None and self.targets is None else NUMBERS

    @property
    def target_names(self) -> tuple[str, ...] | None:
        """The names in ``target``, if any."""
        return (self.target,) if isinstance(self.target, str) else None if self.target is None else tuple(self.target)

    @property
    def holds_out(self) -> bool:
        """Also true for a split column and for .npz files, which may contain validation samples."""
        return super().holds_out or self.split_column is not None or self.path.lower().endswith(".npz")

    def conflicts(self) -> Iterator[tuple[tuple[str], str]]:
        """Keys that exclude each other."""
        yield from super().conflicts()
        for key, other in (("target", "label"), ("targets", "labels"), ("test_targets", "test_labels")):
            if getattr(self, key) is not None and getattr(self, other) is not None:
                yield (key,), f"both {other} (classes) and {key} (numbers) are given; keep one"
        if self.features is not None and self.exclude:
            yield ("exclude",), "both features and exclude are given; keep one"
        if self.split_column is not None and self.test_path is not None:
            yield ("test_path",), "both split_column and test_path are given; keep one"
        if self.split_column is not None and self.fold is not None:
            yield ("fold",), "both split_column and fold are given; keep one"
        if self.decimal == self.separator:
            yield ("decimal",), "is also the separator; a CSV with decimal commas needs another separator"

    @property
    def form(self) -> CsvFormat:
        """The CSV format of ``path`` and ``test_path``."""
        return CsvFormat(
            self.encoding, self.separator, self.decimal, self.header, self.skip_rows, tuple(self.missing_values)
        )

    def read(self, rng: RandomGenerator) -> Dataset:
        """All samples, split; missing values are NaN.

        Raises DataError when a file is missing, damaged, or has no labelled samples.
        """
        path = Path(self.path)
        name = file_name(path)
        with opened(path) as (file, _):
            head = file.read(HEAD)
        refuse_other_kind(head, name)
        if head.startswith((ZIP_MAGIC, NPY_MAGIC)):
            dataset = self._read_arrays(path, head)
        elif given := next((key for key in _NPY_ONLY if getattr(self, key) is not None), None):
            names = "data.target names its columns of numbers"
            if given not in _NUMBERS:
                names = "data.label names its label column"
            raise DataError(f"{name}: data.{given}: expected an .npy file as data.path, found a CSV; {names}")
        else:
            dataset = self._read_csv(path)
        if self.image is not None:
            dataset = as_images(dataset, self.image, name)
        if dataset.test is None and self.split_column is None:
            dataset = hold_out_test(dataset, self.test_split, rng, name)
        return dataset

    def finish(self, dataset: Dataset) -> Dataset:
        """Impute missing values, scale the features and standardise targets, by statistics of the training samples.

        Raises DataError when that fails.
        """
        name = file_name(Path(self.path))
        if dataset.columns and self.missing not in ("refuse", "drop"):
            dataset = impute(dataset, self.missing, name)
        images = dataset.train.inputs.ndim > 2 and not dataset.columns
        if images or dataset.train.inputs.dtype == np.uint8:
            return dataset.with_standardised_targets()
        return scale_features(dataset, self.scaling, name).with_standardised_targets()

    def _read_arrays(self, path: Path, head: bytes) -> Dataset:
        kind = ".npy" if head.startswith(NPY_MAGIC) else ".npz"
        keys = {".npy": ("label", "features", "target"), ".npz": (*_NPY_ONLY, "test_path")}[kind]
        given = next((key for key in ("split_column", "image", *keys) if getattr(self, key) is not None), None)
        if given is not None:
            where = _NPY_TARGETS if given == "target" else _ARRAYS[kind]
            raise DataError(f"{file_name(path)}: data.{given}: expected a CSV, found an {kind}, {where}")
        if kind == ".npz":
            return read_npz(path, self.label, self.features, self.target_names)
        numbers = self.targets is not None
        paths = (self.targets, self.test_targets) if numbers else (self.labels, self.test_labels)
        labels, test_labels, test_path = (None if name is None else Path(name) for name in (*paths, self.test_path))
        return read_npy(path, labels, test_path, test_labels, numbers=numbers)

    def _read_csv(self, path: Path) -> Dataset:
        settings = CsvSettings(
            self.form,
            self.label,
            None if self.features is None else tuple(self.features),
            tuple(self.exclude),
            self.split_column,
            self.categorical if isinstance(self.categorical, str) else tuple(self.categorical),
            self.missing,
            self.target_names or (),
        )
        return read_csv(path, settings, None if self.test_path is None else Path(self.test_path), TableCache())
