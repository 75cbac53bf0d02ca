"""``onnx.reference``, with operators that it computes wrongly or slowly."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from onnx import ModelProto
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

from nnlab.core.arrays import Array


class LRN(OpRun):
    """y_c = x_c / (bias + α/size Σ x_c'²)^β over the channels c' from c − ⌊(size−1)/2⌋ to c + ⌈(size−1)/2⌉.

    onnx up to 1.23 fills as many channels as the batch has samples (onnx/onnx#7805).
    """

    def _run(self, x: Array, alpha: float, beta: float, bias: float, size: int) -> tuple[Array]:
        below, above = (size - 1) // 2, size // 2
        squares = np.pad(x * x, ((0, 0), (below, above), (0, 0), (0, 0)))
        sums = np.lib.stride_tricks.sliding_window_view(squares, size, axis=1).sum(axis=-1)
        return ((x / (bias + alpha / size * sums) ** beta).astype(x.dtype),)


class Resize(OpRun):
    """y[..., i, ...] = x[..., ⌊i/scale⌋, ...] along each axis: nearest, asymmetric, floor, the only mode exported.

    onnx 1.17 computes it pixel by pixel: minutes for one 32x32 image in colour.
    """

    def _run(self, x: Array, roi: Array | None, scales: Array, **attributes: Any) -> tuple[Array]:
        for axis, scale in enumerate(scales):
            positions = np.arange(int(x.shape[axis] * scale))
            x = x.take(np.floor(positions / scale).astype(np.intp), axis)
        return (x,)


class MaxPool(OpRun):
    """The largest number in each window; the border counts as −∞.

    onnx up to 1.23 takes the padding at the left for that below where the strides are 1.
    """

    def _run(
        self, x: Array, kernel_shape: Sequence[int], pads: Sequence[int], strides: Sequence[int], **attributes: Any
    ) -> tuple[Array]:
        axes = len(kernel_shape)
        border = zip(pads[:axes], pads[axes:], strict=True)
        padded = np.pad(x, ((0, 0), (0, 0), *border), constant_values=-np.inf)
        windows = np.lib.stride_tricks.sliding_window_view(padded, tuple(kernel_shape), axis=tuple(range(2, 2 + axes)))
        steps = (slice(None, None, stride) for stride in strides)
        return (windows[:, :, *steps].max(axis=tuple(range(-axes, 0))),)


class RNN(OpRun):
    """h_t = f(x_t Wᵀ + h_{t−1} Rᵀ + b), forward from h_0 = 0, the only form exported; y is (T, 1, N, H).

    onnx up to 1.23 knows no activation but Tanh and Affine.
    """

    def _run(
        self,
        x: Array,
        W: Array,
        R: Array,
        B: Array | None = None,
        *rest: Any,
        activations: Sequence[str],
        **others: Any,
    ) -> tuple[Array]:
        activation: Callable[[Array], Array] = np.tanh if activations[0] == "Tanh" else lambda z: np.maximum(z, 0)
        H = R.shape[-1]
        bias = np.zeros(H, x.dtype) if B is None else B[0, :H] + B[0, H:]
        h = np.zeros((x.shape[1], H), x.dtype)
        states = [h := activation(step @ W[0].T + h @ R[0].T + bias) for step in x]
        return (np.stack(states)[:, np.newaxis],)


def reference_evaluator(model: ModelProto) -> ReferenceEvaluator:
    """What computes a model in NumPy by the definition of each operator."""
    return ReferenceEvaluator(model, new_ops=[LRN, Resize, MaxPool, RNN])
