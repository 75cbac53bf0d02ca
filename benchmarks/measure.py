"""Trainings of a workload with one library, in a process of their own, whose memory is that of the library."""

import argparse
import importlib
import json
import os
import shutil
import sys
from importlib.util import find_spec
from math import nan
from pathlib import Path
from time import perf_counter, process_time

from threadpoolctl import threadpool_info, threadpool_limits

from benchmarks.bound import operations_per_second
from benchmarks.workloads import NAMES, SCALING, load
from nnlab.config.experiment import Experiment
from nnlab.models.alexnet import AlexNet
from nnlab.models.mlp import MLP
from nnlab.registry import registered_name

# What the matrix products could do is measured like the libraries, in a process of its own.
BOUND = "bound"
BACKENDS = ("nnlab", "torch", "torch_compile", "jax", "keras", "sklearn", "textbook")
PACKAGES = {"torch": "torch", "torch_compile": "torch", "jax": "jax", "keras": "keras", "sklearn": "sklearn"}


def can(backend: str, experiment: Experiment) -> bool:
    """Whether a library is installed and can train this workload; imports none."""
    if backend in PACKAGES and find_spec(PACKAGES[backend]) is None:
        return False
    model = experiment.model
    match backend:
        case "torch_compile":
            return bool(shutil.which("g++") or shutil.which("clang++"))
        case "sklearn":
            known = registered_name(experiment.optimizer) in ("sgd", "adam", "momentum")
            return known and isinstance(model, MLP) and not model.batch_norm and not model.dropout
        case "textbook":
            return not isinstance(model, AlexNet)  # columns of whole batches in float64
    return True


def main() -> None:
    """Print seconds, accuracy, loss, busy cores and peak memory in MiB of each training as a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("backend", choices=(*BACKENDS, BOUND))
    parser.add_argument("workload", choices=(*NAMES, SCALING))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cifar", help="a folder with the .bin files of CIFAR-10")
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--asked", action="store_true", help="train once for each line of standard input, not once")
    arguments = parser.parse_args()
    keep_to_cores(arguments.threads)
    if arguments.backend == BOUND:
        kernels = {library["architecture"] for library in threadpool_info() if "architecture" in library}
        speed = operations_per_second(arguments.threads)
        print(json.dumps({"operations_per_second": speed, "kernels": ", ".join(sorted(kernels))}))
        return
    experiment = load(arguments.workload, arguments.cifar, arguments.threads, arguments.changes)
    backend = importlib.import_module(f"benchmarks.with_{arguments.backend}")
    with threadpool_limits(arguments.threads):
        train = backend.prepare(experiment)
        print(json.dumps({"ready": getattr(train, "choices", "")}), flush=True)
        for _ in sys.stdin if arguments.asked else range(1):
            before, started = process_time(), perf_counter()
            trained = train()
            busy = (process_time() - before) / (perf_counter() - started)
            print(json.dumps(vars(trained) | {"cores": round(busy, 2), "peak_mib": peak_mib()}), flush=True)


def peak_mib() -> float:
    """Peak memory of this process, from /proc/self/status: on Linux getrusage includes the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    most = nan  # not known on Windows
    if sys.platform != "win32":
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def keep_to_cores(threads: int) -> None:
    """Limit this process to as many cores as threads, before a library counts them: the only limit that all keep."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    os.environ["NPROC"] = str(threads)  # how many threads XLA starts


if __name__ == "__main__":
    main()
