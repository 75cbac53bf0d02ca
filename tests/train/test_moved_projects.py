"""Runs whose data or project was moved: repeated, resumed and plotted."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from stopped_runs import stopped

from nnlab.config.loading import load_experiment
from nnlab.storage.layout import ENVIRONMENT_FILE, METRICS_FILE, SPEC_FILE, STEPS_FILE
from nnlab.train.resume import resume
from nnlab.train.run import run

SPEC = """\
data: {name: table, path: d.npz}
model: softmax
optimizer: {name: momentum, lr: 0.1}
train: {iterations: 6, batch_size: 4, checkpoint_every: 1, eval_every: 2}
"""
pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    rng = np.random.default_rng(0)
    np.savez(folder / "d.npz", x=rng.standard_normal((20, 2)), y=np.arange(20) % 2)
    (folder / "a.yaml").write_text(SPEC, encoding="utf-8")
    return folder


def moved(project: Path) -> Path:
    return project.rename(project.parent / "moved")


def tables(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in (STEPS_FILE, METRICS_FILE)]


def test_resolved_spec_repeats_a_run_from_any_folder(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(load_experiment(project / "a.yaml"), project / "runs").path
    spec = (first / SPEC_FILE).read_text()
    assert "path: d.npz" in spec
    assert str(project) not in spec
    places = json.loads((first / ENVIRONMENT_FILE).read_text())["data_places"]
    assert places == {"path": {"absolute": str(project / "d.npz"), "relative": "../../d.npz"}}
    again = moved(project) / "runs" / first.name
    monkeypatch.chdir("/")
    second = run(load_experiment(again / SPEC_FILE), project.parent / "elsewhere").path
    assert tables(second) == tables(again)
    assert (second / SPEC_FILE).read_text() == spec


def test_a_run_is_resumed_after_its_project_was_moved(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = load_experiment(project / "a.yaml")
    whole = run(experiment, project / "runs").path
    half = stopped(experiment, project / "runs", 3, monkeypatch)
    there = moved(project) / "runs"
    assert resume(there / half.name).summary["status"] == "completed"
    assert tables(there / half.name) == tables(there / whole.name)


def test_moved_data_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = load_experiment(project / "a.yaml")
    whole = run(experiment, project / "runs").path
    half = stopped(experiment, project / "runs", 3, monkeypatch)
    spec = (half / SPEC_FILE).read_bytes()
    data = Path(shutil.move(project / "d.npz", project.parent / "renamed.npz"))
    with pytest.raises(Exception, match=r"d\.npz: no such file; if the data was moved, --data PATH names its place"):
        resume(half)
    data = data.rename(data.with_name("d.npz"))
    assert resume(half, data=data).summary["status"] == "completed"
    assert tables(half) == tables(whole)
    assert (half / SPEC_FILE).read_bytes() == spec
