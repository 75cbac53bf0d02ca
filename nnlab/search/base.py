"""What every search has in common: it asks for points to be trained and receives their results."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from nnlab.search.space import Settings, Space


@dataclass(frozen=True)
class Request:
    """Train a point, numbered from 1, until it has made ``until`` of its steps; None: to its end.

    A point that was asked for before is resumed, so that its run is as if it had never paused.
    """

    point: int
    settings: Settings
    until: int | None = None


@dataclass(frozen=True)
class PointResult:
    """How good a point was after a request: the mean goal over its seeds.

    ``value`` is None where a trial failed or recorded no goal; ``diverged`` where a trial diverged, which counts as the
    worst of all values.
    """

    point: int
    value: float | None
    diverged: bool = False


class Proposer(Protocol):
    """One search under way.

    It depends on its arguments and on the results it received, and on nothing else: a resumed sweep asks and tells from
    the beginning, with the recorded values, and comes to the same points.
    """

    @property
    def points(self) -> int:
        """The number of points that the search will have asked for at its end."""
        ...

    def ask(self) -> Sequence[Request]:
        """The next batch, empty at the end; the results of all of it come before the next one."""
        ...

    def tell(self, results: Sequence[PointResult]) -> None:
        """The results of the whole batch, in the order of its requests."""
        ...


@dataclass(frozen=True)
class Conditions:
    """What a search may depend on besides its space.

    ``seed`` is that of the base; ``steps`` is how many updates a whole training makes and ``eval_every`` how many are
    between two evaluations, where both are the same in all trials (``steps`` is None elsewhere). ``recorded`` are the
    points of an earlier session, which keep their settings even where a trial was retried with another result.
    """

    seed: int
    steps: int | None
    maximize: bool
    eval_every: int
    recorded: Mapping[int, Settings]


@dataclass(kw_only=True)
class Search(ABC):
    """A registered search; its fields are its keys in ``search: {name: ..., ...}``.

    ``needs_goal``: it chooses points by the results of others, which a sweep without a goal does not have.
    ``resumes``: it pauses trainings and resumes some of them, which takes checkpoints.
    """

    needs_goal: ClassVar[bool] = False
    resumes: ClassVar[bool] = False

    @property
    def wanted_points(self) -> int | None:
        """The number of points in its key ``trials``; None: all of a grid."""
        return getattr(self, "trials", None)

    def start(
        self,
        space: Space,
        seed: int,
        steps: int | None = None,
        *,
        maximize: bool = True,
        eval_every: int = 1,
        recorded: Mapping[int, Settings] | None = None,
    ) -> Proposer:
        """Start the search of a space; the other arguments are those of :class:`Conditions`.

        Raises UsageError where space and search do not fit, such as a range in a grid.
        """
        return self.proposer(space, Conditions(seed, steps, maximize, eval_every, recorded or {}))

    @abstractmethod
    def proposer(self, space: Space, conditions: Conditions) -> Proposer:
        """The search of a space under these conditions; raises UsageError where space and search do not fit."""
