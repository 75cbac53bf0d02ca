"""Search by Optuna's samplers."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf, isfinite
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from annotated_types import Ge, Le

from nnlab.core.plain_values import canonical
from nnlab.errors import UsageError
from nnlab.registry import Doc, searches
from nnlab.search.base import Conditions, PointResult, Request, Search
from nnlab.search.random import Choice, Trials, random_choices, require_points, settings_of
from nnlab.search.space import Axis, Settings, Space

if TYPE_CHECKING:
    from types import ModuleType

    from optuna import Study, Trial
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler

REPEATS = 20
"""How many proposals in a row may be points that were proposed before; then a random point is trained."""


@searches.register("optuna")
@dataclass(kw_only=True)
class OptunaSearch(Search):
    """Points proposed by Optuna from the results so far, none twice.

    The default sampler is the tree-structured Parzen estimator, over all keys at once. It proposes a batch from the
    results of all earlier ones: the same sweep has the same trials whichever finishes first.
    Source: Akiba et al. 2019, arXiv 1907.10902; the estimator Bergstra et al. 2011, NIPS 24.
    """

    trials: Annotated[Trials, Doc("number of points")]
    sampler: Annotated[Literal["tpe", "random"], Doc("tpe: tree-structured Parzen estimator; random: no model")] = "tpe"
    batch: Annotated[
        Annotated[int, Ge(1), Le(1000)],
        Doc("points proposed at a time, which can train in parallel; smaller batches know more results"),
    ] = 4

    needs_goal: ClassVar[bool] = True

    def proposer(self, space: Space, conditions: Conditions) -> "Proposals":
        require_points(space, self.trials)
        return Proposals(self, space, conditions)

    def make_sampler(self, seed: int) -> "BaseSampler":
        """The sampler; the options are the defaults of Optuna 5, which Optuna 4 warns of as experimental."""
        from optuna.samplers import RandomSampler, TPESampler

        if self.sampler == "random":
            return RandomSampler(seed=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return TPESampler(seed=seed, multivariate=True, constant_liar=True)


class Proposals:
    """A study in memory: the records of the sweep are its storage."""

    def __init__(self, search: OptunaSearch, space: Space, conditions: Conditions) -> None:
        self._search = search
        self._space = space
        self._seed = conditions.seed
        self._worst = -inf if conditions.maximize else inf
        self._points: dict[Choice, int] = {}
        self._recorded = {number: choice_of(space, settings) for number, settings in conditions.recorded.items()}
        self._asked: dict[int, Trial] = {}
        with quiet_optuna() as optuna:
            self._failed = optuna.trial.TrialState.FAIL
            self._distributions = {str(index): distribution(axis) for index, axis in enumerate(space.axes)}
            self._study: Study = optuna.create_study(
                direction="maximize" if conditions.maximize else "minimize", sampler=search.make_sampler(self._seed)
            )

    @property
    def points(self) -> int:
        return self._search.trials

    def ask(self) -> Sequence[Request]:
        batch = []
        with quiet_optuna():
            for _ in range(min(self._search.batch, self._search.trials - len(self._points))):
                number = len(self._points) + 1
                trial, choice = self._new_trial()
                recorded = self._recorded.get(number)
                if recorded not in (None, choice):
                    self._study.tell(trial, state=self._failed)
                    trial, choice = self._trial_of(recorded), recorded
                self._points[choice] = number
                self._asked[number] = trial
                batch.append(Request(number, settings_of(self._space, choice)))
        return batch

    def tell(self, results: Sequence[PointResult]) -> None:
        """Diverged points are as bad as can be, from which the estimator learns; it ignores failed ones."""
        with quiet_optuna():
            for result in sorted(results, key=lambda result: result.point):
                trial = self._asked.pop(result.point)
                if result.diverged:
                    self._study.tell(trial, self._worst)
                elif result.value is None or not isfinite(result.value):
                    self._study.tell(trial, state=self._failed)
                else:
                    self._study.tell(trial, result.value)

    def _new_trial(self) -> "tuple[Trial, Choice]":
        """A proposal that was not made before, since equal settings train to equal results."""
        for _ in range(REPEATS):
            trial = self._study.ask(self._distributions)
            choice = self._choice(trial)
            if choice not in self._points:
                return trial, choice
            self._study.tell(trial, state=self._failed)
        draws = random_choices(self._space, self._seed, len(self._points) + 1)
        choice = next(choice for choice in draws if choice not in self._points)
        return self._trial_of(choice), choice

    def _trial_of(self, choice: Choice) -> "Trial":
        """A trial with the parameters of a point that the sampler did not choose."""
        self._study.enqueue_trial(dict(zip(self._distributions, choice, strict=True)))
        return self._study.ask(self._distributions)

    def _choice(self, trial: "Trial") -> Choice:
        values = (trial.params[name] for name in self._distributions)
        return tuple(
            axis.range.plain(value) if axis.range and axis.range.count is None else int(value)
            for axis, value in zip(self._space.axes, values, strict=True)
        )


def choice_of(space: Space, settings: Settings) -> Choice | None:
    """The place of a point in its space; None where it has no such point."""
    choice: list[int | float] = []
    for axis in space.axes:
        row = canonical([settings.get(key) for key in axis.keys])
        if axis.range:
            choice.append(settings[axis.keys[0]])
        else:
            rows = [canonical(list(known)) for known in axis.rows]
            if row not in rows:
                return None
            choice.append(rows.index(row))
    return tuple(choice)


def distribution(axis: Axis) -> "BaseDistribution":
    """What Optuna draws for an axis: a number of its range, or the index of a row."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if axis.range is None:
        return CategoricalDistribution(range(len(axis.rows)))
    if axis.range.scale == "int":
        return IntDistribution(int(axis.range.low), int(axis.range.high))
    return FloatDistribution(axis.range.low, axis.range.high, log=axis.range.scale == "log")


@contextmanager
def quiet_optuna() -> "Iterator[ModuleType]":
    """Optuna, which logs to stderr, without its log; raises UsageError where it is not installed."""
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise UsageError("search optuna: needs Optuna; install it by: pip install 'nnlab-runner[sweep]'") from error
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield optuna
    finally:
        optuna.logging.set_verbosity(verbosity)
