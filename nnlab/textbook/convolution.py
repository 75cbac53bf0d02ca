"""Convolution of images (N, C, H, W) as one matrix product: im2col makes each window of x a row of a matrix."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnlab.textbook.layer import Layer

Sizes = int | Sequence[int]  # a number for both axes, or (height, width)
Padding = Sizes | str


def height_and_width(value: Any) -> tuple[Any, Any]:
    """(3, 5) for (3, 5), (3, 3) for 3."""
    return (value, value) if isinstance(value, int | str) else (value[0], value[1])


def windows_along(length: int, size: int, stride: int, pad: int | str) -> tuple[int, int, int]:
    """Padding before and after the pixels of one axis, and the number of windows.

    "same" pads for ⌈length / stride⌉ windows; an odd pixel of padding comes after.
    """
    total = max((-(-length // stride) - 1) * stride + size - length, 0) if pad == "same" else 2 * int(pad)
    return total // 2, total - total // 2, (length + total - size) // stride + 1


def im2col(x: np.ndarray, size: Sizes, stride: Sizes = 1, pad: Padding = 0, fill: float = 0.0) -> np.ndarray:
    """(N, C, H, W) to (N, out_h, out_w, C·size_h·size_w): the pixels of each window as one row."""
    N, C, H, W = x.shape
    (size_h, size_w), (stride_h, stride_w), (pad_h, pad_w) = map(height_and_width, (size, stride, pad))
    top, bottom, out_h = windows_along(H, size_h, stride_h, pad_h)
    left, right, out_w = windows_along(W, size_w, stride_w, pad_w)
    padded = np.pad(x, [(0, 0), (0, 0), (top, bottom), (left, right)], constant_values=fill)
    col = np.zeros((N, out_h, out_w, C, size_h, size_w), x.dtype)
    for i in range(size_h):
        for j in range(size_w):
            pixels = padded[:, :, i : i + stride_h * out_h : stride_h, j : j + stride_w * out_w : stride_w]
            col[:, :, :, :, i, j] = pixels.transpose(0, 2, 3, 1)
    return col.reshape(N, out_h, out_w, C * size_h * size_w)


def col2im(col: np.ndarray, shape: tuple[int, ...], size: Sizes, stride: Sizes = 1, pad: Padding = 0) -> np.ndarray:
    """Each number of im2col's rows back to its pixel of (N, C, H, W), summed where windows overlap."""
    N, C, H, W = shape
    (size_h, size_w), (stride_h, stride_w), (pad_h, pad_w) = map(height_and_width, (size, stride, pad))
    top, bottom, out_h = windows_along(H, size_h, stride_h, pad_h)
    left, right, out_w = windows_along(W, size_w, stride_w, pad_w)
    padded = np.zeros((N, C, top + H + bottom, left + W + right), col.dtype)
    col = col.reshape(N, out_h, out_w, C, size_h, size_w)
    for i in range(size_h):
        for j in range(size_w):
            pixels = padded[:, :, i : i + stride_h * out_h : stride_h, j : j + stride_w * out_w : stride_w]
            pixels += col[:, :, :, :, i, j].transpose(0, 3, 1, 2)
    return padded[:, :, top : top + H, left : left + W]


class Convolution(Layer):
    """out = col Wᵀ + b with col = im2col(x), the filters being the rows of W; dx = col2im(dout W).

    dW = doutᵀ col, db = Σ dout over samples and windows. W is (F, C, size_h, size_w), b is (F,) or None.
    """

    def __init__(self, W: np.ndarray, b: np.ndarray | None = None, stride: Sizes = 1, pad: Padding = 0) -> None:
        self.W, self.b, self.stride, self.pad = W, b, stride, pad
        self.parameters = ("W",) if b is None else ("W", "b")

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.shape = x.shape
        self.col = im2col(x, self.W.shape[2:], self.stride, self.pad)
        out = self.col @ self.W.reshape(len(self.W), -1).T
        return (out if self.b is None else out + self.b).transpose(0, 3, 1, 2)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        F = len(self.W)
        dout = dout.transpose(0, 2, 3, 1)  # (N, out_h, out_w, F)
        rows = dout.reshape(-1, F)
        self.dW = (rows.T @ self.col.reshape(len(rows), -1)).reshape(self.W.shape)
        self.db = rows.sum(axis=0)
        return col2im(dout @ self.W.reshape(F, -1), self.shape, self.W.shape[2:], self.stride, self.pad)
