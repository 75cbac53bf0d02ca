"""One training of a workload with one library, in a separate process to measure its peak memory."""

import argparse
import importlib
import json
import resource
import sys
from pathlib import Path

from threadpoolctl import threadpool_info, threadpool_limits

from benchmarks.bound import operations_per_second
from benchmarks.workloads import NAMES, SCALING, load
from nnlab.config.experiment import Experiment

# What the matrix products could do is measured like the libraries, in a process of its own.
BOUND = "bound"
BACKENDS = ("nnlab", "torch", "sklearn", "textbook")


def can(backend: str, experiment: Experiment) -> bool:
    """Whether a library can train this workload."""
    module = importlib.import_module(f"benchmarks.with_{backend}")
    return bool(module.can(experiment)) if hasattr(module, "can") else True


def main() -> None:
    """Print seconds, accuracy and peak memory in MB as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("backend", choices=(*BACKENDS, BOUND))
    parser.add_argument("workload", choices=(*NAMES, SCALING))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cifar", help="a folder with the .bin files of CIFAR-10")
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    if arguments.backend == BOUND:
        kernels = {library["architecture"] for library in threadpool_info() if "architecture" in library}
        speed = operations_per_second(arguments.threads)
        print(json.dumps({"operations_per_second": speed, "kernels": ", ".join(sorted(kernels))}))
        return
    experiment = load(arguments.workload, arguments.cifar, arguments.threads, arguments.changes)
    backend = importlib.import_module(f"benchmarks.with_{arguments.backend}")
    with threadpool_limits(arguments.threads):
        seconds, accuracy = backend.train(experiment)
    print(json.dumps({"seconds": seconds, "accuracy": accuracy, "peak_mib": peak_mib()}))


def peak_mib() -> float:
    """Peak memory of this process, from /proc/self/status: on Linux getrusage includes the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main()
