"""What a sweep gives in Python: a line, a table, figures, its progress in a notebook."""

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
from inline_workers import InlineWorkers
from notebook_cells import kernel

import nnlab
from nnlab.errors import UsageError
from nnlab.sweeps.sweep_result import SweepResult

SPEC: dict[str, Any] = {
    "name": "<i>own",
    "data": {"name": "spiral", "points": 10, "validation": 0.2},
    "model": "softmax",
    "optimizer": {"name": "sgd", "lr": 0.1},
    "train": {"iterations": 12, "eval_every": 4, "batch_size": "full"},
}


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.sweeps.api.LocalWorkers", InlineWorkers)
    monkeypatch.setattr("nnlab.figures.sweep_pictures.draw_sweep", lambda *given: [])


def swept(folder: Path, overrides: Any = {"train.iterations": 6}, **keys: Any) -> SweepResult:  # noqa: B006
    return nnlab.sweep(SPEC, {"optimizer.lr": [0.1, 0.2]}, runs=folder, overrides=overrides, **keys)


def test_a_sweep_is_one_output_of_a_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = kernel(monkeypatch)
    swept(tmp_path)
    assert "2 of 2 done" in cell.text
    assert 'value="2" max="2"' in cell.html
    assert "<i>" not in cell.html


def test_a_script_has_a_line_for_each_trial_if_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    swept(tmp_path, progress=True)
    swept(tmp_path)
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines if line.startswith("trial")] == ["trial 1 of 2", "trial 2 of 2"]


def test_a_sweep_is_short_as_text_and_a_table_as_html(tmp_path: Path) -> None:
    found = swept(tmp_path)
    assert found.trials["steps"].tolist() == [6, 6]  # the overrides hold for all trials
    assert repr(found).startswith(f"Sweep {found.path.name}: 2 of 2 trials ended, best trial ")
    assert repr(found).endswith(", completed")
    html = found._repr_html_()
    assert html.count("<tr>") == 3
    assert "<i>" not in html
    for other in (nnlab.read_sweep(found.path), pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert repr(other) == repr(found)
        assert other._repr_html_() == html


def test_overrides_are_values_or_settings_and_wrong_ones_are_refused(tmp_path: Path) -> None:
    by_value, by_text = (swept(tmp_path, found) for found in ({"seed": 3}, ["seed=3"]))
    assert [nnlab.read_run(found.path / "trial-001").spec["seed"] for found in (by_value, by_text)] == [3, 3]
    with pytest.raises(UsageError, match="overrides: must be a list or a dict"):
        swept(tmp_path, "seed=3")
    with pytest.raises(UsageError, match="seedd: unknown key; did you mean 'seed'"):
        swept(tmp_path, {"seedd": 3})


def test_pictures_of_a_sweep_are_figures_and_none_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = swept(tmp_path)
    monkeypatch.undo()
    before = sorted(found.path.rglob("*"))
    figure = found.plot("goal")
    assert figure.axes
    assert found.plot()
    assert sorted(found.path.rglob("*")) == before
    with pytest.raises(UsageError, match="no kind of picture of a sweep is called 'goals'; did you mean 'goal'"):
        found.plot("goals")
    with pytest.raises(UsageError, match="cannot have the picture heatmap"):
        found.plot("heatmap")
