"""Specs from Python: a path, a dict, or a loaded experiment."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnlab
from nnlab.config.descent import as_descent
from nnlab.config.loading import as_experiment, load_experiment
from nnlab.errors import SpecError, UsageError

SPEC: dict[str, Any] = {
    "data": {"name": "moons", "points": 10},
    "model": {"name": "mlp", "hidden": (4, np.int64(3))},
    "optimizer": {"name": "adam", "lr": np.float64(0.1)},
    "train": {"iterations": 2, "batch_size": 5},
}


def test_dict_and_path_give_same_experiment(tmp_path: Path) -> None:
    experiment = as_experiment(SPEC | {"name": "own"})
    path = tmp_path / "own.yaml"
    path.write_text(experiment.to_yaml(), encoding="utf-8")
    assert as_experiment(path).resolved() == as_experiment(str(path)).resolved() == experiment.resolved()
    assert as_experiment(experiment) is experiment
    assert as_experiment(SPEC).name == "experiment"
    assert SPEC["model"]["hidden"] == (4, 3)  # left as it was


def test_dict_with_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.yaml").write_text(as_experiment(SPEC).to_yaml(), encoding="utf-8")
    assert as_experiment({"base": "own.yaml", "optimizer": {"lr": 0.5}}).optimizer.lr == 0.5


def test_errors_in_dict_name_the_key() -> None:
    with pytest.raises(SpecError) as caught:
        as_experiment(SPEC | {"seed": -1, "optimizer": "adma"})
    lines = str(caught.value).splitlines()
    assert lines[0] == "seed: must be at least 0, got -1"
    assert lines[1].startswith("optimizer: no optimizer is called 'adma'; did you mean 'adam'?")


@pytest.mark.usefixtures("no_pictures")
def test_run_accepts_path_dict_or_experiment(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(as_experiment(SPEC).to_yaml(), encoding="utf-8")
    results = [nnlab.run(spec, tmp_path / "runs") for spec in (str(path), path, SPEC, load_experiment(path))]
    assert len({(result.path / "steps.csv").read_bytes() for result in results}) == 1
    with pytest.raises(UsageError, match="No such file"):
        nnlab.run("gone.yaml", tmp_path / "runs")
    crossval = nnlab.cross_validate(SPEC, 2, tmp_path / "runs")
    assert crossval.summary["status"] == "completed"


@pytest.mark.usefixtures("no_pictures")
def test_run_descent_accepts_dict(tmp_path: Path) -> None:
    spec = {"function": "sphere", "start": [1, 2], "optimizer": "adam", "steps": 2}
    assert nnlab.run_descent(spec, tmp_path).summary["status"] == "completed"
    assert as_descent(as_descent(spec)).name == "descent"
