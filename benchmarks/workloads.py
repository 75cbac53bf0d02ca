"""The benchmark workloads, each a spec."""

from collections.abc import Sequence
from pathlib import Path

from nnlab.config.experiment import Experiment
from nnlab.config.loading import load_experiment

FOLDER = Path(__file__).parent / "workloads"
NAMES = ("spiral", "two_layer", "adam", "deep", "wide", "convnet", "cifar", "batchnorm", "alexnet")

# The network of the scaling plot, which is changed from point to point.
SCALING = "scaling"


def load(name: str, cifar: str | None, threads: int, changes: Sequence[str] = ()) -> Experiment:
    """The spec of a workload; ``cifar`` is a folder with the .bin files of CIFAR-10 (default: download)."""
    overrides = [f"compute.threads={threads}", *changes]
    if cifar and name in ("cifar", "alexnet"):
        overrides.append(f"data.path={cifar}")
    return load_experiment(FOLDER / f"{name}.yaml", overrides)


def shortened(experiment: Experiment, share: float) -> tuple[str, ...]:
    """The change that leaves about this share of the steps, with evaluations as often; none where that is not possible.

    A workload that is evaluated only before and after its steps stays whole: fewer would change what is measured.
    """
    settings = experiment.train
    if settings.iterations is None or not isinstance(settings.eval_every, int):
        return ()
    evaluations = settings.iterations // settings.eval_every
    kept = max(round(share * evaluations), 1)
    return (f"train.iterations={kept * settings.eval_every}",) if kept < evaluations else ()


def question(name: str) -> str:
    """The description of a workload: the first comment of its spec."""
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
