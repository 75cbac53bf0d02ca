"""What a sweep will train, checked before its first trial."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nnlab.config.sweep import Sweep
from nnlab.core.plain_values import canonical
from nnlab.core.rows import MOST_TRIALS
from nnlab.data.dataset_cache import DatasetCache
from nnlab.data.dataset_source import DatasetSource
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import MOST_LINES, UsageError
from nnlab.language import tr
from nnlab.search.base import Proposer, Request
from nnlab.search.space import Axis, Settings
from nnlab.sweeps.progress import described
from nnlab.train.tensorboard import check_tensorboard

MOST_SETUPS = 200
"""How many different shapes of trials are checked; the others are when they are trained."""

_WITHOUT_SHAPE = ("seed", "optimizer", "penalty", "name")


@dataclass(frozen=True)
class Length:
    """How many updates a training makes, and after how many it evaluates."""

    steps: int
    eval_every: int


class Plan:
    """A sweep and the trials known before the first one is trained: all of them, or the first batch of its search.

    Raises SpecError or UsageError with all trials that cannot be trained, DataError where data is missing or corrupt.
    """

    def __init__(self, sweep: Sweep) -> None:
        if sweep.trials > MOST_TRIALS:  # counted, before anything is enumerated
            raise UsageError(f"{sweep.trials:,} trials; a sweep has at most {MOST_TRIALS:,}")
        self.sweep = sweep
        self._lengths: dict[str, Length] = {}
        self._datasets = DatasetCache()
        space = sweep.space if sweep.space.axes or not sweep.space.further else sweep.space.further[0]
        self._length: Length | None = self._set_up(_first(space.axes))
        proposer = self.start()
        self.requests: Sequence[Request] = proposer.ask()
        self.points = proposer.points
        known = [request.settings for request in self.requests]
        if len(known) < self.points:
            known += _each_value(space.axes)
        sweep.check(known)
        self._check_shapes(known)
        if set(self._lengths.values()) != {self._length}:
            self._length = None
            self.start()
        self._datasets = DatasetCache()  # the workers read their own

    def start(self, recorded: Mapping[int, Settings] | None = None) -> Proposer:
        """Start the search of the sweep's points; ``recorded`` are those of an earlier session."""
        sweep, length = self.sweep, self._length
        return sweep.search.start(
            sweep.space,
            sweep.base.seed,
            length.steps if length else None,
            maximize=sweep.goal is None or sweep.goal.maximize,
            eval_every=length.eval_every if length else 1,
            recorded=recorded,
        )

    @property
    def trials(self) -> int:
        """The number of trials of the whole sweep."""
        return self.points * self.sweep.seeds

    def size(self) -> str:
        """The number of trials in words: ``15 trials (5 points, 3 seeds each)``."""
        trials = tr("1 trial") if self.trials == 1 else tr("{trials} trials", trials=f"{self.trials:,}")
        if self.sweep.seeds == 1:
            return trials
        if self.points == 1:
            return tr("{trials} (1 point, {seeds} seeds each)", trials=trials, seeds=self.sweep.seeds)
        points = f"{self.points:,}"
        return tr(
            "{trials} ({points} points, {seeds} seeds each)", trials=trials, points=points, seeds=self.sweep.seeds
        )

    def _check_shapes(self, points: Sequence[Settings]) -> None:
        failed: list[str] = []
        for settings in points:
            try:
                self._set_up(settings)
            except UsageError as error:
                failed.append(f"{described(settings)}: {error}" if settings else str(error))
        if failed:
            more = [f"... and {len(failed) - MOST_LINES} more points"] if len(failed) > MOST_LINES else []
            raise UsageError("\n".join([*failed[:MOST_LINES], *more]))

    def _set_up(self, settings: Settings) -> Length | None:
        """The length of a point's training, whose shapes are checked where they were not seen before."""
        shaping = {key: value for key, value in settings.items() if key.partition(".")[0] not in _WITHOUT_SHAPE}
        key = canonical(shaping)
        if key not in self._lengths and len(self._lengths) < MOST_SETUPS:
            experiment = self.sweep.experiment(settings)
            check_tensorboard(experiment)
            setup = RunSetup(experiment, read=self._datasets.read)
            self._lengths[key] = Length(setup.iterations, setup.eval_every)
        return self._lengths.get(key)


def swept_datasets(sweep: Sweep) -> Iterator[DatasetSource]:
    """The datasets that the trials load, where these differ."""
    if any(key.partition(".")[0] == "data" for key in sweep.space.keys):
        for space in (sweep.space, *sweep.space.further):
            for settings in _each_value(space.axes):
                yield sweep.experiment(settings).data


def _first(axes: Sequence[Axis]) -> Settings:
    return {key: value for axis in axes for key, value in zip(axis.keys, _rows(axis)[0], strict=True)}


def _each_value(axes: Sequence[Axis]) -> Iterator[Settings]:
    """Each value, and both ends of each range, with the first values of all other axes."""
    for axis in axes:
        for row in _rows(axis):
            yield {**_first(axes), **dict(zip(axis.keys, row, strict=True))}


def _rows(axis: Axis) -> Sequence[tuple[object, ...]]:
    if axis.range is None:
        return axis.rows
    ends = (axis.range.low, axis.range.high)
    return [(int(end) if axis.range.scale == "int" else end,) for end in ends]
