"""Train every workload with each library in turn, several times, and write what came of it.

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

from benchmarks import workloads
from benchmarks.bound import operations
from benchmarks.measure import BACKENDS, can
from benchmarks.report import plot, write_results

Measured = dict[str, list[dict[str, float]]]


def main() -> None:
    """Measure, print a line for each training, and write RESULTS.md and results.png."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("workloads", nargs="*", default=list(workloads.NAMES), metavar="WORKLOAD")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2, help="for every library")
    parser.add_argument("--backends", nargs="+", default=list(BACKENDS), choices=BACKENDS)
    parser.add_argument("--cifar", help="a folder with the .bin files of CIFAR-10 (default: download)")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md and results.png")
    arguments = parser.parse_args()
    console = Console(stderr=True)
    results: dict[str, dict[str, Any]] = {}
    for name in arguments.workloads:
        experiment = workloads.load(name, arguments.cifar, arguments.threads)
        measured: Measured = {backend: [] for backend in arguments.backends if can(backend, experiment)}
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
    print(json.dumps(results, indent=2))
    if arguments.write:
        folder = Path(__file__).parent
        write_results(
            results, folder / "RESULTS.md", str(speed["kernels"]), repeats=arguments.repeats, threads=arguments.threads
        )
        plot(results, folder / "results.png")


def _measure(backend: str, workload: str, arguments: argparse.Namespace) -> dict[str, Any]:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.measure", backend, workload]
    command += ["--threads", str(arguments.threads)]
    if arguments.cifar:
        command += ["--cifar", arguments.cifar]
    threads = str(arguments.threads)
    # Every library picks the kernels that it thinks best for the processor.
    environment = {key: value for key, value in os.environ.items() if key != "OPENBLAS_CORETYPE"}
    environment |= {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    measured: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return measured


if __name__ == "__main__":
    main()
