"""Directions in the space of all parameters: random with filter normalisation, and principal components of a path."""

from dataclasses import dataclass

import numpy as np

from nnlab.core.arrays import Array
from nnlab.errors import UsageError
from nnlab.models.network import Network


def random_direction(network: Network, rng: np.random.Generator) -> Array:
    """A random direction (P,) in float64 with filter normalisation (Li et al. 2018, arXiv 1712.09913, section 4).

    Normal random numbers, scaled filter by filter to the norm of the network's own filter: d ← d/‖d‖ · ‖W‖. A filter is
    what computes one output: a column of a linear layer's W (in, out), a filter of a convolution's W (out, in, ...).
    Biases, scales and shifts of normalisations, and frozen parameters do not move. Raises UsageError where nothing
    does.
    """
    direction = np.zeros(network.flat.values.shape)
    for parameter in network.parameters:
        drawn = rng.standard_normal(parameter.shape)
        if not parameter.regularized or parameter.frozen or drawn.ndim < 2:
            continue
        norms, own = filter_norms(drawn), filter_norms(parameter.value)
        direction[parameter.slice] = (drawn * np.divide(own, norms, where=norms > 0, out=np.zeros_like(own))).ravel()
    if not direction.any():
        raise UsageError("the network has no weights with filters other than zero, so there is no direction to draw")
    return direction


def filter_norms(weights: Array) -> Array:
    """The norm of each filter of an array of weights, shaped to multiply it: (1, out), or (out, 1, 1, ...)."""
    axes = (0,) if weights.ndim == 2 else tuple(range(1, weights.ndim))
    squares = np.sum(np.square(weights, dtype=np.float64), axis=axes, keepdims=True)
    norms: Array = np.sqrt(squares)
    return norms


@dataclass(frozen=True, eq=False)
class PrincipalAxes:
    """The plane of a path: the origin (P,), two orthonormal axes (2, P), and the variance that each explains."""

    origin: Array
    axes: Array
    explained: tuple[float, float]

    def project(self, points: Array) -> Array:
        """The coordinates (N, 2) of points (N, P)."""
        coordinates: Array = (points - self.origin) @ self.axes.T
        return coordinates

    def off_plane(self, points: Array) -> Array:
        """The distance of each point (N, P) from the plane."""
        square = np.sum((points - self.origin) ** 2, axis=1) - np.sum(self.project(points) ** 2, axis=1)
        distance: Array = np.sqrt(np.maximum(square, 0))
        return distance


def principal_axes(points: Array) -> PrincipalAxes:
    """The plane through the last of the points (N, P) along the first two principal components of all.

    PCA of the points less their mean, as in Li et al. 2018, section 7, by the N eigenvectors of the (N, N) matrix of
    their inner products. Each axis points so that the first point has a coordinate below that of the last. Raises
    UsageError where the points are on a line.
    """
    centred = points - points.mean(axis=0)
    values, vectors = np.linalg.eigh(centred @ centred.T)
    largest = values[::-1][:2]
    if len(largest) < 2 or largest[1] <= 1e-12 * max(largest[0], 1e-300):
        raise UsageError("the snapshots are on a line, which has one principal component; use --directions line")
    axes = vectors[:, ::-1][:, :2].T @ centred / np.sqrt(largest)[:, None]
    axes *= np.where((points[-1] - points[0]) @ axes.T < 0, -1.0, 1.0)[:, None]
    explained = largest / values.clip(0).sum()
    return PrincipalAxes(points[-1], axes, (float(explained[0]), float(explained[1])))


def random_walk_shares(points: int) -> Array:
    """The variance that each principal component explains of a random walk of N points in very many dimensions.

    In proportion to 1/(2 − 2 cos(πk/N)) for k from 1 to N − 1 (Antognini & Sohl-Dickstein 2018, arXiv 1806.08805).
    """
    values = 1 / (2 - 2 * np.cos(np.pi * np.arange(1, points) / points))
    shares: Array = values / values.sum()
    return shares
