"""Train every workload with each library in turn, repeatedly, and write the results.

Run from the checkout: ``python -m benchmarks`` (extra ``bench``).
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console

from benchmarks import cold, report, scaling, workloads
from benchmarks.bound import operations
from benchmarks.measure import BACKENDS, can

FOLDER = Path(__file__).parent
PARTS = ("workloads", "scaling", "cold")
console = Console(stderr=True)


def main() -> None:
    """Measure, print a line for each training, and write RESULTS.md with its pictures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("workloads", nargs="*", choices=[*workloads.NAMES, []], metavar="WORKLOAD")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2, help="threads of every library")
    parser.add_argument("--backends", nargs="+", default=list(BACKENDS), choices=BACKENDS)
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=PARTS)
    parser.add_argument("--cifar", help="folder with the .bin files of CIFAR-10 (default: download)")
    parser.add_argument("--write", action="store_true", help="write these parts of RESULTS.md and their pictures")
    arguments = parser.parse_args()
    arguments.workloads = arguments.workloads or list(workloads.NAMES)
    whole = arguments.workloads == list(workloads.NAMES) and arguments.backends == list(BACKENDS)
    if arguments.write and "workloads" in arguments.parts and not whole:
        parser.error("--write replaces the whole table, so it goes with all workloads and backends")
    write = report.write_part if arguments.write else print_part
    if "workloads" in arguments.parts:
        results, kernels = _workloads(arguments)
        print(json.dumps(results, indent=2))
        if {"nnlab", "torch"} <= set(arguments.backends):
            write("workloads", report.workload_lines(results, kernels, arguments.repeats, arguments.threads))
        if arguments.write:
            report.plot(results, FOLDER / "results.png")
    if "scaling" in arguments.parts:
        steps = _scaling(arguments)
        write("scaling", scaling.lines(steps, report.LIBRARIES))
        if arguments.write:
            scaling.plot(steps, report.LIBRARIES, FOLDER / "scaling.png")
    if "cold" in arguments.parts:
        write("cold", cold.lines(cold.measure(arguments.repeats, _environment(arguments.threads))))


def print_part(name: str, lines: list[str]) -> None:
    """Print a part of RESULTS.md."""
    print(f"\n{name}\n" + "\n".join(lines))


def _workloads(arguments: argparse.Namespace) -> tuple[report.Results, str]:
    results: report.Results = {}
    for name in arguments.workloads:
        experiment = workloads.load(name, arguments.cifar, arguments.threads)
        measured: dict[str, list[dict[str, float]]]
        measured = {backend: [] for backend in arguments.backends if can(backend, experiment)}
        for _ in range(arguments.repeats):
            for backend, runs in measured.items():
                # The textbook version takes minutes where the others take seconds; once must do.
                if backend == "textbook" and runs:
                    continue
                runs.append(_measure(backend, name, arguments))
                console.print(f"{name} {backend}: {runs[-1]['seconds']:.2f} s, accuracy {runs[-1]['accuracy']:.4f}")
        results[name] = {
            "operations": operations(experiment),
            **{
                backend: {key: median(run[key] for run in runs) for key in ("seconds", "accuracy", "peak_mib")}
                for backend, runs in measured.items()
            },
        }
        if "nnlab" in measured and "torch" in measured:
            ratio = results[name]["nnlab"]["seconds"] / results[name]["torch"]["seconds"]
            console.print(f"{name}: nnlab / PyTorch {ratio:.2f}, target {workloads.TARGETS[name]:.2f}", style="bold")
    speed = _measure("bound", workloads.NAMES[0], arguments)
    for row in results.values():
        row["bound"] = row["operations"] / speed["operations_per_second"]
    return results, str(speed["kernels"])


def _scaling(arguments: argparse.Namespace) -> scaling.Steps:
    iterations = workloads.load(workloads.SCALING, None, arguments.threads).train.iterations or 1
    libraries = [backend for backend in ("nnlab", "torch") if backend in arguments.backends]
    steps: scaling.Steps = {backend: {axis.label: {} for axis in scaling.AXES} for backend in libraries}
    for axis in scaling.AXES:
        for value in axis.values:
            seconds: dict[str, list[float]] = {backend: [] for backend in libraries}
            for _ in range(arguments.repeats):
                for backend in libraries:
                    measured = _measure(backend, workloads.SCALING, arguments, axis.changes(value))
                    seconds[backend].append(measured["seconds"])
            for backend in libraries:
                steps[backend][axis.label][value] = 1e3 * median(seconds[backend]) / iterations
            shown = ", ".join(f"{backend} {steps[backend][axis.label][value]:.3f} ms" for backend in libraries)
            console.print(f"{axis.label} {value}: {shown}")
    return steps


def _measure(
    backend: str, workload: str, arguments: argparse.Namespace, changes: tuple[str, ...] = ()
) -> dict[str, Any]:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.measure", backend, workload]
    command += ["--threads", str(arguments.threads)]
    if arguments.cifar:
        command += ["--cifar", arguments.cifar]
    for change in changes:
        command += ["--set", change]
    environment = _environment(arguments.threads)
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    measured: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return measured


def _environment(threads: int) -> dict[str, str]:
    """Let every library choose its kernels for the CPU."""
    environment = {key: value for key, value in os.environ.items() if key != "OPENBLAS_CORETYPE"}
    return environment | {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}


if __name__ == "__main__":
    main()
