"""Successive halving."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, ClassVar

from annotated_types import Ge, Le

from nnlab.core.rows import Steps
from nnlab.errors import UsageError
from nnlab.registry import Doc, searches
from nnlab.search.base import Conditions, PointResult, Request, Search
from nnlab.search.random import Trials, random_points
from nnlab.search.space import Settings, Space


@searches.register("halving")
@dataclass(kw_only=True)
class SuccessiveHalving(Search):
    """Train all points for a short time, the best 1/factor of them for factor times as long, and so on.

    Of N points, ⌊N/factorᵏ⁺¹⌋ pass rung k = 0, 1, ..., K − 1 with K = ⌊log N / log factor⌋, which is at the first
    evaluation after steps/factor^(K−k) updates. They resume their training, so that their runs are as if trained
    through.
    Source: Jamieson & Talwalkar 2016, arXiv 1502.07943; the rungs of Li et al. 2018, arXiv 1603.06560.
    """

    trials: Annotated[Trials | None, Doc("number of random points; null: every combination of the values")] = None
    factor: Annotated[int, Ge(2), Le(100), Doc("the best 1/factor of the points train factor times as long")] = 3
    min_steps: Annotated[Steps, Doc("no selection before this number of updates")] = 1

    needs_goal: ClassVar[bool] = True
    resumes: ClassVar[bool] = True

    def proposer(self, space: Space, conditions: Conditions) -> "Halving":
        steps, eval_every = conditions.steps, conditions.eval_every
        if steps is None:
            raise UsageError(
                "search halving: every trial must train the same number of updates; do not sweep keys that change it, "
                "such as train.iterations"
            )
        if self.trials is None and space.has_ranges:
            raise UsageError("search halving: a range needs trials: N, the number of random points; or list its values")
        points = space.grid() if self.trials is None else random_points(space, conditions.seed, self.trials)
        if len(points) < self.factor:
            raise UsageError(
                f"search halving: selects one of {self.factor} points (factor), and there "
                f"{'is' if len(points) == 1 else 'are'} {len(points)}; sweep more values, or lower factor"
            )
        rungs = self.rungs(len(points), steps, eval_every)
        if not rungs:
            raise UsageError(
                f"search halving: a training of {steps} updates has no evaluation from update {self.min_steps} "
                f"(min_steps) to {steps // self.factor} (1/{self.factor} of it) by which to select; train longer, "
                "evaluate more often (train.eval_every), or lower min_steps"
            )
        return Halving(points, rungs, maximize=conditions.maximize)

    def rungs(self, points: int, steps: int, eval_every: int = 1) -> list["Rung"]:
        """The rungs of trainings that make ``steps`` updates, each at the first evaluation after its share of them."""
        shares: list[int] = []
        while points >= self.factor ** (len(shares) + 1):
            shares.append(self.factor ** (len(shares) + 1))
        # The longest share first: where two rungs meet at one evaluation, the one that keeps fewer points counts.
        rungs: dict[int, Rung] = {}
        for share, keep in zip(shares, reversed([points // share for share in shares]), strict=True):
            until = -(-steps // share // eval_every) * eval_every
            if self.min_steps <= until < steps:
                rungs.setdefault(until, Rung(until, keep))
        return list(reversed(rungs.values()))


@dataclass(frozen=True)
class Rung:
    """After ``until`` updates the best ``keep`` points continue."""

    until: int
    keep: int


class Halving:
    """One batch of requests a rung, and one for the rest of the training of the last survivors."""

    def __init__(self, points: Sequence[Settings], rungs: Sequence[Rung], *, maximize: bool) -> None:
        self._settings = dict(enumerate(points, start=1))
        self._rungs = list(rungs)
        self._sign = -1 if maximize else 1
        self._left = list(self._settings)
        self._at = 0

    @property
    def points(self) -> int:
        return len(self._settings)

    def ask(self) -> Sequence[Request]:
        if self._at > len(self._rungs):
            return []
        until = self._rungs[self._at].until if self._at < len(self._rungs) else None
        return [Request(point, self._settings[point], until) for point in self._left]

    def tell(self, results: Sequence[PointResult]) -> None:
        """Select; of equal points the one with the lower number. Diverged and failed points are not trained further."""
        if self._at < len(self._rungs):
            loss = {
                result.point: self._sign * result.value
                for result in results
                if result.value is not None and not result.diverged and isfinite(result.value)
            }
            best = sorted(loss, key=lambda point: (loss[point], point))[: self._rungs[self._at].keep]
            self._left = sorted(best)
        self._at += 1
