"""Layers by name; importing this package registers all of them."""

from nnlab.layers import activations, batch_norm, dropout, flatten, linear
from nnlab.layers.base import Layer

__all__ = ["Layer", "activations", "batch_norm", "dropout", "flatten", "linear"]
