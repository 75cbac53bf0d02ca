"""The target columns of a regression: their names, and the scaling between the user's units and the network's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from nnlab.core.arrays import Array


@dataclass(frozen=True, eq=False)
class TargetColumns:
    """K columns of numbers; networks are trained on (y − centre) / spread, metrics are in the units of y.

    ``centre`` and ``spread`` have shape (K,).
    """

    names: tuple[str, ...]
    centre: Array
    spread: Array

    @classmethod
    def in_own_units(cls, names: tuple[str, ...]) -> Self:
        """Without scaling: targets as the user has them."""
        return cls(names, np.zeros(len(names)), np.ones(len(names)))

    @property
    def scaled(self) -> bool:
        """Whether the network's targets differ from the user's."""
        return bool(self.centre.any() or (self.spread != 1).any())

    @classmethod
    def standardising(cls, names: tuple[str, ...], y: Array) -> Self:
        """With the mean and the standard deviation of training targets (N, K); a constant column is only centred."""
        spread = y.std(axis=0)
        return cls(names, y.mean(axis=0), np.where(spread > 0, spread, 1.0))

    def __len__(self) -> int:
        return len(self.names)

    def apply(self, y: Array) -> Array:
        """Targets (..., K) in the user's units as the network's, as a new array in float64."""
        scaled: Array = (y - self.centre) / self.spread
        return scaled

    def undo(self, scores: Array) -> Array:
        """The inverse of :meth:`apply`, as a new array in float64."""
        return scores.astype(np.float64) * self.spread + self.centre

    def as_plain(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"names": list(self.names), "centre": self.centre.tolist(), "spread": self.spread.tolist()}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_plain`; raises ValueError for invalid values."""
        names = plain["names"]
        if not names or not all(isinstance(name, str) for name in names):
            raise ValueError("the target columns need names")
        centre, spread = (np.array(plain[key], np.float64) for key in ("centre", "spread"))
        if not all(numbers.shape == (len(names),) and np.isfinite(numbers).all() for numbers in (centre, spread)):
            raise ValueError("centre and spread must be one finite number for each target column")
        if not spread.all():
            raise ValueError("spread contains 0")
        return cls(tuple(names), centre, spread)
