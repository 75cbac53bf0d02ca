"""What recurrent layers share: weights for the input and for the state, sequences step by step, sums over the steps."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array, Shape, column_sums, shape_text
from nnlab.core.flat_parameters import Parameter
from nnlab.core.initialisers import Glorot, Initialiser, Orthogonal
from nnlab.layers.steps import time_major
from nnlab.layers.weighted import WeightedLayer
from nnlab.registry import Component, Doc


@dataclass(kw_only=True)
class RecurrentLayer(WeightedLayer):
    """A state h of ``units`` numbers for each sample, 0 before the first step; (N, T, D) to (N, T, units): y_t = h_t.

    The weights of all gates are side by side: Wx (D, gates·units), Wh (units, gates·units), b (gates·units,). Inside,
    arrays are (T, N, ...): what belongs to one step is adjacent in memory.
    """

    recurrent = True
    gates: ClassVar[int] = 1
    gate_names: ClassVar[tuple[str, ...]] = ()

    units: Annotated[int, Ge(1), Le(10**6), Doc("size of the state, which is the output of each step")]
    init: Annotated[Initialiser, Component("initialiser"), Doc("initialiser of Wx, the weights of the input")] = field(
        default_factory=Glorot
    )
    recurrent_init: Annotated[
        Initialiser, Component("initialiser"), Doc("initialiser of Wh, the weights of the state")
    ] = field(default_factory=Orthogonal)

    def build(self, in_shape: Shape) -> Shape:
        """(T, D) to (T, units)."""
        if len(in_shape) != 2:
            raise self.shape_error(f"needs a sequence (T, D), got {shape_text(in_shape)}{_remedy(in_shape)}")
        T, D = in_shape
        self.successive_steps = T
        outputs = (self.gates * self.units,)
        shape, recurrent = (D, *outputs), (self.units, *outputs)
        if message := self.init.mismatch(shape, outputs if self.bias else None):
            raise self.shape_error(message)
        if message := self.recurrent_init.mismatch(recurrent, None):
            raise self.shape_error(f"recurrent_{message}")
        self.Wx = self.weight("Wx", shape, self.init, D)
        self.Wh = self.weight("Wh", recurrent, self.recurrent_init, self.units)
        self.b: Parameter | None = None
        if self.bias:
            self.b = self.declare(Parameter("b", outputs, lambda rng: self.initial_bias(outputs), regularized=False))
        return (T, self.units)

    def initial_bias(self, shape: Shape) -> Array:
        """New float64 values of b."""
        return self.init.start_bias(shape)

    def weight_uses(self) -> int:
        return self.in_shape[0]

    @abstractmethod
    def run(self, x: Array, h: Array) -> None:
        """Write h[1:], the state after each step of x (T, N, D), from h[0]."""

    @abstractmethod
    def through_time(self, dy: Array, dz: Array) -> None:
        """Write dz (T, N, gates·units), the gradient of x Wx + b, from that of each output, from the last step back."""

    def forward(self, x: Array, *, training: bool) -> Array:
        """h_1 to h_T."""
        self._x = x = time_major(x, self.workspace, "x")
        T, N, _ = x.shape
        self._h = h = self.workspace.array("h", (T + 1, N, self.units), x.dtype)
        h[0] = 0
        self.run(x, h)
        return h[1:].swapaxes(0, 1)

    def backward_parameters(self, dy: Array) -> None:
        """dWx = Σ_t x_tᵀ dz_t, dWh = Σ_t h_{t−1}ᵀ dz_t, db = Σ_t,n dz: one product each over all steps."""
        if not self.frozen:
            self.write_gradients(self._back(dy))

    def backward(self, dy: Array) -> Array:
        """Also dx_t = dz_t Wxᵀ."""
        dz = self._back(dy)
        if not self.frozen:
            self.write_gradients(dz)
        dx = self.workspace.array("dx", self._x.shape, dz.dtype)
        np.matmul(_rows(dz), self.Wx.value.T, out=_rows(dx))
        return dx.swapaxes(0, 1)

    def backward_details(self) -> dict[str, Array]:
        """The gradient of a = x_t Wx + h_{t−1} Wh + b, the inputs of the gates, at each step."""
        dz = self._dz.swapaxes(0, 1)
        if not self.gate_names:
            return {"da": dz}
        return {
            f"da_{name}": dz[..., index * self.units : (index + 1) * self.units]
            for index, name in enumerate(self.gate_names)
        }

    def write_gradients(self, dz: Array) -> None:
        """The gradients of Wx, Wh and b, from dz (T, N, gates·units)."""
        rows = _rows(dz)
        np.matmul(_rows(self._x).T, rows, out=self.Wx.grad)
        if self.b is not None:
            column_sums(rows, out=self.b.grad)
        self.write_recurrent_gradients(rows)

    def write_recurrent_gradients(self, dz: Array) -> None:
        """The gradient of Wh from dz (T·N, gates·units): h_{t−1} is multiplied by all of it."""
        np.matmul(_rows(self._h[:-1]).T, dz, out=self.Wh.grad)

    def _back(self, dy: Array) -> Array:
        T, N, _ = self._x.shape
        dz = self.workspace.array("dz", (T, N, self.gates * self.units), dy.dtype)
        self.through_time(dy.swapaxes(0, 1), dz)
        self._dz = dz
        return dz

    def gradients_through_time(self) -> Array:
        """‖∂L/∂z_t‖ (T,) of the last backward, in float64: how large the gradient is that reaches each step.

        z_t are the inputs of the gates, x_t Wx + h_{t−1} Wh + b.
        """
        squares = np.square(self._dz.reshape(len(self._dz), -1), dtype=np.float64)
        return np.asarray(np.sqrt(squares.sum(axis=1)))

    def blocks(self, name: str, W: Parameter, halved: Sequence[int] = ()) -> Array:
        """Wx or Wh with a block for each gate, (gates, D, units); those of sigmoid gates are ``halved``.

        σ(z) = (1 + tanh(z/2)) / 2, so that one tanh serves all gates. Blocks are adjacent in memory: NumPy takes 1.3 µs
        for a product of two, 3.4 µs where they are columns of one matrix.
        """
        value = W.value
        found = self.workspace.array(name, (self.gates, len(value), self.units), value.dtype)
        np.copyto(found, value.reshape(len(value), self.gates, self.units).transpose(1, 0, 2))
        for gate in halved:
            found[gate] *= 0.5
        return found

    def input_products(self, x: Array, halved: Sequence[int] = ()) -> Array:
        """x Wx + b for all steps in one product, with a block for each gate: (gates, T, N, units)."""
        z = self.workspace.array("z", (self.gates, *x.shape[:2], self.units), x.dtype)
        np.matmul(_rows(x), self.blocks("Wx", self.Wx, halved), out=z.reshape(self.gates, -1, self.units))
        if self.b is not None:
            b = self.workspace.array("b", (self.gates, 1, 1, self.units), x.dtype)
            np.copyto(b, self.b.value.reshape(b.shape))
            for gate in halved:
                b[gate] *= 0.5
            z += b
        return z

    def transposed_state_weights(self) -> Array:
        """Whᵀ, contiguous: a product with it takes 88 µs, with the transposed view 111."""
        WhT = self.workspace.array("WhT", self.Wh.shape[::-1], self.Wh.value.dtype)
        np.copyto(WhT, self.Wh.value.T)
        return WhT

    def state(self, name: str) -> Array:
        """Memory of the size of one state, (N, units)."""
        return self.workspace.array(name, self._h.shape[1:], self._h.dtype)


def sigmoid_of_tanh(y: Array) -> None:
    """From tanh(z/2) to σ(z), in place."""
    y *= 0.5
    y += 0.5


def _rows(steps: Array) -> Array:
    """(T, N, D) as (T·N, D)."""
    return steps.reshape(-1, steps.shape[-1])


def _remedy(in_shape: Shape) -> str:
    """What turns a sample of another shape into a sequence."""
    if len(in_shape) == 3:
        return "; put an image_rows layer before it"
    return "; put a reshape layer before it, or an embedding if these are tokens" if len(in_shape) == 1 else ""
