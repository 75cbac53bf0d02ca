"""Pooling: one number for each window of each channel; and its counterpart, upsampling. Images are (N, C, H, W)."""

import numpy as np

from nnlab.textbook.convolution import Padding, Sizes, col2im, im2col
from nnlab.textbook.layer import Layer


class Pooling(Layer):
    """Max pooling: out = the largest pixel of each window; dx = dout at that pixel (the first of equals), else 0."""

    def __init__(self, size: Sizes = 2, stride: Sizes | None = None, pad: Padding = 0) -> None:
        self.size, self.stride, self.pad = size, stride or size, pad

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.shape = x.shape
        col = im2col(x, self.size, self.stride, self.pad, fill=-np.inf)
        windows = col.reshape(*col.shape[:3], x.shape[1], -1)
        self.winner = np.eye(windows.shape[4])[windows.argmax(axis=4)]
        return windows.max(axis=4).transpose(0, 3, 1, 2)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dcol = self.winner * dout.transpose(0, 2, 3, 1)[..., np.newaxis]
        return col2im(dcol, self.shape, self.size, self.stride, self.pad)


class AveragePooling(Layer):
    """out = Σ x / n over the n pixels of each window (padding does not count); dx = dout / n at each of them."""

    def __init__(self, size: Sizes = 2, stride: Sizes | None = None, pad: Padding = 0) -> None:
        self.size, self.stride, self.pad = size, stride or size, pad

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.shape = x.shape
        col = im2col(x, self.size, self.stride, self.pad)
        windows = col.reshape(*col.shape[:3], x.shape[1], -1)
        inside = im2col(np.ones(x.shape), self.size, self.stride, self.pad).reshape(windows.shape)
        self.share = inside / inside.sum(axis=4, keepdims=True)
        return (windows * self.share).sum(axis=4).transpose(0, 3, 1, 2)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dcol = self.share * dout.transpose(0, 2, 3, 1)[..., np.newaxis]
        return col2im(dcol, self.shape, self.size, self.stride, self.pad)


class GlobalAveragePooling(Layer):
    """out = the mean of each channel, (N, C, H, W) to (N, C); dx = dout / (H·W) at each pixel (Lin et al. 2014)."""

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.shape = x.shape
        return x.mean(axis=(2, 3))

    def backward(self, dout: np.ndarray) -> np.ndarray:
        _, _, H, W = self.shape
        return np.ones(self.shape) * dout[:, :, np.newaxis, np.newaxis] / (H * W)


class Upsample(Layer):
    """out = each pixel repeated factor x factor times; dx = the sum of dout over the copies of each pixel."""

    def __init__(self, factor: int = 2) -> None:
        self.factor = factor

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.shape = x.shape
        return x.repeat(self.factor, axis=2).repeat(self.factor, axis=3)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        N, C, H, W = self.shape
        return dout.reshape(N, C, H, self.factor, W, self.factor).sum(axis=(3, 5))
