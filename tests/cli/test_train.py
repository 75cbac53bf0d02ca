import json
from pathlib import Path

import pytest

from nnlab.records.result_line import result_line

pytestmark = pytest.mark.usefixtures("no_pictures")


def test_results_go_to_stdout_and_progress_to_stderr(nnlab, spec: Path, tmp_path: Path) -> None:
    answer = nnlab("train", spec)
    assert answer.code == 0
    result, folder = answer.stdout.splitlines()
    assert result.startswith("moons: test accuracy ")
    assert (tmp_path / folder / "summary.json").is_file()
    assert Path(folder).parts[0] == "runs"
    assert "step 4/4" in answer.stderr
    assert "\x1b" not in answer.stdout + answer.stderr
    log = (tmp_path / folder / "log.txt").read_text(encoding="utf-8")
    assert log == answer.stderr + result + "\n"


def test_quiet_prints_nothing_to_stderr(nnlab, spec: Path) -> None:
    answer = nnlab("train", spec, "--quiet")
    assert answer.code == 0
    assert answer.stderr == ""
    assert len(answer.stdout.splitlines()) == 2


def test_overrides_are_in_the_resolved_spec(nnlab, spec: Path, tmp_path: Path) -> None:
    answer = nnlab("train", spec, "-s", "optimizer.lr=0.25", "--set", "seed=9", "--runs", tmp_path / "elsewhere")
    assert answer.code == 0
    (folder,) = (tmp_path / "elsewhere").iterdir()
    text = (folder / "spec.yaml").read_text(encoding="utf-8")
    assert "lr: 0.25" in text
    assert "seed: 9" in text


def test_a_typo_is_reported_with_position_and_nearest_name_and_nothing_is_written(
    nnlab, spec: Path, tmp_path: Path
) -> None:
    spec.write_text(spec.read_text(encoding="utf-8").replace("activation: tanh", "activation: tahn"), encoding="utf-8")
    answer = nnlab("train", spec)
    assert answer.code == 2
    assert answer.stderr.startswith(f"{spec}:2:37: model.activation: no activation is called 'tahn'; ")
    assert "did you mean 'tanh'?" in answer.stderr
    assert not (tmp_path / "runs").exists()


def test_missing_spec_is_a_usage_error(nnlab) -> None:
    answer = nnlab("train", "nowhere.yaml")
    assert answer.code == 2
    assert "nowhere.yaml" in answer.stderr


def test_dry_run_shows_the_network_and_writes_nothing(nnlab, spec: Path, tmp_path: Path) -> None:
    answer = nnlab("train", spec, "--dry-run")
    assert answer.code == 0
    assert "linear2" in answer.stdout
    assert "22 parameters" in answer.stdout
    assert not (tmp_path / "runs").exists()


def test_dry_run_reports_what_training_would_refuse(nnlab, spec: Path) -> None:
    answer = nnlab("train", spec, "--dry-run", "-s", "train.batch_size=100")
    assert answer.code == 2
    assert "train.batch_size: 100 is more than the 40 training samples" in answer.stderr


def test_several_specs_run_in_turn_and_all_are_checked_first(nnlab, spec: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(spec.read_text(encoding="utf-8").replace("lr: 0.1", "lr: -1"), encoding="utf-8")
    assert nnlab("train", spec, other).code == 2
    assert not (tmp_path / "runs").exists()
    other.write_text(spec.read_text(encoding="utf-8").replace("lr: 0.1", "lr: 0.5"), encoding="utf-8")
    answer = nnlab("train", spec, other)
    assert answer.code == 0
    assert len(list((tmp_path / "runs").iterdir())) == 2


def test_divergence_exits_with_3_and_names_the_folder(nnlab, spec: Path, tmp_path: Path) -> None:
    answer = nnlab("train", spec, "-s", "optimizer.lr=1e6", "-s", "penalty.l2=1e6", "-s", "train.iterations=500")
    assert answer.code == 3
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name in answer.stderr
    assert "learning rate" in answer.stderr
    assert json.loads((folder / "summary.json").read_text(encoding="utf-8"))["status"] == "diverged"


def test_one_divergence_among_several_specs_does_not_stop_the_others(nnlab, spec: Path, tmp_path: Path) -> None:
    wild = tmp_path / "wild.yaml"
    wild.write_text(
        spec.read_text(encoding="utf-8").replace("lr: 0.1", "lr: 1e6").replace("iterations: 4", "iterations: 500")
        + "penalty: {l2: 1e6}\n",
        encoding="utf-8",
    )
    answer = nnlab("train", wild, spec)
    assert answer.code == 3
    statuses = {
        json.loads((folder / "summary.json").read_text(encoding="utf-8"))["status"]
        for folder in (tmp_path / "runs").iterdir()
    }
    assert statuses == {"completed", "diverged"}


def test_result_names_validation_accuracy_first() -> None:
    row = {"step": 5, "validation_accuracy": 0.75, "test_accuracy": 0.625, "train_accuracy": 1.0, "objective": 1.25}
    summary = {"final": row, "best": {**row, "step": 3, "validation_accuracy": 0.875}, "steps": 5, "train_seconds": 0.5}
    assert result_line("x", summary) == (
        "x: validation accuracy 0.7500 (best 0.8750 at step 3), test accuracy 0.6250, train accuracy 1.0000, "
        "objective 1.250000, 5 steps in 0.50 s"
    )


def test_an_early_stop_is_reported(nnlab, spec: Path) -> None:
    stopping = "train.early_stopping={patience: 1, minimum_change: 100}"
    overrides = [stopping, "data.validation=0.25", "train.iterations=6"]
    answer = nnlab("train", spec, *(part for override in overrides for part in ("-s", override)))
    assert answer.code == 0
    assert ", 4 steps in " in answer.stdout
    assert "stopped early after step 4: validation_loss has not improved for 1 evaluation; best at step 2" in (
        answer.stderr
    )


def test_result_without_test_data_names_training_accuracy() -> None:
    row = {"step": 5, "test_accuracy": None, "train_accuracy": 0.5, "objective": 1.25}
    summary = {"final": row, "best": row, "steps": 5, "train_seconds": 0.5}
    assert result_line("x", summary) == "x: train accuracy 0.5000, objective 1.250000, 5 steps in 0.50 s"


def test_data_errors_name_the_spec_before_any_training_starts(nnlab, spec: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(spec.read_text(encoding="utf-8").replace("batch_size: 10", "batch_size: 1000"), encoding="utf-8")
    answer = nnlab("train", spec, other)
    assert answer.code == 2
    assert answer.stderr.startswith(f"nnlab: {other}: train.batch_size: 1000 is more than")
    assert not (tmp_path / "runs").exists()
