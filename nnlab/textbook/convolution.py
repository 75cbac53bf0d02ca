"""Convolution of images (N, C, H, W) as one matrix product: im2col makes each window of x a row of a matrix."""

import numpy as np

from nnlab.textbook.layer import Layer

Padding = int | str


def windows_along(length: int, size: int, stride: int, pad: Padding) -> tuple[int, int, int]:
    """Padding before and after the pixels of one axis, and the number of windows.

    "same" pads for ⌈length / stride⌉ windows; an odd pixel of padding comes after.
    """
    total = max((-(-length // stride) - 1) * stride + size - length, 0) if pad == "same" else 2 * int(pad)
    return total // 2, total - total // 2, (length + total - size) // stride + 1


def im2col(x: np.ndarray, size: int, stride: int = 1, pad: Padding = 0, fill: float = 0.0) -> np.ndarray:
    """(N, C, H, W) to (N, out_h, out_w, C·size·size): the pixels of each window as one row."""
    N, C, H, W = x.shape
    top, bottom, out_h = windows_along(H, size, stride, pad)
    left, right, out_w = windows_along(W, size, stride, pad)
    padded = np.pad(x, [(0, 0), (0, 0), (top, bottom), (left, right)], constant_values=fill)
    col = np.zeros((N, out_h, out_w, C, size, size), x.dtype)
    for i in range(size):
        for j in range(size):
            pixels = padded[:, :, i : i + stride * out_h : stride, j : j + stride * out_w : stride]
            col[:, :, :, :, i, j] = pixels.transpose(0, 2, 3, 1)
    return col.reshape(N, out_h, out_w, C * size * size)


def col2im(col: np.ndarray, shape: tuple[int, ...], size: int, stride: int = 1, pad: Padding = 0) -> np.ndarray:
    """Each number of im2col's rows back to its pixel of (N, C, H, W), summed where windows overlap."""
    N, C, H, W = shape
    top, bottom, out_h = windows_along(H, size, stride, pad)
    left, right, out_w = windows_along(W, size, stride, pad)
    padded = np.zeros((N, C, top + H + bottom, left + W + right), col.dtype)
    col = col.reshape(N, out_h, out_w, C, size, size)
    for i in range(size):
        for j in range(size):
            pixels = padded[:, :, i : i + stride * out_h : stride, j : j + stride * out_w : stride]
            pixels += col[:, :, :, :, i, j].transpose(0, 3, 1, 2)
    return padded[:, :, top : top + H, left : left + W]


class Convolution(Layer):
    """out = col Wᵀ + b with col = im2col(x), the filters being the rows of W; dx = col2im(dout W).

    dW = doutᵀ col, db = Σ dout over samples and windows. W is (F, C, size, size), b is (F,) or None.
    """

    def __init__(self, W: np.ndarray, b: np.ndarray | None = None, stride: int = 1, pad: Padding = 0) -> None:
        self.W, self.b, self.stride, self.pad = W, b, stride, pad
        self.parameters = ("W",) if b is None else ("W", "b")

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        F, _, size, _ = self.W.shape
        self.shape = x.shape
        self.col = im2col(x, size, self.stride, self.pad)
        out = self.col @ self.W.reshape(F, -1).T
        return (out if self.b is None else out + self.b).transpose(0, 3, 1, 2)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        F, _, size, _ = self.W.shape
        dout = dout.transpose(0, 2, 3, 1)  # (N, out_h, out_w, F)
        rows = dout.reshape(-1, F)
        self.dW = (rows.T @ self.col.reshape(len(rows), -1)).reshape(self.W.shape)
        self.db = rows.sum(axis=0)
        return col2im(dout @ self.W.reshape(F, -1), self.shape, size, self.stride, self.pad)
