"""Datasets by name; importing this package registers all of them."""

from nnlab.data import cifar10, fashion_mnist, idx, mnist, table, toy
from nnlab.data.dataset import Dataset, DatasetSource, Split

__all__ = ["Dataset", "DatasetSource", "Split", "cifar10", "fashion_mnist", "idx", "mnist", "table", "toy"]
