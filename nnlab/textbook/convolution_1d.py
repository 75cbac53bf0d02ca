"""Convolution and pooling along one axis: x is (N, C, L), C channels at L places."""

import numpy as np

from nnlab.textbook.convolution import windows_along
from nnlab.textbook.layer import Layer


class Convolution1D(Layer):
    """out[n,g,f,i] = b[g,f] + Σ_c,u W[g,f,c,u] x[n,g,c,i·stride+u·dilation]: one product for each place of the window.

    Channels and filters are shared out among the groups g, in order; x is padded by zeros. W is (F, C/groups, size),
    b is (F,) or None.
    """

    def __init__(
        self,
        W: np.ndarray,
        b: np.ndarray | None = None,
        stride: int = 1,
        pad: int | str = 0,
        dilation: int = 1,
        groups: int = 1,
    ) -> None:
        self.W, self.b, self.stride, self.pad, self.dilation, self.groups = W, b, stride, pad, dilation, groups
        self.parameters = ("W",) if b is None else ("W", "b")

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.shape = x.shape
        extent = self.dilation * (self.W.shape[2] - 1) + 1
        self.left, right, self.out = windows_along(x.shape[2], extent, self.stride, self.pad)
        self.x = np.pad(x, [(0, 0), (0, 0), (self.left, right)])
        out = np.zeros((len(x), len(self.W), self.out))
        for f, channels in self.filters():
            for u in range(self.W.shape[2]):
                out[:, f] += np.tensordot(self.x[:, channels, self.places(u)], self.W[f, :, u], axes=(1, 0))
        return out if self.b is None else out + self.b[:, np.newaxis]

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.db = dout.sum(axis=(0, 2))
        self.dW, dx = np.zeros(self.W.shape), np.zeros(self.x.shape)
        for f, channels in self.filters():
            for u in range(self.W.shape[2]):
                pixels = self.x[:, channels, self.places(u)]
                self.dW[f, :, u] = (pixels * dout[:, [f]]).sum(axis=(0, 2))
                dx[:, channels, self.places(u)] += self.W[f, :, u, np.newaxis] * dout[:, [f]]
        return dx[:, :, self.left : self.left + self.shape[2]]

    def filters(self) -> list[tuple[int, slice]]:
        """Each filter with the channels of its group."""
        F, C, _ = self.W.shape
        groups = [f * self.groups // F for f in range(F)]
        return [(f, slice(g * C, (g + 1) * C)) for f, g in enumerate(groups)]

    def places(self, u: int) -> slice:
        """Where place u of each window is in x."""
        return slice(u * self.dilation, u * self.dilation + self.stride * self.out, self.stride)


class Pooling1D(Layer):
    """Max pooling: out = the largest number of each window; dx = dout at that place (the first of equals), else 0."""

    def __init__(self, size: int = 2, stride: int | None = None, pad: int | str = 0) -> None:
        self.size, self.stride, self.pad = size, stride or size, pad

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        windows = self.windows(x, -np.inf)
        self.winner = np.eye(self.size)[windows.argmax(axis=3)]
        return windows.max(axis=3)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return self.added_up(self.winner * dout[..., np.newaxis])

    def windows(self, x: np.ndarray, fill: float) -> np.ndarray:
        """(N, C, L) to (N, C, out, size)."""
        self.length = x.shape[2]
        self.left, right, out = windows_along(self.length, self.size, self.stride, self.pad)
        padded = np.pad(x, [(0, 0), (0, 0), (self.left, right)], constant_values=fill)
        return np.stack([padded[:, :, i * self.stride :][:, :, : self.size] for i in range(out)], axis=2)

    def added_up(self, windows: np.ndarray) -> np.ndarray:
        """Each number of the windows back to its place of (N, C, L), summed where windows overlap."""
        N, C, out, size = windows.shape
        padded = np.zeros((N, C, self.left + self.length + out * self.stride + size))
        for i in range(out):
            padded[:, :, i * self.stride : i * self.stride + size] += windows[:, :, i]
        return padded[:, :, self.left : self.left + self.length]


class AveragePooling1D(Pooling1D):
    """out = Σ x / n over the n numbers of each window (padding does not count); dx = dout / n at each of them."""

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        inside = self.windows(np.ones(x.shape), 0)
        self.share = inside / inside.sum(axis=3, keepdims=True)
        return (self.windows(x, 0) * self.share).sum(axis=3)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return self.added_up(self.share * dout[..., np.newaxis])


class GlobalAveragePooling1D(Layer):
    """out = the mean of each channel, (N, C, L) to (N, C); dx = dout / L at each place."""

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        self.shape = x.shape
        return x.mean(axis=2)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return np.ones(self.shape) * dout[:, :, np.newaxis] / self.shape[2]
