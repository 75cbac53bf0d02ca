"""Models of linear layers: the softmax classifier and the multi-layer perceptron."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, Le, MaxLen

from nnlab.core.arrays import Shape
from nnlab.core.initialisers import He, Initialiser
from nnlab.layers.activations import ReLU
from nnlab.layers.base import Activation, Layer
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.dropout import MAX_RATE, Dropout
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear
from nnlab.models.base import Model
from nnlab.registry import Component, Doc, OptionalComponent, models


@models.register("mlp")
@dataclass(kw_only=True)
class MLP(Model):
    """Linear layers with an activation after each but the last; samples are flattened.

    In each hidden block: linear, batch_norm (if asked for), activation, dropout (if asked for).
    Source: Rumelhart, Hinton & Williams 1986, Nature 323; "Deep Learning from Scratch", chapters 3 to 6.
    """

    hidden: Annotated[
        list[Annotated[int, Ge(1), Le(10**7)]], MaxLen(1000), Doc("units of each hidden layer, such as [100, 50]")
    ]
    activation: Annotated[Activation, Component("activation"), Doc("activation of the hidden layers")] = field(
        default_factory=ReLU
    )
    init: Annotated[Initialiser, Component("initialiser"), Doc("weight initialiser")] = field(default_factory=He)
    batch_norm: Annotated[
        BatchNorm | None,
        OptionalComponent("layer", "batch_norm"),
        Doc("batch normalisation between linear layer and activation: true, or its keys"),
    ] = None
    dropout: Annotated[float, Ge(0), Le(MAX_RATE), Doc("fraction of hidden outputs set to zero while training")] = 0.0

    def stack(self, in_shape: Shape, out_shape: Shape) -> list[Layer]:
        """Flatten if needed, the hidden blocks, and a linear layer with one output for each class or target."""
        stack: list[Layer] = [Flatten()] if len(in_shape) != 1 else []
        for units in self.hidden:
            stack.append(Linear(units=units, init=self.init))
            if self.batch_norm is not None:
                stack.append(deepcopy(self.batch_norm))
            stack.append(deepcopy(self.activation))
            if self.dropout > 0:
                stack.append(Dropout(rate=self.dropout))
        stack.append(Linear(units=out_shape[-1], init=self.init))
        return stack


@models.register("softmax")
@dataclass(kw_only=True)
class Softmax(Model):
    """One linear layer: with cross-entropy, multinomial logistic regression.

    Source: CS231n, "Linear classification"; "Deep Learning from Scratch", section 4.4.2 (simpleNet).
    """

    init: Annotated[Initialiser, Component("initialiser"), Doc("weight initialiser")] = field(default_factory=He)

    def stack(self, in_shape: Shape, out_shape: Shape) -> list[Layer]:
        """Flatten if needed, then one linear layer."""
        return MLP(hidden=[], init=self.init).stack(in_shape, out_shape)
