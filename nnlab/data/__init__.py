"""Datasets by name; importing this package registers all of them."""

from nnlab.data import idx, mnist, table, toy
from nnlab.data.dataset import Dataset, DatasetSource, Split

__all__ = ["Dataset", "DatasetSource", "Split", "idx", "mnist", "table", "toy"]
