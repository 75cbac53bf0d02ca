"""One workload in one mode: a round with every library, then pairs of nnlab and the fastest other one, in turn."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks import workloads
from benchmarks.library import Library
from benchmarks.measure import can
from benchmarks.neighbour import machine

# These cannot be the fastest: they train on a quiet machine only, the textbook version a tenth of the steps.
SLOW = ("sklearn", "textbook")
TEXTBOOK_SHARE = 0.1
# Libraries this close to the fastest after the first training train twice more before the fastest is named.
CLOSE = 1.3


@dataclass(frozen=True)
class Plan:
    """How a mode is measured: the share of the steps, the number of pairs, and the libraries it compares."""

    mode: str
    threads: int
    share: float
    pairs: int
    libraries: Sequence[str]
    cifar: str | None


def measured(name: str, plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Every training, by library, and the pairs with the fastest other library."""
    experiment = workloads.load(name, plan.cifar, plan.threads)
    whole = experiment.train.iterations or 1
    changes = workloads.shortened(experiment, plan.share)
    libraries = [backend for backend in plan.libraries if can(backend, experiment)]
    trainings: dict[str, list[dict[str, Any]]] = {}
    result: dict[str, Any] = {"changes": list(changes), "libraries": trainings}
    with ExitStack() as open_processes:
        processes: dict[str, Library] = {}
        for backend in libraries:
            if backend == "textbook":
                continue
            processes[backend] = open_processes.enter_context(Library(backend, name, plan.threads, plan.cifar, changes))

        open_processes.enter_context(machine(plan.mode))  # busy from here: imports and compilation are over

        def train(backend: str) -> float:
            found = processes[backend].train()
            trainings.setdefault(backend, []).append(found)
            say(f"{plan.mode} {name} {backend}: {found['seconds']:.2f} s, accuracy {found['accuracy']:.4f}")
            return float(found["seconds"])

        for backend in processes:
            train(backend)
        others = [backend for backend in processes if backend != "nnlab"]
        if not others or "nnlab" not in processes:
            return result
        first = min(trainings[backend][0]["seconds"] for backend in others)
        close = [backend for backend in others if trainings[backend][0]["seconds"] < CLOSE * first]
        for backend in close * 2 if len(close) > 1 else ():
            train(backend)
        best = min(close, key=lambda backend: median(run["seconds"] for run in trainings[backend]))
        result["best"], result["pairs"] = best, []
        for index in range(plan.pairs):
            order = ("nnlab", best) if index % 2 == 0 else (best, "nnlab")
            seconds = {backend: train(backend) for backend in order}
            result["pairs"].append([seconds["nnlab"], seconds[best]])
    if "textbook" in libraries:
        changes = workloads.shortened(experiment, TEXTBOOK_SHARE)
        with Library("textbook", name, plan.threads, plan.cifar, changes) as textbook:
            found = textbook.train()
        kept = workloads.load(name, plan.cifar, plan.threads, changes).train.iterations or 1
        trainings["textbook"] = [found | {"seconds": found["seconds"] * whole / kept}]
        say(f"{plan.mode} {name} textbook: {trainings['textbook'][0]['seconds']:.2f} s")
    return result
