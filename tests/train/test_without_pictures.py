"""Trainings that draw no pictures: train.pictures: false, and --no-plots, which is short for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from nnlab.comparisons.comparison import compare
from nnlab.config.experiment import TrainSettings
from nnlab.config.loading import load_experiment
from nnlab.config.resolved_spec import WITHOUT_EFFECT
from nnlab.config.yaml_reader import read_yaml
from nnlab.records.drawing import lacks_pictures
from nnlab.registry import hyperparameter_names
from nnlab.train.options import RunOptions
from nnlab.train.resume import resume
from nnlab.train.run import run, run_with

SPEC = """\
data: {name: spiral, points: 20}
model: {name: softmax}
optimizer: {name: sgd, lr: 0.5}
train: {iterations: 4, batch_size: full}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "spiral.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def test_keys_without_an_effect_are_keys_of_a_spec() -> None:
    assert {key.partition(".")[2] for key in WITHOUT_EFFECT} <= set(hyperparameter_names(TrainSettings))


def test_a_resolved_spec_has_the_key_only_where_it_is_not_the_default(spec: Path) -> None:
    default = load_experiment(spec)
    without = load_experiment(spec, ["train.pictures=false"])
    assert "pictures" not in default.resolved()["train"]
    assert without.resolved()["train"]["pictures"] is False
    assert load_experiment(spec, ["train.pictures=true"]).to_yaml() == default.to_yaml()
    assert default.sha256() == without.sha256()
    assert default.sha256() != load_experiment(spec, ["train.iterations=5"]).sha256()


def test_no_picture_counts_as_missing(spec: Path, tmp_path: Path) -> None:
    path = run(load_experiment(spec, ["train.pictures=false"]), tmp_path / "runs").path
    assert not (path / "plots").exists()
    assert not lacks_pictures(path, "run")
    assert read_yaml(path / "spec.yaml").value["train"]["pictures"] is False  # type: ignore[index,call-overload]


def test_the_result_is_shown_before_pictures_are_drawn(spec: Path, tmp_path: Path) -> None:
    shown = []

    def show(line: str, path: Path) -> None:
        shown.append((line, path, lacks_pictures(path, "run"), list(path.glob("plots/*.png"))))

    done = run_with(RunOptions(on_result=show), spec, tmp_path / "runs")
    ((line, path, lacking, drawn),) = shown
    assert (path, lacking, drawn) == (done.path, True, [])
    assert line.startswith("spiral: ")
    assert (path / "log.txt").read_text(encoding="utf-8").endswith(f"{line}\n")
    assert list(path.glob("plots/*.png"))
    assert not lacks_pictures(path, "run")


def test_a_run_is_resumed_with_the_other_value(spec: Path, tmp_path: Path, no_pictures: None) -> None:
    path = run(load_experiment(spec, ["train.pictures=false"]), tmp_path / "runs").path
    text = (path / "spec.yaml").read_text(encoding="utf-8")
    (path / "spec.yaml").write_text(text.replace("pictures: false", "pictures: true"), encoding="utf-8")
    assert resume(path, iterations=6).summary["status"] == "completed"


def test_runs_that_differ_in_pictures_alone_compare_equal(spec: Path, tmp_path: Path, no_pictures: None) -> None:
    paths = [
        run(load_experiment(spec, [f"train.pictures={value}"]), tmp_path / "runs").path for value in ("false", "true")
    ]
    assert compare(paths).keys == ()


@pytest.mark.slow
@pytest.mark.parametrize("command", ["train", "crossval --folds 2", "sweep -s seed=0,1"])
def test_matplotlib_is_not_loaded(spec: Path, command: str) -> None:
    code = (
        "import sys\n"
        "from nnlab.cli.app import app_for\n"
        f"arguments = {[*command.split(), str(spec), '--no-plots', '-q']!r}\n"
        "app_for(arguments)(arguments, standalone_mode=False)\n"
        "loaded = {'matplotlib', 'PIL'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=spec.parent, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    assert not list(spec.parent.rglob("plots"))
