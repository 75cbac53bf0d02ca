"""What a component of your own is made of, by one import: ``from nnlab.components import Doc, Layer, layers``."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Le, Lt

from nnlab.core.arrays import Array, Shape
from nnlab.core.initialisers import He, Initialiser, Normal, Xavier
from nnlab.core.random import RandomGenerator
from nnlab.core.rows import Bounds
from nnlab.data.dataset import Dataset, Split
from nnlab.data.dataset_source import DatasetSource
from nnlab.data.pipeline.augmentation import Augmentation
from nnlab.data.target_columns import TargetColumns
from nnlab.hyperparameters import Component, Doc
from nnlab.layers.base import Activation, Layer
from nnlab.layers.composite import Composite
from nnlab.losses import Loss
from nnlab.metrics import Metric
from nnlab.models.base import Model
from nnlab.optim.base import Block, Optimizer
from nnlab.optim.schedules import Schedule
from nnlab.registry import (
    activations,
    augmentations,
    datasets,
    initialisers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
    schedules,
)
from nnlab.regularizers import Regularizer

__all__ = [
    "Activation",
    "Annotated",
    "Array",
    "Augmentation",
    "Block",
    "Bounds",
    "ClassVar",
    "Component",
    "Composite",
    "Dataset",
    "DatasetSource",
    "Doc",
    "Ge",
    "Gt",
    "He",
    "Initialiser",
    "Layer",
    "Le",
    "Loss",
    "Lt",
    "Metric",
    "Model",
    "Normal",
    "Optimizer",
    "RandomGenerator",
    "Regularizer",
    "Schedule",
    "Shape",
    "Split",
    "TargetColumns",
    "Xavier",
    "activations",
    "augmentations",
    "dataclass",
    "datasets",
    "field",
    "initialisers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "regularizers",
    "schedules",
]
