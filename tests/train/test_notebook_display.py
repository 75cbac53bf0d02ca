"""Progress in a notebook, with a kernel that is not there; tests/test_notebook.py has a real one."""

import io
import sys
import threading
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from notebook_cells import kernel

import nnlab
from nnlab.errors import DataError, Diverged, UsageError
from nnlab.train import notebook_display
from nnlab.train.notebook_display import NotebookReporter, in_notebook

SPEC: dict[str, Any] = {
    "name": "own",
    "data": {"name": "spiral", "points": 10},
    "model": "softmax",
    "optimizer": {"name": "sgd", "lr": 0.1},
    "train": {"iterations": 12, "eval_every": 4, "batch_size": "full"},
}


def test_a_notebook_is_a_shell_with_a_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert not in_notebook()
    assert "IPython" not in sys.modules
    for shell in (None, SimpleNamespace()):  # no shell; IPython in a terminal
        kernel(monkeypatch, shell)
        assert not in_notebook()
    kernel(monkeypatch)
    assert in_notebook()


def test_a_training_is_one_output_whose_last_state_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = kernel(monkeypatch)
    nnlab.run(SPEC, tmp_path, pictures=False)
    assert "own: 9 parameters, 12 iterations" in cell.text
    assert "step 12/12, objective " in cell.text
    assert "<svg " in cell.html
    assert cell.html.count("<polyline ") == 2  # objective and train accuracy


def test_an_output_is_replaced_at_most_twice_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    cell, now = kernel(monkeypatch), [0.0]
    monkeypatch.setattr(notebook_display, "perf_counter", lambda: now[0])
    reporter = NotebookReporter()
    with reporter.watch(1000) as (observer,):
        for step in range(1, 1001):
            now[0] = step / 100  # ten seconds
            observer.on_step(step, 1.0)
            observer.on_evaluation({"step": step, "train_loss": 1.0})
    assert cell.messages == 20
    reporter.close()
    assert cell.messages == 21
    assert "step 1,000/1,000" in cell.text


@pytest.mark.parametrize(
    ("progress", "outputs", "lines"),
    [("auto", 1, False), (True, 1, False), ("lines", 0, True), (False, 0, False)],
)
def test_progress_in_a_notebook(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    progress: Any,
    outputs: int,
    lines: bool,
) -> None:
    cell = kernel(monkeypatch)
    nnlab.run(SPEC, tmp_path, pictures=False, progress=progress)
    assert len(cell.outputs) == outputs
    output, messages = capsys.readouterr()
    assert output == ""
    assert ("step 12/12" in messages) == lines


@pytest.mark.parametrize(("progress", "lines"), [("auto", False), (True, True), ("lines", True), (False, False)])
def test_progress_in_a_script(tmp_path: Path, capsys: pytest.CaptureFixture[str], progress: Any, lines: bool) -> None:
    nnlab.run(SPEC, tmp_path, pictures=False, progress=progress)
    assert ("step 12/12" in capsys.readouterr().err) == lines


def test_an_unknown_progress_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    calls: list[Any] = [nnlab.run, partial(nnlab.cross_validate, folds=2), partial(nnlab.sweep, over={"seed": "0..1"})]
    for call in calls:
        with pytest.raises(UsageError, match="progress: must be 'auto', 'lines', True or False, got 'bar'"):
            call(SPEC, runs=tmp_path / "runs", progress="bar")
    assert not (tmp_path / "runs").exists()


def test_what_begins_no_run_shows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = kernel(monkeypatch)
    with pytest.raises(DataError):
        nnlab.run({**SPEC, "data": {"name": "table", "path": "none.csv"}}, tmp_path)
    assert cell.outputs == {}


def test_a_divergence_leaves_its_last_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = kernel(monkeypatch)
    with pytest.raises(Diverged):
        nnlab.run(SPEC, tmp_path, overrides={"optimizer.lr": 1e6, "model": {"name": "mlp", "hidden": [9, 9]}})
    assert "/12" in cell.text


def test_each_run_of_a_cell_and_of_a_thread_has_its_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = kernel(monkeypatch)
    nnlab.run(SPEC, tmp_path, pictures=False)
    thread = threading.Thread(target=nnlab.run, args=(SPEC, tmp_path), kwargs={"pictures": False})
    thread.start()
    thread.join()
    assert len(cell.outputs) == 2
    assert all("step 12/12" in bundle["text/plain"] for bundle in cell.outputs.values())


def test_hostile_names_are_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = kernel(monkeypatch)
    result = nnlab.run({**SPEC, "name": "<img src=x onerror=alert(1)>"}, tmp_path, pictures=False)
    shown = [cell.html, result._repr_html_(), result.record._repr_html_(), nnlab.compare(result)._repr_html_()]
    shown.append(nnlab.load_experiment(result.path / "spec.yaml")._repr_html_())
    for html in shown:
        assert "<img" not in html
    assert "&lt;img src=x" in cell.html


def test_an_output_that_cannot_be_shown_does_not_end_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def broken(*given: object, **keys: object) -> None:
        tried.append(1)
        raise RuntimeError("the front end is gone")

    kernel(monkeypatch)
    monkeypatch.setattr(sys.modules["IPython.display"], "display", broken)
    assert nnlab.run(SPEC, tmp_path, pictures=False).status == "completed"
    assert tried == [1]


@pytest.mark.parametrize("closed", [True, False])
def test_a_stderr_that_is_closed_or_missing_does_not_end_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: bool
) -> None:
    stream = io.StringIO()
    stream.close()
    monkeypatch.setattr(sys, "stderr", stream if closed else None)
    assert nnlab.run(SPEC, tmp_path, pictures=False, progress=True).status == "completed"


def test_many_evaluations_and_extreme_values_stay_a_small_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    cell, reporter = kernel(monkeypatch), NotebookReporter()
    with reporter.watch(30_000) as (observer,):
        for step in range(1, 30_001):
            observer.on_step(step, 1e300 if step < 100 else 2.0)
            observer.on_evaluation(
                {"step": step, "train_loss": float("inf") if step < 10 else 1.0, "test_loss": 1 / step}
            )
    reporter.close()
    assert "step 30,000/30,000" in cell.text
    assert len(cell.html) < 25_000
    assert "nan" not in cell.html
    assert "inf" not in cell.html


def test_a_cross_validation_is_one_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = kernel(monkeypatch)
    found = nnlab.cross_validate(SPEC, 2, tmp_path, overrides={"train.pictures": False})
    assert "fold 2 of 2" in cell.text
    assert repr(found).startswith("Cross-validation own: 2 folds, validation accuracy 0.")
    assert found._repr_html_().count("<tr>") == 5  # headings, folds, mean, standard deviation
