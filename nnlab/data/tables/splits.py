"""Splits of a table: by a column, or a fraction of the samples drawn for testing."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

import numpy as np
from annotated_types import Ge, Lt

from nnlab.core.random import RandomGenerator
from nnlab.core.task import NUMBERS
from nnlab.data.dataset import Dataset
from nnlab.data.pipeline.splitting import hold_out_share
from nnlab.data.tables.rows import Rows
from nnlab.errors import DataError
from nnlab.registry import Doc
from nnlab.text import quote

TestSplit = Annotated[
    float, Ge(0), Lt(1), Doc("fraction of the samples held out for testing, unless the data contains test samples")
]

SPLITS = {
    **dict.fromkeys(("train", "training", "学習", "訓練"), "train"),
    **dict.fromkeys(("test", "testing", "テスト"), "test"),
    **dict.fromkeys(("validation", "valid", "val", "dev", "検証"), "validation"),
}
"""Words for each split, case-insensitive."""
_ADJECTIVES = {"train": "training", "validation": "validation", "test": "test"}


def samples_by_split(counts: Mapping[str, int]) -> str:
    """The number of samples in each split, as ``120 training and 30 test samples``."""
    return " and ".join(f"{count:,} {_ADJECTIVES[part]}" for part, count in counts.items() if count) + " samples"


def split_counts(table: Rows) -> dict[str, int]:
    """The number of samples per split; unknown words are ignored."""
    counts = dict.fromkeys(_ADJECTIVES, 0)
    found = np.bincount(table.parts, minlength=len(table.part_texts))
    for text, count in zip(table.part_texts, found.tolist(), strict=True):
        if part := SPLITS.get(text.casefold()):
            counts[part] += count
    return counts


def split_by_column(dataset: Dataset, table: Rows, column: str, name: str) -> Dataset:
    """The dataset split by a column.

    Raises DataError for unknown words, and for classes without training samples.
    """
    where = f"{name}: data.split_column: {quote(column)}"
    unknown = next((text for text in table.part_texts if text.casefold() not in SPLITS), None)
    if unknown is not None:
        raise DataError(
            f"{where}: expected train, validation or test, found {quote(unknown) if unknown else 'nothing'}"
        )
    part_of = [SPLITS[text.casefold()] for text in table.part_texts]
    splits = {}
    for part in ("train", "validation", "test"):
        codes = [code for code, found in enumerate(part_of) if found == part]
        indices = np.flatnonzero(np.isin(table.parts, codes))
        splits[part] = dataset.train.take(indices) if len(indices) else None
    train = splits["train"]
    if train is None:
        raise DataError(f"{where}: expected rows with train, found none")
    absent = np.flatnonzero(replace(dataset, train=train).class_counts == 0)
    if len(absent):
        class_name = quote(dataset.class_names[absent[0]])
        raise DataError(f"{where}: expected training samples of every class, found none of class {class_name}")
    return replace(dataset, train=train, validation=splits["validation"], test=splits["test"])


def hold_out_test(dataset: Dataset, share: float, rng: RandomGenerator, name: str) -> Dataset:
    """The dataset with its training samples shuffled, and ``share`` of them held out for testing, stratified by class.

    They are moved within the given arrays. Raises DataError when there are too few samples for that.
    """
    kept, held_out = hold_out_share(dataset.train.strata, share, rng, dataset.train.fewest)
    if share and not len(held_out):
        classes, less = f" in {dataset.classes} classes", ", or would leave a class without training samples"
        if dataset.task == NUMBERS:
            classes = less = ""
        raise DataError(
            f"{name}: data.test_split: {share} of {len(kept)} samples{classes} is less than one sample{less}; "
            "0 means no test set"
        )
    train, test = dataset.train.parted(kept, held_out, in_place=True)
    return replace(dataset, train=train, test=test if share else None)
