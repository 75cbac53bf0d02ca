"""Layers made of other layers."""

from collections.abc import Sequence

import numpy as np

from nnlab.textbook.layer import Layer


def forward(layers: Sequence[Layer], x: np.ndarray, training: bool) -> np.ndarray:
    """The output of layers in sequence."""
    for layer in layers:
        x = layer.forward(x, training)
    return x


def backward(layers: Sequence[Layer], dout: np.ndarray) -> np.ndarray:
    """Backpropagate through layers in sequence; returns dx."""
    for layer in reversed(layers):
        dout = layer.backward(dout)
    return dout


class Residual(Layer):
    """out = f(x) + x, with f a chain of layers; dx = f's dx + dout (He et al. 2016).

    Where f changes the shape, x goes through a projection: out = f(x) + projection(x).
    """

    def __init__(self, f: Sequence[Layer], projection: Layer | None = None) -> None:
        self.f, self.projection = list(f), projection
        self.inner = self.f if projection is None else [*self.f, projection]

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        shortcut = x if self.projection is None else self.projection.forward(x, training)
        return forward(self.f, x, training) + shortcut

    def backward(self, dout: np.ndarray) -> np.ndarray:
        shortcut = dout if self.projection is None else self.projection.backward(dout)
        return backward(self.f, dout) + shortcut


class Concatenate(Layer):
    """out = [f₁(x), f₂(x), ...] side by side, along axis 1 or the last; dx = the sum of the branches' dx.

    An empty branch is the identity (Szegedy et al. 2015; Huang et al. 2017).
    """

    def __init__(self, branches: Sequence[Sequence[Layer]], axis: int = 1) -> None:
        self.branches, self.axis = branches, axis
        self.inner = [layer for branch in branches for layer in branch]

    def forward(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        outputs = [forward(branch, x, training) for branch in self.branches]
        self.ends = np.cumsum([out.shape[self.axis] for out in outputs])
        return np.concatenate(outputs, axis=self.axis)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        douts = np.split(dout, self.ends[:-1], axis=self.axis)
        return np.sum([backward(branch, part) for branch, part in zip(self.branches, douts, strict=True)], axis=0)
