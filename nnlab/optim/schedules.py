"""Learning-rate schedules: by what the optimizer's learning rate is multiplied at each update."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from math import cos, pi
from typing import Annotated

from annotated_types import Ge, Gt, Le, Lt

from nnlab.core.rows import MAX_STEPS
from nnlab.optim.patience import Patience
from nnlab.registry import Component, Doc, schedules

Steps = Annotated[int, Ge(1), Le(MAX_STEPS)]


class Schedule(ABC):
    """The learning rate η·scale(s, S) for the update that follows s of S updates, a pure function of s and S.

    The row of step s in metrics.csv shows it too: the rate in force when the network was evaluated.
    """

    @abstractmethod
    def scale(self, step: int, steps: int) -> float:
        """The share of the optimizer's learning rate in force after ``step`` of ``steps`` updates."""

    @property
    def plateau(self) -> "Plateau | None":
        """The part that waits for evaluations, if there is one; whoever sees the evaluations applies it on top."""
        return None


@schedules.register("constant")
@dataclass(kw_only=True)
class Constant(Schedule):
    """η at every update."""

    def scale(self, step: int, steps: int) -> float:
        """Always 1."""
        return 1.0


@schedules.register("step")
@dataclass(kw_only=True)
class StepDecay(Schedule):
    """η · factor^⌊s / every⌋ after s updates: falls in steps (as in He et al. 2016, arXiv 1512.03385, section 4.2)."""

    every: Annotated[Steps, Doc("steps between two falls")]
    factor: Annotated[float, Gt(0), Le(1), Doc("share of the learning rate left after each fall")] = 0.1

    def scale(self, step: int, steps: int) -> float:
        """factor^⌊s / every⌋."""
        return self.factor ** (step // self.every)


@schedules.register("exponential")
@dataclass(kw_only=True)
class Exponential(Schedule):
    """η · decay^s after s updates."""

    decay: Annotated[float, Gt(0), Le(1), Doc("share of the learning rate kept at each step, such as 0.999")]

    def scale(self, step: int, steps: int) -> float:
        """decay^s."""
        return self.decay**step


@schedules.register("cosine")
@dataclass(kw_only=True)
class Cosine(Schedule):
    """η · (final + (1 − final) · (1 + cos(π s/S)) / 2) after s of S updates: half a wave over the whole training.

    Loshchilov & Hutter 2017, arXiv 1608.03983, equation 5, without restarts.
    """

    final: Annotated[float, Ge(0), Le(1), Doc("share of the learning rate left at the end")] = 0.0

    def scale(self, step: int, steps: int) -> float:
        """From 1 at the first update to ``final`` after the last."""
        return self.final + (1 - self.final) * (1 + cos(pi * step / max(steps, 1))) / 2


@schedules.register("plateau")
@dataclass(kw_only=True)
class Plateau(Patience, Schedule):
    """η times factor whenever a metric has not improved for ``patience`` evaluations, after which the wait begins anew.

    As Keras's ``ReduceLROnPlateau``. The reduction depends on what evaluations measured, so it is no function of the
    step and kept by the controls of training.
    """

    factor: Annotated[float, Gt(0), Lt(1), Doc("share of the learning rate left after each reduction")] = 0.1
    minimum: Annotated[float, Ge(0), Le(1), Doc("share of the learning rate that is always left")] = 0.0

    def scale(self, step: int, steps: int) -> float:
        """Always 1: by the step alone nothing changes."""
        return 1.0

    @property
    def plateau(self) -> "Plateau":
        """Itself."""
        return self


@schedules.register("warmup")
@dataclass(kw_only=True)
class Warmup(Schedule):
    """η · (s + 1) / steps while s < steps, a linear rise to η; then another schedule as if training began there.

    Goyal et al. 2017, arXiv 1706.02677, section 2.2.
    """

    steps: Annotated[Steps, Doc("steps until the full learning rate is reached")]
    after: Annotated[Schedule, Component("schedule"), Doc("the schedule of all later steps")] = field(
        default_factory=Constant
    )

    def scale(self, step: int, steps: int) -> float:
        """(s + 1) / steps, then ``after`` at s − steps of S − steps."""
        if step < self.steps:
            return (step + 1) / self.steps
        return self.after.scale(step - self.steps, steps - self.steps)

    @property
    def plateau(self) -> Plateau | None:
        """That of ``after``; its wait begins with the training."""
        return self.after.plateau
