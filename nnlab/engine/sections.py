"""A network cut at its large layers, whose products are split between replicas by weights, not by samples."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from nnlab.core.arrays import Array, Shape
from nnlab.core.threads import Workers
from nnlab.core.workspace import Workspace
from nnlab.engine.joint_layer import JointLayer, is_joint
from nnlab.layers.composite import backward, forward
from nnlab.models.network import Network


@dataclass
class Section:
    """Consecutive layers of a network and its replicas, and the large layer after them.

    The layers are those from ``start`` to ``stop`` in the order of each network as it is at the time. Each network
    computes them for its own part of a batch. The large layer is None after the last section. Layers before
    ``first_trained`` need no gradient. ``in_shape`` is the shape of a sample at the start, ``out_shape`` at the stop.
    """

    networks: Sequence[Network]
    start: int
    stop: int
    joint: JointLayer | None
    first_trained: int
    in_shape: Shape
    out_shape: Shape
    workspace: Workspace = field(default_factory=Workspace)

    def forward(self, x: Array, parts: Sequence[slice], workers: Workers, *, training: bool = True) -> Array:
        """The output for a whole batch."""
        if self.start < self.stop:
            out = self.workspace.array("out", (len(x), *self.out_shape), x.dtype)

            def compute(index: int) -> None:
                layers = self.networks[index].order[self.start : self.stop]
                out[parts[index]] = forward(layers, x[parts[index]], training=training)

            workers.run(compute, len(parts))
            x = out
        return x if self.joint is None else self.joint.forward(x, parts, workers)

    def backward(self, dy: Array, parts: Sequence[slice], workers: Workers, *, input_gradient: bool) -> Array | None:
        """The gradient of the input for a whole batch; None where nothing needs it, unless ``input_gradient``."""
        start = self.start if input_gradient else min(max(self.start, self.first_trained), self.stop)
        wanted = input_gradient or self.start > self.first_trained
        if self.joint is not None:
            dx = self.joint.backward(dy, parts, workers, input_gradient=wanted or start < self.stop)
            if dx is None:
                return None
            dy = dx
        if start == self.stop:
            return dy if wanted else None
        whole = self.workspace.array("dx", (len(dy), *self.in_shape), dy.dtype) if wanted else None

        def compute(index: int) -> None:
            layers, d = self.networks[index].order[start : self.stop], dy[parts[index]]
            if whole is None:
                layers[0].backward_parameters(backward(layers[1:], d))
            else:
                whole[parts[index]] = backward(layers, d)

        workers.run(compute, len(parts))
        return whole


def cut_at_large_layers(networks: Sequence[Network], first_trained: int) -> list[Section]:
    """The sections of a network and its replicas; gradients start at the layer ``first_trained`` of their order."""
    order, sections = networks[0].order, []
    start, in_shape = 0, networks[0].in_shape
    for stop, layer in enumerate(order):
        if is_joint(layer):
            joint = JointLayer([each for network in networks if is_joint(each := network.order[stop])])
            sections.append(Section(networks, start, stop, joint, first_trained, in_shape, layer.in_shape))
            start, in_shape = stop + 1, layer.out_shape
    if start < len(order):
        out_shape = networks[0].out_shape
        sections.append(Section(networks, start, len(order), None, first_trained, in_shape, out_shape))
    return sections
