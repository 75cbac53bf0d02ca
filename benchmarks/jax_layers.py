"""nnlab's layers as functions of JAX, for images that lie as N, H, W, C."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from nnlab.core.arrays import Array
from nnlab.data.pipeline.batches import Batch
from nnlab.layers.base import Layer
from nnlab.registry import registered_name

Values = list[dict[str, Any]]
State = list[Any]
# (values of the layer, its state, x, key, training) -> (y, new state)
Function = Callable[..., tuple[jax.Array, Any]]


@dataclass(frozen=True)
class Functions:
    """A network: start values and state of each layer, and the functions."""

    values: Values
    state: State
    functions: Sequence[Function]
    images: bool  # whether its inputs are images, not rows of numbers
    random: bool

    def apply(
        self, values: Values, state: State, x: jax.Array, key: jax.Array, *, training: bool
    ) -> tuple[jax.Array, State]:
        """Scores, and the state after them."""
        after = []
        for index, function in enumerate(self.functions):
            own = jax.random.fold_in(key, index) if training and self.random else key
            x, new = function(values[index], state[index], x, own, training)
            after.append(new)
        return x, after

    def inputs(self, batch: Batch) -> Batch:
        """Samples as the network takes them."""
        x, y = batch
        return (np.ascontiguousarray(x.transpose(0, 2, 3, 1)) if self.images else x.reshape(len(x), -1)), y


def layer_functions(layers: Sequence[Layer]) -> Functions:
    """The same network with the same weights."""
    values, state, functions = [], [], []
    images = any(registered_name(layer) == "conv2d" for layer in layers)
    flattened: tuple[int, ...] | None = None  # the shape before flattening, which a linear layer's rows are in
    for layer in layers:
        name = registered_name(layer)
        own: dict[str, Array] = {parameter.name: np.array(parameter.value) for parameter in layer.parameters}
        if name == "conv2d":
            own["W"] = np.ascontiguousarray(own["W"].transpose(2, 3, 1, 0))
        if name == "flatten":
            flattened = layer.in_shape if images else None
        if name == "linear" and flattened:  # rows from the order C, H, W to H, W, C
            rows = np.arange(own["W"].shape[0]).reshape(flattened).transpose(1, 2, 0).reshape(-1)
            own["W"], flattened = own["W"][rows], None
        values.append(own)
        running = name == "batch_norm"
        state.append((np.zeros_like(own["gamma"]), np.ones_like(own["gamma"])) if running else ())
        functions.append(FUNCTIONS[name](layer))
    return Functions(values, state, functions, images, any(registered_name(layer) == "dropout" for layer in layers))


def _plain(function: Callable[[jax.Array], jax.Array]) -> Callable[[Any], Function]:
    return lambda layer: lambda values, state, x, key, training: (function(x), state)


def _linear(layer: Any) -> Function:
    return lambda values, state, x, key, training: (x @ values["W"] + values["b"], state)


def _conv2d(layer: Any) -> Function:
    padding = "SAME" if layer.padding == "same" else [(layer.padding, layer.padding)] * 2
    strides = (layer.stride, layer.stride)

    def apply(values: Any, state: Any, x: jax.Array, key: jax.Array, training: bool) -> tuple[jax.Array, Any]:
        y = lax.conv_general_dilated(x, values["W"], strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))
        return y + values["b"], state

    return apply


def _max_pool(layer: Any) -> Function:
    """Of windows side by side as the maximum over axes, which is faster backward than ``reduce_window``."""
    size, stride = layer.size, layer.stride or layer.size

    def apply(values: Any, state: Any, x: jax.Array, key: jax.Array, training: bool) -> tuple[jax.Array, Any]:
        N, H, W, C = x.shape
        if size == stride and H % size == W % size == 0:
            return x.reshape(N, H // size, size, W // size, size, C).max((2, 4)), state
        window, strides = (1, size, size, 1), (1, stride, stride, 1)
        return lax.reduce_window(x, -jnp.inf, lax.max, window, strides, "VALID"), state

    return apply


def _batch_norm(layer: Any) -> Function:
    def apply(values: Any, state: Any, x: jax.Array, key: jax.Array, training: bool) -> tuple[jax.Array, Any]:
        mean, variance = state
        if training:
            axes = tuple(range(x.ndim - 1))
            mean, variance = x.mean(axes), x.var(axes)
            state = tuple(
                layer.momentum * old + (1 - layer.momentum) * new
                for old, new in zip(state, (mean, variance), strict=True)
            )
        return (x - mean) * (values["gamma"] * lax.rsqrt(variance + layer.eps)) + values["beta"], state

    return apply


def _lrn(layer: Any) -> Function:
    size = layer.size // 2 * 2 + 1

    def apply(values: Any, state: Any, x: jax.Array, key: jax.Array, training: bool) -> tuple[jax.Array, Any]:
        sums = lax.reduce_window(x * x, 0.0, lax.add, (1, 1, 1, size), (1, 1, 1, 1), "SAME")
        return x * (layer.k + layer.alpha * sums) ** -layer.beta, state

    return apply


def _dropout(layer: Any) -> Function:
    keep = 1 - layer.rate

    def apply(values: Any, state: Any, x: jax.Array, key: jax.Array, training: bool) -> tuple[jax.Array, Any]:
        return (jnp.where(jax.random.bernoulli(key, keep, x.shape), x / keep, 0) if training else x), state

    return apply


def _upsample(layer: Any) -> Function:
    return _plain(lambda x: x.repeat(layer.factor, 1).repeat(layer.factor, 2))(layer)


FUNCTIONS: dict[str, Callable[[Any], Function]] = {
    "linear": _linear,
    "conv2d": _conv2d,
    "max_pool": _max_pool,
    "batch_norm": _batch_norm,
    "lrn": _lrn,
    "dropout": _dropout,
    "upsample": _upsample,
    "flatten": _plain(lambda x: x.reshape(len(x), -1)),
    "relu": _plain(jax.nn.relu),
    "sigmoid": _plain(jax.nn.sigmoid),
    "tanh": _plain(jnp.tanh),
}
