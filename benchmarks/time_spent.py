"""Where the time of a workload goes: each layer forward and backward, update, checks, evaluation, gathering, records.

Run from the checkout: ``python -m benchmarks.time_spent ROW``. Every part is timed by a wrapper of about 0.3 µs a call,
which the script puts around it ("the loop itself" has those of all parts); the total of a training without wrappers
stands beside. A part below 0.05 % is left out. ``--clock cpu`` counts only the time in which a thread computes: what is
missing to the wall clock is waiting for the interpreter's lock, or for a core.
"""

import argparse
from collections.abc import Callable
from tempfile import TemporaryDirectory
from time import perf_counter, thread_time
from typing import Any

from benchmarks import workloads
from benchmarks.timers import CHECKS, Profile
from benchmarks.with_nnlab import without_checkpoints
from nnlab.config.experiment import Experiment
from nnlab.engine import loop
from nnlab.engine.run_setup import RunSetup
from nnlab.train import run as runs

CLOCKS: dict[str, Callable[[], float]] = {"wall": perf_counter, "cpu": thread_time}
SHOWN = 0.05  # per cent


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


def main() -> None:
    """Print the table of a workload."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.time_spent", description=__doc__)
    parser.add_argument("workload", choices=(*workloads.NAMES, workloads.SCALING))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--clock", choices=tuple(CLOCKS), default="wall")
    parser.add_argument("--cifar", help="folder with the .bin files of CIFAR-10 (default: download)")
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    loaded = workloads.load(arguments.workload, arguments.cifar, arguments.threads, arguments.changes)
    experiment = without_checkpoints(loaded)
    plain = train(experiment)
    profile = profiled(experiment, arguments.clock)
    print("\n".join(table(profile)))
    print(f"\n{profile.seconds:.3f} s with timers ({arguments.clock} clock), {plain:.3f} s without")


if __name__ == "__main__":
    main()
