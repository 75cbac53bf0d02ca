"""What layers with weights share: an initialiser, a bias, and their own regularisation."""

from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, Le

from nnlab.core.arrays import Shape
from nnlab.core.flat_parameters import Parameter
from nnlab.core.initialisers import He, Initialiser
from nnlab.layers.base import FROZEN, Layer
from nnlab.registry import Component, Doc
from nnlab.regularizers import L1, L2, Regularizer


@dataclass(kw_only=True)
class WeightedLayer(Layer):
    """A layer with weights W, which its ``build`` declares, and a bias b."""

    init: Annotated[Initialiser, Component("initialiser"), Doc("weight initialiser")] = field(default_factory=He)
    bias: Annotated[bool, Doc("whether the layer has a bias b")] = True
    l1: Annotated[float, Ge(0), Le(1e6), Doc("λ of L1 regularisation of this layer, added to the global one")] = 0.0
    l2: Annotated[float, Ge(0), Le(1e6), Doc("λ of L2 regularisation of this layer, added to the global one")] = 0.0
    frozen: Annotated[bool, FROZEN] = False

    def weights_and_bias(self, shape: Shape, fan_in: int, outputs: int) -> tuple[Parameter, Parameter | None]:
        """Declare W and, with ``bias``, b; raises ShapeError where the initialiser does not fit."""
        if message := self.init.mismatch(shape, (outputs,) if self.bias else None):
            raise self.shape_error(message)
        W = self.weight("W", shape, self.init, fan_in)
        if not self.bias:
            return W, None
        b = Parameter("b", (outputs,), lambda rng: self.init.start_bias((outputs,)), regularized=False)
        b.repeatable = self.init.repeatable
        return W, self.declare(b)

    def regularizers(self) -> list[tuple[Regularizer, Parameter]]:
        """The layer's own regularizers of its weights; none where they are frozen, as they would be constant."""
        if self.frozen:
            return []
        weights = [parameter for parameter in self.parameters if parameter.regularized]
        own: list[Regularizer] = [L1(strength=self.l1), L2(strength=self.l2)]
        return [(regularizer, W) for regularizer in own if regularizer.strength > 0 for W in weights]
