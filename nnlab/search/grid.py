"""Grid search: every combination."""

from collections.abc import Sequence
from dataclasses import dataclass

from nnlab.errors import UsageError
from nnlab.registry import searches
from nnlab.search.base import Conditions, PointResult, Request, Search
from nnlab.search.space import Settings, Space

NEEDS_VALUES = (
    "a grid needs values, got a range; list the values, or draw from the range with search: "
    "{name: random, trials: N} (--random N)"
)


@searches.register("grid")
@dataclass(kw_only=True)
class Grid(Search):
    """Every combination of the values; the last key changes fastest.

    Source: Bergstra & Bengio 2012, JMLR 13 (which compares it with random search).
    """

    def proposer(self, space: Space, conditions: Conditions) -> "OneBatch":
        for axis in space.axes:
            if axis.range:
                raise UsageError(f"{axis.keys[0]}: {NEEDS_VALUES}")
        return OneBatch(space.grid())


class OneBatch:
    """All points are known at the start."""

    def __init__(self, points: Sequence[Settings]) -> None:
        self._all = [Request(number, point) for number, point in enumerate(points, start=1)]
        self._asked = False

    @property
    def points(self) -> int:
        """All points."""
        return len(self._all)

    def ask(self) -> Sequence[Request]:
        """Everything the first time, then nothing."""
        asked, self._asked = self._asked, True
        return [] if asked else self._all

    def tell(self, results: Sequence[PointResult]) -> None:
        """Nothing follows from the results."""
