"""Whether all libraries train the same: losses after a few full-batch steps from the same weights must agree.

Run from the checkout: ``python -m benchmarks.agreement`` (extra ``bench``). Exit code 1 where a loss differs.

PyTorch differs in two formulas: its Adam adds ε to √(v/(1 − β₂ᵗ)), not to √v, which matters to small gradients in the
first steps; its running variance of batch normalisation is the unbiased one.
"""

import argparse
import sys

from benchmarks import workloads
from benchmarks.library import Library
from benchmarks.measure import can

LIBRARIES = ("nnlab", "torch", "torch_compile", "jax", "keras")
STEPS = 5
TOLERANCES = {"torch": 1e-2, "torch_compile": 1e-2, "jax": 1e-5, "keras": 1e-5}
DEEP = {"alexnet": 1e-3}  # its float32 differs from float64 by as much
FEW = ("data.train_size=100",)
# The spiral has no such key; alexnet trains without dropout, whose masks are each library's own.
OTHER = {"spiral": (), "alexnet": ("data.train_size=8", "model.dropout=0.0")}


def changes_of(name: str) -> tuple[str, ...]:
    """A workload with few samples in one batch, and few steps."""
    every = (f"train.iterations={STEPS}", f"train.eval_every={STEPS}", "train.batch_size=full", "train.eval_train=all")
    return (*OTHER.get(name, FEW), *every, "train.sampling=shuffle")


def main() -> int:
    """Print the loss of each library after the steps."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.agreement", description=__doc__)
    parser.add_argument("workloads", nargs="*", choices=[*workloads.NAMES, []], metavar="WORKLOAD")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--libraries", nargs="+", default=list(LIBRARIES), choices=LIBRARIES)
    parser.add_argument("--cifar", help="folder with the .bin files of CIFAR-10 (default: download)")
    arguments = parser.parse_args()
    differing = 0
    for name in arguments.workloads or workloads.NAMES:
        experiment = workloads.load(name, arguments.cifar, arguments.threads, changes_of(name))
        losses: dict[str, float] = {}
        for library in arguments.libraries:
            if can(library, experiment):
                with Library(library, name, arguments.threads, arguments.cifar, changes_of(name)) as process:
                    losses[library] = process.train()["loss"]
        apart = [library for library in losses if library != "nnlab" and not _agree(name, library, losses)]
        differing += len(apart)
        shown = ", ".join(f"{library} {loss:.6f}" for library, loss in losses.items())
        print(f"{name}: {shown}{'; differs: ' + ', '.join(apart) if apart else ''}", flush=True)
    return 1 if differing else 0


def _agree(name: str, library: str, losses: dict[str, float]) -> bool:
    tolerance = max(TOLERANCES[library], DEEP.get(name, 0.0))
    return abs(losses[library] - losses["nnlab"]) <= tolerance * abs(losses["nnlab"])


if __name__ == "__main__":
    sys.exit(main())
