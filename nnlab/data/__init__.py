"""Datasets by name; importing this package registers all of them."""

from nnlab.data.dataset import Dataset, Split
from nnlab.data.dataset_source import DatasetSource
from nnlab.data.sources import (
    binary_addition,
    cifar10,
    embedded,
    fashion_mnist,
    idx,
    images,
    latch,
    mnist,
    sine_sequence,
    table,
    text,
    toy,
    toy_regression,
)

__all__ = [
    "Dataset",
    "DatasetSource",
    "Split",
    "binary_addition",
    "cifar10",
    "embedded",
    "fashion_mnist",
    "idx",
    "images",
    "latch",
    "mnist",
    "sine_sequence",
    "table",
    "text",
    "toy",
    "toy_regression",
]
