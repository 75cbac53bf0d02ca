"""Where the time of a workload goes: each layer forward and backward, update, checks, evaluation, gathering, records.

Run from the checkout: ``python -m benchmarks.profile ROW``. Every part is timed by a wrapper of about 0.3 µs a call,
which the script puts around it ("the loop itself" has those of all parts); the total of a training without wrappers
stands beside. A part below 0.05 % is left out. ``--clock cpu`` counts only the time in which a thread computes: what is
missing to the wall clock is waiting for the interpreter's lock, or for a core.
"""

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from time import perf_counter, thread_time
from typing import Any

from benchmarks import workloads
from nnlab.config.experiment import Experiment
from nnlab.engine import loop
from nnlab.engine.run_setup import RunSetup
from nnlab.layers.joint_products import JointProducts
from nnlab.models.network import Network
from nnlab.train import run as runs

CLOCKS: dict[str, Callable[[], float]] = {"wall": perf_counter, "cpu": thread_time}
# What the loop calls besides network, batches, evaluation and optimizer.
CHECKS = ("check_objective", "check_update", "check_evaluation")
SHOWN = 0.05  # per cent


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


def profiled(experiment: Experiment, clock: str) -> Profile:
    """Train once with a timer around every part."""
    profile = Profile(CLOCKS[clock])
    names = vars(runs)  # its ``train`` is the loop's
    plain = names["train"]
    functions = {name: getattr(loop, name) for name in (*CHECKS, "penalty_value")}

    def watched(setup: RunSetup, observers: Any, stop: Any, checkpointer: Any) -> Any:
        profile.watch(setup, observers, checkpointer)
        started = CLOCKS[clock]()
        outcome = plain(setup, observers, stop, checkpointer)
        profile.seconds = CLOCKS[clock]() - started
        return outcome

    names["train"] = watched
    try:
        train(experiment)
    finally:
        names["train"] = plain
        for name, function in functions.items():
            setattr(loop, name, function)
    return profile


def train(experiment: Experiment) -> float:
    """Seconds of the training loop."""
    with TemporaryDirectory() as folder:
        return float(runs.run(experiment, folder, pictures=False).summary["train_seconds"])


def table(profile: Profile) -> list[str]:
    """Each part in µs a step (of an evaluation: of each evaluation) and as a share of the whole."""
    setup = profile.setup
    assert setup is not None
    steps = setup.iterations
    threads = min(setup.threads, setup.shard_count)
    lines: list[str] = []

    def line(name: str, seconds: float, count: int, indent: int = 0) -> None:
        share = 100 * seconds / profile.seconds
        if share >= SHOWN:
            lines.append(f"{'  ' * indent + name:<38}{1e6 * seconds / max(count, 1):>12,.1f}{share:>8.1f} %")

    lines.append(f"{'part of a step':<38}{'µs a step':>12}{'of all':>10}")
    for name in dict.fromkeys(profile.names("step")):
        seconds = profile.seconds_of("step", name)
        if name == "evaluation":
            continue
        line(name, seconds, steps)
        if name in ("forward", "backward"):
            inside = [
                (inner, profile.seconds_of(name, inner) / threads) for inner in dict.fromkeys(profile.names(name))
            ]
            for inner, share in inside if name == "forward" else inside[::-1]:
                line(inner, share, steps, 1)
            line("waiting and handing over", seconds - sum(share for _, share in inside), steps, 1)
    for name in dict.fromkeys(profile.names("records")):
        if profile.calls_of("records", name):
            line(name, profile.seconds_of("records", name), steps)
    evaluations = profile.calls_of("step", "evaluation")
    line("the loop itself", profile.seconds - _top_level(profile), steps)
    lines += ["", f"{'part of an evaluation':<38}{'µs each':>12}{'of all':>10}"]
    seconds = profile.seconds_of("step", "evaluation")
    line(f"evaluation ({evaluations} times)", seconds, evaluations)
    inside = [(inner, profile.seconds_of("evaluation", inner)) for inner in dict.fromkeys(profile.names("evaluation"))]
    for inner, share in inside:
        line(f"{inner} (all threads)", share, evaluations, 1)
    rest = setup.threads * seconds - sum(share for _, share in inside)
    line("loss, metrics, waiting (all threads)", rest, evaluations, 1)
    return lines


def _top_level(profile: Profile) -> float:
    steps = sum(profile.seconds_of("step", name) for name in dict.fromkeys(profile.names("step")))
    return steps + sum(profile.seconds_of("records", name) for name in dict.fromkeys(profile.names("records")))


def _unique(networks: Iterable[Network]) -> list[Network]:
    return list({id(network.order): network for network in networks}.values())


def main() -> None:
    """Print the table of a workload."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument("workload", choices=(*workloads.NAMES, workloads.SCALING))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--clock", choices=tuple(CLOCKS), default="wall")
    parser.add_argument("--cifar", help="folder with the .bin files of CIFAR-10 (default: download)")
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    experiment = workloads.load(arguments.workload, arguments.cifar, arguments.threads, arguments.changes)
    plain = train(experiment)
    profile = profiled(experiment, arguments.clock)
    print("\n".join(table(profile)))
    print(f"\n{profile.seconds:.3f} s with timers ({arguments.clock} clock), {plain:.3f} s without")


if __name__ == "__main__":
    main()
