"""Timers around every part of a training, put there by wrapping the methods of its network, loader and optimizer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from nnlab.engine import loop
from nnlab.engine.run_setup import RunSetup
from nnlab.layers.joint_products import JointProducts
from nnlab.models.network import Network

# What the loop calls besides network, batches, evaluation and optimizer.
CHECKS = ("check_objective", "check_update", "check_evaluation")


@dataclass(eq=False)
class Timer:
    """Seconds in one function; a call from within the same function is counted once."""

    seconds: float = 0.0
    calls: int = 0
    running: bool = False

    def around(self, function: Callable[..., Any], clock: Callable[[], float]) -> Callable[..., Any]:
        """The function, timed."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            if self.running:
                return function(*args, **kwargs)
            self.running = True
            started = clock()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds += clock() - started
                self.calls += 1
                self.running = False

        return timed


class Profile:
    """The timers of one training, by section and name."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._timers: dict[tuple[str, str], list[Timer]] = {}
        self.setup: RunSetup | None = None
        self.seconds = 0.0
        self._evaluating = False

    def _mark_evaluations(self, evaluation: Any) -> None:
        row = evaluation.row

        def marked(*args: Any, **kwargs: Any) -> Any:
            self._evaluating = True
            try:
                return row(*args, **kwargs)
            finally:
                self._evaluating = False

        evaluation.row = marked

    def wrap(self, owner: Any, attribute: str, section: str, name: str) -> None:
        """Time a method of one object, or a function of a module, if it has it."""
        if hasattr(owner, attribute):
            timed = self._new(section, name).around(getattr(owner, attribute), self._clock)
            object.__setattr__(owner, attribute, timed)  # a frozen dataclass refuses setattr

    def seconds_of(self, section: str, name: str) -> float:
        """The total over all threads."""
        return sum(timer.seconds for timer in self._timers.get((section, name), ()))

    def names(self, section: str) -> list[str]:
        """What was timed there, in order."""
        return [name for part, name in self._timers if part == section]

    def calls_of(self, section: str, name: str) -> int:
        """The number of calls over all threads."""
        return sum(timer.calls for timer in self._timers.get((section, name), ()))

    def watch(self, setup: RunSetup, observers: Iterable[Any], checkpointer: Any) -> None:
        """Put a timer around every part of this training."""
        self.setup = setup
        evaluation, network = setup.evaluation, setup.network
        for replica in _unique([network, *getattr(network, "replicas", ()), *evaluation._chunked._networks]):
            self._watch_layers(replica)
        network.forward = self._while_training("step", "forward", network.forward)  # type: ignore[method-assign]
        self.wrap(network, "backward", "step", "backward")
        self.wrap(network, "_sum_gradients", "backward", "sum of the parts' gradients")
        self.wrap(setup.batches, "batch", "step", "gather the batch")
        for function in ("forward", "backward"):
            self.wrap(setup.loss, function, "step", f"loss {function}")
        self.wrap(loop, "penalty_value", "step", "penalties")
        for regularizer in setup.regularizers:
            self.wrap(regularizer, "add_gradient", "step", "penalties")
        for check in CHECKS:
            self.wrap(loop, check, "step", check.replace("_", " "))
        self.wrap(setup.controls, "clip", "step", "clip")
        self.wrap(setup.accumulation, "add", "step", "gradient accumulation")
        self.wrap(setup.optimizer, "step", "step", "update")
        self.wrap(setup.average, "update", "step", "average of the weights")
        self.wrap(setup.last_finite, "keep", "step", "keep the last finite weights")
        self._mark_evaluations(evaluation)
        self.wrap(evaluation, "row", "step", "evaluation")
        for loader in (loader for loaders in evaluation._loaders.values() for loader in loaders):
            self.wrap(loader, "chunk", "evaluation", "gather")
        self.wrap(checkpointer, "save", "records", "checkpoints")
        for observer in observers:
            name = type(observer).__name__
            self.wrap(observer, "on_step", "records", f"{name} on_step")
            self.wrap(observer, "on_evaluation", "records", f"{name} on_evaluation")

    def _watch_layers(self, network: Network) -> None:
        names = {id(layer): name for layer, name in zip(network.layers, network.names, strict=True)}
        for layer in network.order:
            name = names.get(id(layer), type(layer).__name__)
            evaluated = self._new("evaluation", name).around(layer.forward, self._clock)
            layer.forward = self._while_training("forward", name, layer.forward, evaluated)  # type: ignore[method-assign]
            timer = self._new("backward", name)
            for function in ("backward", "backward_parameters"):
                setattr(layer, function, timer.around(getattr(layer, function), self._clock))
            if isinstance(layer, JointProducts):
                layer.joint_forward = self._joint(name, layer.joint_forward)  # type: ignore[method-assign]
                layer.joint_backward = timer.around(layer.joint_backward, self._clock)  # type: ignore[method-assign]

    def _while_training(
        self, section: str, name: str, forward: Callable[..., Any], otherwise: Callable[..., Any] | None = None
    ) -> Callable[..., Any]:
        """Timed where it computes a batch of the training; evaluations use the same layers."""
        timed, other = self._new(section, name).around(forward, self._clock), otherwise or forward

        def either(x: Any, *, training: bool) -> Any:
            return (timed if training else other)(x, training=training)

        return either

    def _joint(self, name: str, joint_forward: Callable[..., Any]) -> Callable[..., Any]:
        """As :meth:`_while_training`, of a product of several replicas."""
        timed, other = (
            self._new(section, name).around(joint_forward, self._clock) for section in ("forward", "evaluation")
        )

        def either(*args: Any, **kwargs: Any) -> Any:
            return (other if self._evaluating else timed)(*args, **kwargs)

        return either

    def _new(self, section: str, name: str) -> Timer:
        timer = Timer()
        self._timers.setdefault((section, name), []).append(timer)
        return timer


def _unique(networks: Iterable[Network]) -> list[Network]:
    return list({id(network.order): network for network in networks}.values())
