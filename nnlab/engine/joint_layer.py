"""A large layer whose products the replicas of a network compute together."""

from collections.abc import Sequence
from typing import TypeGuard

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.threads import Workers
from nnlab.core.workspace import Workspace
from nnlab.layers.base import Layer
from nnlab.layers.joint_products import JointProducts

# From this many weights the replicas of a linear layer split its products by parts of W in place of parts of the
# batch: each thread reads half of W instead of all of it, and no two gradients are added. With 4096x4096 weights and 8
# samples forward took 11.7 ms on one thread in place of 19.7 for two halves of the batch, dx 16.7 in place of 30.2.
# The choice is by layer and decides last bits: dW is one sum over the batch in place of a sum for each part.
JOINT_WEIGHTS = 2**19


class JointLayer:
    """The replicas of a large layer, of which each multiplies a whole batch by its part of W.

    They write one y and one dx, and dW to the gradient of the first replica; db is computed by each for its part of the
    batch.
    """

    def __init__(self, replicas: Sequence[JointProducts]) -> None:
        self.replicas = replicas
        self._workspace = Workspace()

    def forward(self, x: Array, parts: Sequence[slice], workers: Workers) -> Array:
        """y for a whole batch, of which replica i has the samples ``parts[i]``; there may be fewer parts."""
        self._x = x = np.ascontiguousarray(x)
        replicas = self.replicas
        y = self._workspace.array("y", (len(x), *replicas[0].out_shape), x.dtype)

        def multiply(index: int) -> None:
            if index < len(parts):
                replicas[index].set_joint_input(x[parts[index]])
            columns = part_of_weights(replicas[0].W.shape[1], index, len(replicas))
            replicas[index].joint_forward(x, columns, y)

        workers.run(multiply, len(replicas))
        return y

    def backward(self, dy: Array, parts: Sequence[slice], workers: Workers, *, input_gradient: bool) -> Array | None:
        """Write dW and db; dx with ``input_gradient`` only."""
        x, replicas = self._x, self.replicas
        dx = self._workspace.array("dx", x.shape, x.dtype) if input_gradient else None

        def multiply(index: int) -> None:
            layer = replicas[index]
            if index < len(parts):
                layer.joint = True
                try:
                    layer.backward_parameters(dy[parts[index]])
                finally:
                    layer.joint = False
            rows = part_of_weights(layer.W.shape[0], index, len(replicas))
            layer.joint_backward(x, dy, rows, replicas[0].W.grad, dx)

        workers.run(multiply, len(replicas))
        return dx


def is_joint(layer: Layer) -> TypeGuard[JointProducts]:
    """Whether the replicas of a layer compute its products together."""
    if not isinstance(layer, JointProducts) or not layer.products_are_its_own():
        return False
    return layer.W.size >= JOINT_WEIGHTS and not layer.frozen


def part_of_weights(size: int, index: int, count: int) -> slice:
    """The rows or columns of W that replica ``index`` of ``count`` computes, of ``size`` together."""
    return slice(size * index // count, size * (index + 1) // count)
