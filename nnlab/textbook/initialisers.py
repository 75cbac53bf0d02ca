"""Initial weights: independent random numbers of mean 0 whose standard deviation suits the layer's size.

The shape is (D_in, D_out) for Affine and (F, C, size, size) for Convolution.
"""

from math import prod, sqrt
from typing import Any

import numpy as np

Rng = np.random.Generator | np.random.RandomState


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many inputs an output sums (fan_in), and how many outputs an input reaches (fan_out)."""
    if len(shape) == 2:
        return shape
    F, C, *window = shape
    return C * prod(window), F * prod(window)


def scaled(shape: tuple[int, ...], rng: Rng, std: float, distribution: str = "normal") -> np.ndarray:
    """N(0, std²), or the uniform distribution from −√3 std to √3 std, which has the same variance."""
    if distribution == "uniform":
        return rng.uniform(-sqrt(3) * std, sqrt(3) * std, shape)
    return std * rng.standard_normal(shape)


def normal(shape: tuple[int, ...], rng: Rng, std: float = 0.01) -> np.ndarray:
    """N(0, std²)."""
    return scaled(shape, rng, std)


def xavier(shape: tuple[int, ...], rng: Rng) -> np.ndarray:
    """std = √(1/fan_in), the Xavier initial values of "Deep Learning from Scratch"."""
    fan_in, _ = fans(shape)
    return scaled(shape, rng, sqrt(1 / fan_in))


def he(shape: tuple[int, ...], rng: Rng) -> np.ndarray:
    """std = √(2/fan_in), for Relu (He et al. 2015)."""
    fan_in, _ = fans(shape)
    return scaled(shape, rng, sqrt(2 / fan_in))


def glorot(shape: tuple[int, ...], rng: Rng, distribution: str = "uniform") -> np.ndarray:
    """std = √(2/(fan_in + fan_out)), for Tanh (Glorot & Bengio 2010)."""
    return scaled(shape, rng, sqrt(2 / sum(fans(shape))), distribution)


def lecun(shape: tuple[int, ...], rng: Rng, distribution: str = "normal") -> np.ndarray:
    """std = √(1/fan_in) (LeCun et al. 1998)."""
    fan_in, _ = fans(shape)
    return scaled(shape, rng, sqrt(1 / fan_in), distribution)


def truncated(shape: tuple[int, ...], rng: Rng, std: float = 0.01) -> np.ndarray:
    """N(0, std²), drawn again beyond two standard deviations."""
    W = rng.standard_normal(shape)
    while (outside := abs(W) > 2).any():
        W[outside] = rng.standard_normal(outside.sum())
    return std * W


def orthogonal(shape: tuple[int, ...], rng: Rng, gain: float = 1.0) -> np.ndarray:
    """gain · Q with orthonormal rows, or columns where they are fewer: Q R of a normal matrix (Saxe et al. 2014)."""
    rows, columns = shape[0], prod(shape[1:])
    Q, R = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    Q = gain * Q * np.where(np.diag(R) < 0, -1, 1)  # with R's diagonal positive, Q is uniformly distributed
    return (Q if rows >= columns else Q.T).reshape(shape)


def given(shape: tuple[int, ...], rng: Rng, W: list[Any], b: list[float] | None = None) -> np.ndarray:
    """The weights W as they are written out; the bias is b, or zeros."""
    return np.array(W, np.float64).reshape(shape)
