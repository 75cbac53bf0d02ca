"""Dilated and grouped convolution, as sums over the offsets within a window."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nnlab.textbook.convolution import Padding, Sizes, height_and_width, windows_along
from nnlab.textbook.layer import Layer


class GroupedConvolution(Layer):
    """out[n,g,f,i,j] = b[g,f] + Σ_c,u,v W[g,f,c,u,v] x[n,g,c,i·stride+u·dilation,j·stride+v·dilation].

    The channels of x and the filters are shared out among the groups g, in order; x is padded by zeros. W is
    (F, C/groups, size_h, size_w), b is (F,) or None. dW, db and dx are the same sums with dout in the place of out.
    """

    def __init__(
        self,
        W: np.ndarray,
        b: np.ndarray | None = None,
        stride: Sizes = 1,
        pad: Padding = 0,
        dilation: Sizes = 1,
        groups: int = 1,
    ) -> None:
        self.W, self.b, self.stride, self.pad, self.dilation, self.groups = W, b, stride, pad, dilation, groups
        self.parameters = ("W",) if b is None else ("W", "b")

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        N, _, H, W = self.shape = x.shape
        axes = zip((H, W), self.W.shape[2:], *map(height_and_width, self.settings), strict=True)
        (top, bottom, self.out_h), (left, right, self.out_w) = (
            windows_along(length, gap * (size - 1) + 1, stride, pad) for length, size, stride, pad, gap in axes
        )
        padded = np.pad(x, [(0, 0), (0, 0), (top, bottom), (left, right)])
        self.inside = np.s_[:, :, top : top + H, left : left + W]
        self.x = padded.reshape(N, self.groups, -1, *padded.shape[2:])
        filters = self.W.reshape(self.groups, -1, *self.W.shape[1:])
        out = np.zeros((N, *filters.shape[:2], self.out_h, self.out_w))
        for u, v, pixels in self.offsets():
            out += np.einsum("gfc,ngcij->ngfij", filters[..., u, v], self.x[pixels])
        out = out.reshape(N, -1, self.out_h, self.out_w)
        return out if self.b is None else out + self.b[:, np.newaxis, np.newaxis]

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.db = dout.sum(axis=(0, 2, 3))
        filters = self.W.reshape(self.groups, -1, *self.W.shape[1:])
        dout = dout.reshape(len(dout), *filters.shape[:2], self.out_h, self.out_w)
        dW, dx = np.zeros(filters.shape), np.zeros(self.x.shape)
        for u, v, pixels in self.offsets():
            dW[..., u, v] = np.einsum("ngfij,ngcij->gfc", dout, self.x[pixels])
            dx[pixels] += np.einsum("gfc,ngfij->ngcij", filters[..., u, v], dout)
        self.dW = dW.reshape(self.W.shape)
        return dx.reshape(len(dx), -1, *dx.shape[3:])[self.inside]

    @property
    def settings(self) -> tuple[Sizes, Padding, Sizes]:
        return self.stride, self.pad, self.dilation

    def offsets(self) -> Iterator[tuple[int, int, tuple[Any, ...]]]:
        """Each place (u, v) within a window, with the index of the pixels of x that are there."""
        (stride_h, stride_w), (gap_h, gap_w) = height_and_width(self.stride), height_and_width(self.dilation)
        for u in range(self.W.shape[2]):
            for v in range(self.W.shape[3]):
                rows = slice(u * gap_h, u * gap_h + stride_h * self.out_h, stride_h)
                columns = slice(v * gap_w, v * gap_w + stride_w * self.out_w, stride_w)
                yield u, v, (..., rows, columns)
