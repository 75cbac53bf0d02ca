"""One workload in one mode: every library once, then rounds of nnlab, the fastest other one and PyTorch, in turn."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks import workloads
from benchmarks.library import Library, LibraryFailed
from benchmarks.measure import can
from benchmarks.neighbour import machine

# These cannot be the fastest: they train on a quiet machine only, the textbook version a tenth of the steps.
SLOW = ("sklearn", "textbook")
TEXTBOOK_SHARE = 0.1
# nnlab is compared with it in every round, also where another one is faster.
STANDARD = "torch"
# Libraries this close to the fastest after the first training train twice more before the fastest is named.
CLOSE = 1.3


@dataclass(frozen=True)
class Plan:
    """How a mode is measured: the share of the steps, the number of rounds, and the libraries it compares.

    ``nice_rounds`` more are measured beside a neighbour of the lowest priority.
    """

    mode: str
    threads: int
    share: float
    rounds: int
    libraries: Sequence[str]
    cifar: str | None
    nice_rounds: int = 0


def measured(name: str, plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Every training, by library, and nnlab's pairs with the fastest other library and with PyTorch."""
    experiment = workloads.load(name, plan.cifar, plan.threads)
    changes = workloads.shortened(experiment, plan.share)
    trainings: dict[str, list[dict[str, Any]]] = {}
    result: dict[str, Any] = {"changes": list(changes), "libraries": trainings}
    libraries = [library for library in plan.libraries if can(library, experiment)]
    with ExitStack() as stack:
        processes: dict[str, Library] = {}
        for library in (library for library in libraries if library != "textbook"):
            try:
                process = stack.enter_context(Library(library, name, plan.threads, plan.cifar, changes))
            except LibraryFailed as failure:
                say(f"{plan.mode} {name} {library} is left out: {failure}")
            else:
                processes[library] = process

        def train(library: str) -> float:
            found = processes[library].train()
            say(f"{plan.mode} {name} {library}: {found['seconds']:.2f} s, accuracy {found['accuracy']:.4f}")
            trainings.setdefault(library, []).append(found)
            return float(found["seconds"])

        def rounds(others: Sequence[str], count: int) -> dict[str, list[tuple[float, float]]]:
            """Seconds of nnlab and of each other library in the same round; each is the first in turn."""
            found: dict[str, list[tuple[float, float]]] = {other: [] for other in others}
            order = ["nnlab", *found]
            for _ in range(count):
                seconds = {library: train(library) for library in order}
                for other in found:
                    found[other].append((seconds["nnlab"], seconds[other]))
                order = [*order[1:], order[0]]
            return found

        with machine(plan.mode):  # busy from here: imports and compilation are over
            for library in list(processes):
                try:
                    train(library)
                except LibraryFailed as failure:
                    del processes[library]
                    say(f"{plan.mode} {name} {library} is left out: {failure}")
            if "nnlab" in processes and len(processes) > 1:
                result["best"] = best = _fastest_other(trainings, train)
                found = rounds([library for library in (best, STANDARD) if library in processes], plan.rounds)
                result["pairs"] = found[best]
                if STANDARD in found:
                    result["pairs_with_torch"] = found[STANDARD]
        if plan.nice_rounds and "best" in result:
            with machine("nice"):
                result["nice"] = rounds([best], plan.nice_rounds)[best]
    if "textbook" in libraries:
        trainings["textbook"] = [_textbook(name, plan)]
        say(f"{plan.mode} {name} textbook: {trainings['textbook'][0]['seconds']:.2f} s")
    return result


def _fastest_other(trainings: dict[str, list[dict[str, Any]]], train: Callable[[str], float]) -> str:
    """The fastest library besides nnlab, after more trainings of those that are close."""
    first = {library: runs[0]["seconds"] for library, runs in trainings.items() if library != "nnlab"}
    close = [library for library, seconds in first.items() if seconds < CLOSE * min(first.values())]
    for library in close * 2 if len(close) > 1 else ():
        train(library)
    return min(close, key=lambda library: median(run["seconds"] for run in trainings[library]))


def _textbook(name: str, plan: Plan) -> dict[str, Any]:
    experiment = workloads.load(name, plan.cifar, plan.threads)
    changes = workloads.shortened(experiment, TEXTBOOK_SHARE)
    with Library("textbook", name, plan.threads, plan.cifar, changes) as process:
        found = process.train()
    kept = workloads.load(name, plan.cifar, plan.threads, changes).train
    return found | {"seconds": found["seconds"] * (experiment.train.iterations or 1) / (kept.iterations or 1)}
