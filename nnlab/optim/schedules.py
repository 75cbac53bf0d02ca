"""Learning-rate schedules: the factor on the optimizer's learning rate at each update."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import cos, pi
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from nnlab.core.arrays import Array
from nnlab.core.rows import Row, Steps
from nnlab.optim.patience import Patience, PatienceCounter
from nnlab.registry import Component, Doc, schedules


class Schedule(ABC):
    """The learning rate η·scale(s, S) of the update that follows s of S updates, a pure function of s and S.

    The row of step s in metrics.csv shows the same rate.
    """

    @abstractmethod
    def scale(self, step: int, steps: int) -> float:
        """The factor on the optimizer's learning rate after ``step`` of ``steps`` updates."""

    @property
    def plateau(self) -> "ReduceLROnPlateau | None":
        """The part that depends on evaluations, if there is one; the controls of training apply it on top."""
        return None


@schedules.register("constant")
@dataclass(kw_only=True)
class Constant(Schedule):
    """The same learning rate at every update.

        η_s = η

    Source: "Deep Learning from Scratch", section 6.1.2.
    """

    def scale(self, step: int, steps: int) -> float:
        return 1.0


@schedules.register("step")
@dataclass(kw_only=True)
class StepDecay(Schedule):
    """Multiply the learning rate by a factor after each N updates, N the key every.

        η_s = η · factor^⌊s/every⌋

    s counts the updates before this one.
    Source: He et al. 2016, arXiv 1512.03385, section 4.2.
    """

    every: Annotated[Steps, Doc("steps between two reductions")]
    factor: Annotated[float, Gt(0), Le(1), Doc("factor on the learning rate at each reduction")] = 0.1

    def scale(self, step: int, steps: int) -> float:
        return self.factor ** (step // self.every)


@schedules.register("exponential")
@dataclass(kw_only=True)
class Exponential(Schedule):
    """Multiply the learning rate by a factor below 1 at each update.

        η_s = η · decay^s

    s counts the updates before this one.
    Source: Keras' ExponentialDecay, PyTorch's ExponentialLR.
    """

    decay: Annotated[float, Gt(0), Le(1), Doc("factor on the learning rate at each step, such as 0.999")]

    def scale(self, step: int, steps: int) -> float:
        return self.decay**step


@schedules.register("cosine")
@dataclass(kw_only=True)
class Cosine(Schedule):
    """Lower the learning rate along half a wave over the whole training.

        η_s = η (final + (1 − final) (1 + cos(π s / S)) / 2)

    s counts the updates before this one, of S in all; without restarts.
    Source: Loshchilov & Hutter 2017, arXiv 1608.03983, equation 5.
    """

    final: Annotated[float, Ge(0), Le(1), Doc("fraction of the learning rate at the end")] = 0.0

    def scale(self, step: int, steps: int) -> float:
        return self.final + (1 - self.final) * (1 + cos(pi * step / max(steps, 1))) / 2


@schedules.register("plateau")
@dataclass(kw_only=True)
class ReduceLROnPlateau(Patience, Schedule):
    """Lower the learning rate each time a metric has not improved for ``patience`` evaluations.

        η ← max(factor · η, minimum · η_0)

    η_0 is the learning rate of the optimizer. The reduction depends on the evaluations, not on the step, so
    :class:`ReduceLROnPlateauState` keeps it.
    Source: Keras' ReduceLROnPlateau; He et al. 2016, arXiv 1512.03385, section 3.4.
    """

    factor: Annotated[float, Gt(0), Lt(1), Doc("factor on the learning rate at each reduction")] = 0.1
    minimum: Annotated[float, Ge(0), Le(1), Doc("lower limit, as a fraction of the learning rate")] = 0.0

    def scale(self, step: int, steps: int) -> float:
        return 1.0

    @property
    def plateau(self) -> "ReduceLROnPlateau":
        return self


class ReduceLROnPlateauState:
    """The reduction so far: the learning rate is multiplied by ``share``."""

    def __init__(self, settings: ReduceLROnPlateau) -> None:
        self.share = 1.0
        self._settings = settings
        self._counter = PatienceCounter(settings)

    def after_evaluation(self, row: Row) -> None:
        """Multiply ``share`` by the factor once the metric has not improved for ``patience`` evaluations."""
        if not self._counter.improved(row) and self._counter.waited == self._settings.patience:
            self.share = max(self._settings.minimum, self.share * self._settings.factor)
            self._counter.waited = 0

    def state(self) -> dict[str, Array]:
        """The share, and the state of the counter."""
        return {"share": np.array(self.share), **self._counter.state()}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Resume from a saved state; raises ShapeError where that does not fit."""
        left = dict(state)
        self.share = float(left.pop("share", np.array(1.0)))
        self._counter.load_state(left)


@schedules.register("warmup")
@dataclass(kw_only=True)
class Warmup(Schedule):
    """A linear rise of the learning rate over the first steps; then the schedule ``after``, counted from there.

        η_s = η (s + 1) / steps where s < steps, else η · after_{s−steps}

    s counts the updates before this one.
    Source: Goyal et al. 2017, arXiv 1706.02677, section 2.2.
    """

    steps: Annotated[Steps, Doc("steps of the linear rise")]
    after: Annotated[Schedule, Component("schedule"), Doc("schedule after the warmup")] = field(
        default_factory=Constant
    )

    def scale(self, step: int, steps: int) -> float:
        if step < self.steps:
            return (step + 1) / self.steps
        return self.after.scale(step - self.steps, steps - self.steps)

    @property
    def plateau(self) -> ReduceLROnPlateau | None:
        """That of ``after``; it counts evaluations from the start of training."""
        return self.after.plateau
