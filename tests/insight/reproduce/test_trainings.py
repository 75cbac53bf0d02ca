"""Which folders the trainings behind claims use: finished, interrupted, failed, of other versions."""

import json
from pathlib import Path

import pytest
from inline_workers import InlineWorkers
from trainings import make_experiment

from nnlab.config.experiment import Experiment
from nnlab.config.sweep_loading import sweep_from_python
from nnlab.insight.reproduce.trainings import Trainer
from nnlab.records.reader import read_run
from nnlab.storage.layout import ENVIRONMENT_FILE, SUMMARY_FILE

pytestmark = pytest.mark.usefixtures("no_pictures")

SPIRAL = """\
data:      {name: spiral, points: 5}
model:     softmax
optimizer: {name: sgd, lr: 1.0}
train:     {iterations: 4, batch_size: full, eval_every: 2}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Experiment:
    return make_experiment(tmp_path, SPIRAL)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def trainer(tmp_path: Path, said: list[str]) -> Trainer:
    return Trainer(runs=tmp_path / "runs", workers=InlineWorkers, say=said.append)


def change(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **values}), encoding="utf-8")


def test_a_finished_run_is_used_again(trainer: Trainer, spec: Experiment) -> None:
    first = trainer.run_folder(spec)
    assert trainer.run_folder(spec) == first
    assert len(list(trainer.runs.iterdir())) == 1


def test_an_interrupted_run_is_resumed(trainer: Trainer, spec: Experiment, said: list[str]) -> None:
    first = trainer.run_folder(spec)
    change(first / SUMMARY_FILE, status="interrupted")
    assert trainer.run_folder(spec) == first
    assert read_run(first).status == "completed"
    assert said == [f"resuming {first}"]


@pytest.mark.parametrize("status", ["failed", "of another spec"])
def test_a_failed_run_and_one_of_another_spec_are_not_used(trainer: Trainer, spec: Experiment, status: str) -> None:
    first = trainer.run_folder(spec)
    changed = {"status": "failed"} if status == "failed" else {"spec_sha256": "0" * 64}
    change(first / SUMMARY_FILE, **changed)
    assert trainer.run_folder(spec) != first


def test_a_run_of_another_version_is_not_used(trainer: Trainer, spec: Experiment, said: list[str]) -> None:
    first = trainer.run_folder(spec)
    change(first / ENVIRONMENT_FILE, nnlab="0.0.1")
    assert trainer.run_folder(spec) != first
    assert len(said) == 1
    assert said[0].startswith(f"{first} is not used: nnlab")


@pytest.mark.parametrize("damage", ["", "{", '{"status": 3}'])
def test_damaged_folders_are_passed_over(trainer: Trainer, spec: Experiment, damage: str) -> None:
    first = trainer.run_folder(spec)
    (first / SUMMARY_FILE).write_text(damage, encoding="utf-8")
    assert trainer.run_folder(spec) != first


def test_a_diverged_run_is_a_result(tmp_path: Path, trainer: Trainer) -> None:
    spec = make_experiment(tmp_path, SPIRAL, "optimizer.lr=1e6", "penalty.l2=1e3", "train.iterations=100")
    path = trainer.run_folder(spec)
    assert read_run(path).status == "diverged"
    assert trainer.run_folder(spec) == path


def test_a_finished_sweep_is_used_again(trainer: Trainer, spec: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.figures.sweep_pictures.draw_sweep", lambda path, say: [])
    sweep = sweep_from_python(spec, {"optimizer.lr": [0.1, 1.0]})
    first = trainer.sweep_folder(sweep)
    assert trainer.sweep_folder(sweep) == first
    assert len(list(trainer.runs.iterdir())) == 1
