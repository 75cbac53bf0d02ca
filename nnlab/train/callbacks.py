"""A user's own observers of a training, and what they see of the network."""

from collections.abc import Callable, Sequence
from inspect import signature
from math import nan
from typing import Protocol

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.rows import Row
from nnlab.engine.loop import Observer
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import UsageError
from nnlab.models.network import Network
from nnlab.text import quote

FORM = "must be a function of step, objective, row and network, or an object with on_step or on_evaluation"


class StepObserver(Protocol):
    """An object that follows the updates."""

    def on_step(self, step: int, objective: float) -> object:
        """The weights were updated; ``objective`` is the loss with all penalties of the forward pass before."""
        ...


class EvaluationObserver(Protocol):
    """An object that follows the evaluations."""

    def on_evaluation(self, row: Row) -> object:
        """The network was evaluated; ``row`` is the row of metrics.csv."""
        ...


Callback = Callable[[int, float, Row | None, Network], object]
"""A function of step, objective, row and network.

It is called once before the first update (step 0, the objective is NaN) and once after each one. ``row`` is the row of
metrics.csv where the network was evaluated at this step, else None; ``network`` is an :class:`ObservedNetwork`.
"""

UserObserver = Callback | StepObserver | EvaluationObserver


class ObserverFailed(Exception):
    """An observer of the user raised ``error``."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class ObservedNetwork(Network):
    """The network in training, for a user's function.

    It computes in memory of its own, and what ``forward``, ``state`` and ``gradients`` return are copies; the arrays of
    its ``parameters`` are those of the training and must not be changed.
    """

    @classmethod
    def of(cls, network: Network) -> "ObservedNetwork":
        """A view of a network that has memory."""
        view = cls.__new__(cls)
        vars(view).update(vars(Network.replica(network)))
        return view

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Scores (N, K) for network inputs (N, ...).

        Raises UsageError with ``training``, which would change running statistics and the draws of dropout.
        """
        if training:
            raise UsageError("training: must be False in an observer, which cannot take part in the training")
        return super().forward(x, training=False).copy()

    def input_gradient(self, dscores: Array) -> Array:
        return super().input_gradient(dscores).copy()

    def state(self) -> dict[str, Array]:
        """Every parameter and buffer by name, such as ``linear1.W``."""
        return {name: array.copy() for name, array in super().state().items()}

    def gradients(self) -> dict[str, Array]:
        """The gradient that the last update followed by parameter, such as ``linear1.W``."""
        return {name: parameter.grad.copy() for name, parameter in self.named_parameters()}


def check_observers(observers: Sequence[object]) -> None:
    """Raise UsageError for an observer that cannot be called as training will call it."""
    if not isinstance(observers, Sequence):
        raise UsageError(f"observers: must be a list, such as [watch], got {quote(repr(observers))}")
    for index, observer in enumerate(observers):
        if _methods(observer):
            continue
        if not callable(observer) or isinstance(observer, type):
            raise UsageError(f"observers, item {index}: {FORM}, got {quote(repr(observer))}")
        try:
            signature(observer).bind(0, 0.0, None, None)
        except TypeError:
            found = ", ".join(map(str, signature(observer).parameters.values()))
            raise UsageError(f"observers, item {index}: {FORM}, got a function of ({found})") from None
        except ValueError:  # a built-in function without a signature
            continue


def adapted(observers: Sequence[UserObserver], setup: RunSetup) -> list[Observer]:
    """Observers of a user as the training loop calls them; what they raise is raised as ObserverFailed."""
    return [_Methods(observer) if _methods(observer) else _Function(observer, setup) for observer in observers]


def _methods(observer: object) -> bool:
    return not isinstance(observer, type) and any(
        callable(getattr(observer, name, None)) for name in ("on_step", "on_evaluation")
    )


class _UsersCode:
    """Calls code of the user with the NumPy error handling that holds outside the training loop."""

    def __init__(self) -> None:
        self._errstate = np.geterr()

    def _call(self, function: Callable[..., object], *arguments: object) -> None:
        try:
            with np.errstate(**self._errstate):
                function(*arguments)
        except Exception as error:
            raise ObserverFailed(error) from error


class _Methods(_UsersCode):
    """Hands steps and evaluations to the methods that an object has."""

    def __init__(self, observer: object) -> None:
        super().__init__()
        self._on_step = getattr(observer, "on_step", None)
        self._on_evaluation = getattr(observer, "on_evaluation", None)

    def on_step(self, step: int, objective: float) -> None:
        if self._on_step:
            self._call(self._on_step, step, objective)

    def on_evaluation(self, row: Row) -> None:
        if self._on_evaluation:
            self._call(self._on_evaluation, row)


class _Function(_UsersCode):
    """Calls a function once for each step, together with the evaluation where one follows."""

    def __init__(self, function: object, setup: RunSetup) -> None:
        super().__init__()
        self._function: Callable[..., object] = function  # type: ignore[assignment]
        self._network = ObservedNetwork.of(setup.network)
        self._eval_every, self._last = setup.eval_every, setup.iterations
        self._objective = nan

    def on_step(self, step: int, objective: float) -> None:
        self._objective = objective
        if step % self._eval_every and step != self._last:
            self._call(self._function, step, objective, None, self._network)

    def on_evaluation(self, row: Row) -> None:
        self._call(self._function, int(row["step"] or 0), self._objective, dict(row), self._network)
