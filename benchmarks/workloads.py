"""The benchmark workloads, each a spec."""

from collections.abc import Sequence
from pathlib import Path

from nnlab.config.experiment import Experiment
from nnlab.config.loading import load_experiment

FOLDER = Path(__file__).parent / "workloads"
NAMES = ("spiral", "two_layer", "adam", "deep", "wide", "convnet", "cifar", "batchnorm", "alexnet")
# The largest ratio of nnlab's time to PyTorch's that is good enough.
TARGETS = {
    "spiral": 0.40,
    "two_layer": 0.60,
    "adam": 0.60,
    "deep": 0.70,
    "wide": 0.95,
    "convnet": 0.45,
    "cifar": 0.90,
    "batchnorm": 0.60,
    "alexnet": 1.00,
}


# The network of the scaling plot, which is changed from point to point.
SCALING = "scaling"


def load(name: str, cifar: str | None, threads: int, changes: Sequence[str] = ()) -> Experiment:
    """The spec of a workload; ``cifar`` is a folder with the .bin files of CIFAR-10 (default: download)."""
    overrides = [f"compute.threads={threads}", *changes]
    if cifar and name in ("cifar", "alexnet"):
        overrides.append(f"data.path={cifar}")
    return load_experiment(FOLDER / f"{name}.yaml", overrides)


def question(name: str) -> str:
    """The description of a workload: the first comment of its spec."""
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")


def evaluated_training_samples(experiment: Experiment, samples: int, batch_size: int) -> int:
    """The number of training samples per evaluation."""
    asked = experiment.train.eval_train
    return asked if isinstance(asked, int) else {"all": samples, "batch": batch_size}[asked]
