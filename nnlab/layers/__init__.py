"""Layers by name; importing this package registers all of them."""

from nnlab.layers import (
    activations,
    activity,
    batch_norm,
    concat,
    conv,
    dropout,
    flatten,
    layer_norm,
    linear,
    lrn,
    pool,
    prelu,
    residual,
    smooth_activations,
    upsample,
)
from nnlab.layers.base import Layer

__all__ = [
    "Layer",
    "activations",
    "activity",
    "batch_norm",
    "concat",
    "conv",
    "dropout",
    "flatten",
    "layer_norm",
    "linear",
    "lrn",
    "pool",
    "prelu",
    "residual",
    "smooth_activations",
    "upsample",
]
