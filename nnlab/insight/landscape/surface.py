"""The loss along a line and on a plane in the space of all parameters."""

from dataclasses import dataclass

import numpy as np

from nnlab.core.arrays import Array
from nnlab.insight.landscape.sampled_loss import SampledLoss


@dataclass(frozen=True, eq=False)
class Line:
    """The loss at start + α (end − start): the α (N,), rising and with 0 and 1 among them, and the losses (N,)."""

    alpha: Array
    loss: Array

    def at(self, alpha: float) -> float:
        """The loss at one of the α."""
        return float(self.loss[np.flatnonzero(self.alpha == alpha)[0]])

    @property
    def climb(self) -> tuple[float, float]:
        """The highest rise above the lowest loss before it, on the way from start to end, and its α; 0 without one."""
        between = (self.alpha >= 0) & (self.alpha <= 1)
        alpha, loss = self.alpha[between], self.loss[between]
        rise = loss - np.fmin.accumulate(loss)
        highest = int(np.nanargmax(np.where(np.isfinite(rise), rise, -np.inf)))
        return float(rise[highest]), float(alpha[highest])


@dataclass(frozen=True, eq=False)
class Plane:
    """The loss at origin + x·axis 1 + y·axis 2: coordinates x (N,) and y (M,), and the losses (M, N)."""

    x: Array
    y: Array
    loss: Array

    @property
    def lowest(self) -> tuple[float, float, float]:
        """Where the loss is lowest on the grid, and that loss; raises ValueError where none is finite."""
        row, column = np.unravel_index(int(np.nanargmin(self.loss)), self.loss.shape)
        return float(self.x[column]), float(self.y[row]), float(self.loss[row, column])

    @property
    def slices(self) -> tuple[Array, Array]:
        """The losses along both axes, through the middle of the grid."""
        return self.loss[len(self.y) // 2], self.loss[:, len(self.x) // 2]


def loss_on_line(
    loss: SampledLoss, start: tuple[Array, dict[str, Array]], end: tuple[Array, dict[str, Array]], alpha: Array
) -> Line:
    """The loss between two states of a network, each of values and buffers, and beyond them.

    Buffers change in proportion from start to end, as the weights do; beyond them they are those of the nearer state,
    as a running variance must not become negative.
    """
    losses = []
    for share in alpha.tolist():
        inside = min(max(share, 0.0), 1.0)
        loss.set_buffers({name: (1 - inside) * start[1][name] + inside * array for name, array in end[1].items()})
        exact = {0.0: start[0], 1.0: end[0]}.get(share)
        losses.append(loss.at((1 - share) * start[0] + share * end[0] if exact is None else exact))
    return Line(alpha, np.array(losses))


def loss_on_plane(loss: SampledLoss, origin: Array, axes: Array, x: Array, y: Array) -> Plane:
    """The loss on the grid of x and y around the origin (P,), along two axes (2, P); buffers stay as they are."""
    found = np.empty((len(y), len(x)))
    for row, down in enumerate(y.tolist()):
        shifted = origin + down * axes[1]
        for column, across in enumerate(x.tolist()):
            found[row, column] = loss.at(shifted + across * axes[0])
    return Plane(x, y, found)


def curvature(coordinates: Array, losses: Array) -> float:
    """d²L/dx² at the middle of equally spaced coordinates, by the central difference of its neighbours."""
    middle = len(coordinates) // 2
    spacing = float(coordinates[middle + 1] - coordinates[middle])
    return float(losses[middle - 1] - 2 * losses[middle] + losses[middle + 1]) / spacing**2
