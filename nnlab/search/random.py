"""Random search."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from nnlab.core.random import AddressedStreams, Purpose
from nnlab.errors import UsageError
from nnlab.registry import Doc, searches
from nnlab.search.base import Conditions, Search
from nnlab.search.grid import OneBatch
from nnlab.search.space import Settings, Space

Trials = Annotated[int, Ge(1), Le(100_000)]
Choice = tuple[int | float, ...]
"""The place of a point in its space: the number of a row, or the number drawn from a range, of each axis."""


@searches.register("random")
@dataclass(kw_only=True)
class Random(Search):
    """Random points of the space, none twice.

    Lists are drawn with equal probability, ranges by their scale. The n-th point depends on the seed and n alone.
    Source: Bergstra & Bengio 2012, JMLR 13; "Deep Learning from Scratch", section 6.5.
    """

    trials: Annotated[Trials, Doc("number of points")]

    def proposer(self, space: Space, conditions: Conditions) -> OneBatch:
        return OneBatch(random_points(space, conditions.seed, self.trials))


def random_points(space: Space, seed: int, count: int) -> Sequence[Settings]:
    """The first ``count`` random points of a space; raises UsageError where it has fewer.

    A training repeated with equal settings gives equal numbers, so that a point that was drawn before is drawn again
    from its own stream.
    """
    require_points(space, count)
    drawn: dict[Choice, None] = {}
    for number in range(1, count + 1):
        drawn[next(choice for choice in random_choices(space, seed, number) if choice not in drawn)] = None
    return [settings_of(space, choice) for choice in drawn]


def require_points(space: Space, count: int) -> None:
    """Raise UsageError where ``count`` points cannot be drawn from a space."""
    if space.further:
        raise UsageError("several over blocks add up in a grid only; give one block, or search: grid")
    if space.points is not None and space.points < count:
        raise UsageError(
            f"trials: {count} is more than the {space.points} different points of this space; ask for fewer trials"
            + ("" if space.has_ranges else ", or train them all with search: grid")
        )


def random_choices(space: Space, seed: int, number: int) -> Iterator[Choice]:
    """Endless draws of the stream of the point ``number``."""
    rng = AddressedStreams(seed).rng(Purpose.SEARCH, number)
    while True:
        yield tuple(
            axis.range.at(rng.random()) if axis.range else int(rng.random() * len(axis.rows)) for axis in space.axes
        )


def settings_of(space: Space, choice: Choice) -> Settings:
    """The settings of a point given by its choices."""
    return space.settings(
        (at,) if axis.range else axis.rows[int(at)] for axis, at in zip(space.axes, choice, strict=True)
    )
