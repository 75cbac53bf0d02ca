"""A user's own observers of a training."""

from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnlab
from nnlab.core.rows import Row
from nnlab.errors import UsageError
from nnlab.models.network import Network
from nnlab.records.json_files import read_summary

SPEC: dict[str, Any] = {
    "name": "own",
    "data": {"name": "spiral", "points": 10},
    "model": {"name": "mlp", "hidden": [5], "dropout": 0.3, "batch_norm": True},
    "optimizer": {"name": "adam", "lr": 0.1},
    "train": {"iterations": 7, "eval_every": 3, "batch_size": 8, "pictures": False},
}


def test_a_function_is_called_for_each_step_with_the_evaluation_at_it(tmp_path: Path) -> None:
    calls: list[tuple[int, float, Row | None]] = []
    result = nnlab.run(
        SPEC, tmp_path, observers=[lambda step, objective, row, network: calls.append((step, objective, row))]
    )
    assert [step for step, _, _ in calls] == list(range(8))
    assert [step for step, _, row in calls if row] == [0, 3, 6, 7]
    assert all(row["step"] == step for step, _, row in calls if row)
    assert isnan(calls[0][1])
    assert [objective for _, objective, _ in calls[1:]] == result.steps["loss"].tolist()
    assert [row["train_loss"] for _, _, row in calls if row] == result.metrics["train_loss"].tolist()


def test_an_object_receives_what_it_has_methods_for(tmp_path: Path) -> None:
    class Both:
        def __init__(self) -> None:
            self.steps: list[int] = []
            self.rows: list[Row] = []

        def on_step(self, step: int, objective: float) -> None:
            self.steps.append(step)

        def on_evaluation(self, row: Row) -> None:
            self.rows.append(row)

    class Evaluations:
        def __init__(self) -> None:
            self.rows: list[Row] = []

        def on_evaluation(self, row: Row) -> None:
            self.rows.append(row)

    both, evaluations = Both(), Evaluations()
    nnlab.run(SPEC, tmp_path, observers=[both, evaluations])
    assert both.steps == list(range(1, 8))
    assert [row["step"] for row in both.rows] == [row["step"] for row in evaluations.rows] == [0, 3, 6, 7]


def test_observers_change_no_byte_of_the_run(tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []

    def watch(step: int, objective: float, row: Row | None, network: Network) -> None:
        network.forward(np.zeros((3, 2), np.float32), training=False)[:] = 9
        state = network.state()
        for array in state.values():
            array[...] = 7
        seen.append(network.state())

    plain, watched = (nnlab.run(SPEC, tmp_path, observers=found) for found in ([], [watch]))
    for file in ("steps.csv", "metrics.csv", "model.safetensors"):
        assert (plain.path / file).read_bytes() == (watched.path / file).read_bytes()
    assert not np.array_equal(seen[0]["linear1.W"], seen[-1]["linear1.W"])  # copies of different moments


def test_the_network_of_an_observer_has_its_gradients_and_takes_no_part_in_training(tmp_path: Path) -> None:
    norms: list[float] = []

    def watch(step: int, objective: float, row: Row | None, network: Any) -> None:
        norms.append(float(np.linalg.norm(network.gradients()["linear1.W"])))
        with pytest.raises(UsageError, match="training: must be False in an observer"):
            network.forward(np.zeros((3, 2), np.float32), training=True)

    nnlab.run(SPEC, tmp_path, observers=[watch])
    assert all(norm > 0 for norm in norms[1:])


def test_an_exception_fails_the_run_and_reaches_the_caller_with_its_traceback(tmp_path: Path) -> None:
    raised = ValueError("mine")

    def broken(step: int, objective: float, row: Row | None, network: Network) -> None:
        if step == 4:
            raise raised

    with pytest.raises(ValueError, match="mine") as caught:
        nnlab.run(SPEC, tmp_path, observers=[broken])
    assert caught.value is raised
    assert caught.traceback[-1].name == "broken"
    (folder,) = tmp_path.iterdir()
    summary = read_summary(folder / "summary.json")
    assert summary["status"] == "failed"
    assert summary["steps"] == 4
    assert summary["message"] == "an observer raised ValueError: mine"
    assert "in broken" in (folder / "log.txt").read_text(encoding="utf-8")


def test_numpy_warns_of_the_users_own_mistakes(tmp_path: Path) -> None:
    def divide(step: int, objective: float, row: Row | None, network: Network) -> None:
        np.ones(1) / np.zeros(1)

    with pytest.warns(RuntimeWarning, match="divide by zero"):
        nnlab.run(SPEC, tmp_path, observers=[divide])


@pytest.mark.parametrize(
    ("observer", "got"),
    [
        (3, "got '3'"),
        (lambda step: None, r"got a function of \(step\)"),
        (dict, "got '<class 'dict'>'"),
        (object(), "got"),
    ],
)
def test_what_cannot_observe_is_refused_before_the_run(tmp_path: Path, observer: Any, got: str) -> None:
    message = f"observers, item 1: must be a function of step, objective, row and network, or an object .*{got}"
    with pytest.raises(UsageError, match=message):
        nnlab.run(SPEC, tmp_path / "runs", observers=[print, observer])
    assert not (tmp_path / "runs").exists()


def test_observers_are_a_list(tmp_path: Path) -> None:
    observer: Any = print
    with pytest.raises(
        UsageError, match=r"observers: must be a list, such as \[watch\], got '<built-in function print>'"
    ):
        nnlab.run(SPEC, tmp_path / "runs", observers=observer)
