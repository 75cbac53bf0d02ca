"""Toy data: points in the plane."""

import numpy as np

from nnlab.textbook.initialisers import Rng


def spiral(points: int, classes: int, noise: float, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """Arms x = (r sin t, r cos t) with r from 0 to 1 and t from 4j to 4(j + 1) plus noise in class j (CS231n)."""
    r, arms = np.linspace(0, 1, points), []
    for j in range(classes):
        t = np.linspace(4 * j, 4 * (j + 1), points) + noise * rng.standard_normal(points)
        arms.append(np.stack([r * np.sin(t), r * np.cos(t)], axis=1))
    return np.concatenate(arms), np.repeat(np.arange(classes), points)


def moons(points: int, noise: float, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """Half circles (cos t, sin t) and (1 − cos t, 1/2 − sin t) with t from 0 to π, plus noise; classes alternate."""
    label = np.arange(2 * points) % 2
    t = rng.uniform(0, np.pi, 2 * points)
    x = np.stack([np.cos(t), np.sin(t)], axis=1)
    x[label == 1] = [1, 0.5] - x[label == 1]
    return x + noise * rng.standard_normal(x.shape), label


def xor(points: int, noise: float, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """Clusters around (±1, ±1); class 1 where the signs differ."""
    centres = np.tile([[1, 1], [-1, 1], [-1, -1], [1, -1]], (points, 1))
    label = (centres[:, 0] != centres[:, 1]).astype(int)
    return centres + noise * rng.standard_normal(centres.shape), label
