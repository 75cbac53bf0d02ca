"""What can be asked of a run in Python: a line, a table, figures, DataFrames, an evaluation."""

import copy
import gc
import pickle
import sys
import weakref
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

import nnlab
from nnlab.errors import UsageError
from nnlab.train.run import RunResult

SPEC: dict[str, Any] = {
    "name": "own",
    "data": {"name": "moons", "points": 30, "test_points": 10},
    "model": {"name": "mlp", "hidden": [5]},
    "optimizer": {"name": "adam", "lr": 0.1},
    "train": {"iterations": 12, "eval_every": 4, "batch_size": "full"},
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return nnlab.run(SPEC, tmp_path_factory.mktemp("runs"), pictures=False)


def test_a_run_is_one_line_and_a_table(result: RunResult) -> None:
    record = nnlab.read_run(result.path)
    accuracy = result.summary["final"]["test_accuracy"]
    line = f"Run own: test accuracy {accuracy:.4f}, 12 steps, completed"
    for run in (result, result.record, record, pickle.loads(pickle.dumps(result)), copy.deepcopy(record)):
        assert repr(run) == line
        html = run._repr_html_()
        assert f">{accuracy:.4f}</td>" in html
        assert str(result.path) in html
    assert result.status == "completed"
    assert result.metrics["step"].tolist() == [0, 4, 8, 12]
    assert len(result.steps["loss"]) == 12


def test_no_pictures_were_drawn_but_none_count_as_missing(result: RunResult) -> None:
    assert not (result.path / "plots").exists()


def test_plot_gives_figures_writes_nothing_and_uses_no_pyplot(result: RunResult) -> None:
    before = sorted(result.path.rglob("*"))
    for run in (result, nnlab.read_run(result.path)):
        assert run.plot().axes[0].get_ylabel() == "accuracy"
        assert run.plot("loss").axes[0].get_ylabel().startswith("loss")
        figures = run.plot(["accuracy", "confusion"])
        assert len(figures) == 2
        assert figures._repr_html_().count("data:image/png;base64,iVBOR") == 2
    assert run.plot(language="en", style="dark").get_facecolor() != run.plot().get_facecolor()
    assert sorted(result.path.rglob("*")) == before
    assert "matplotlib.pyplot" not in sys.modules or not mpl._pylab_helpers.Gcf.figs


def test_a_figure_is_shown_by_itself_and_can_be_written(result: RunResult, tmp_path: Path) -> None:
    figure = result.plot("accuracy")
    assert figure._repr_png_().startswith(b"\x89PNG")
    figure.savefig(tmp_path / "own.svg")
    assert (tmp_path / "own.svg").read_text(encoding="utf-8").rstrip().endswith("</svg>")
    assert pickle.loads(pickle.dumps(figure)).axes


def test_a_figure_has_the_style_of_nnlab_whatever_the_users_is(result: RunResult) -> None:
    expected = result.plot("accuracy")._repr_png_()
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "axes.grid": False}):
        figure = result.plot("accuracy")
    assert figure._repr_png_() == expected


def test_unknown_and_unavailable_pictures_are_refused(result: RunResult) -> None:
    with pytest.raises(UsageError, match="no kind of picture is called 'acuracy'; did you mean 'accuracy'"):
        result.plot("acuracy")
    with pytest.raises(UsageError, match="cannot have the picture weights: its samples are not images"):
        result.plot("weights")
    with pytest.raises(UsageError, match="must be one of light, dark, got 'blue'"):
        result.plot(style="blue")  # type: ignore[call-overload]
    with pytest.raises(UsageError, match="to_frame: must be metrics or steps, got 'step'"):
        result.to_frame("step")  # type: ignore[arg-type]


def test_frames_have_the_columns_of_the_tables(result: RunResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(DataFrame=lambda columns: columns))
    frame: Any = result.to_frame()
    assert list(frame)[:3] == ["step", "epoch", "lr"]
    np.testing.assert_array_equal(frame["test_loss"], result.metrics["test_loss"])
    assert list(nnlab.read_run(result.path).to_frame("steps")) == ["step", "loss"]
    rows: Any = nnlab.compare([result]).to_frame()
    assert rows[0]["test_accuracy"] == result.summary["final"]["test_accuracy"]


def test_without_pandas_a_frame_says_how_to_install_it(result: RunResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match=r"to_frame: needs the package pandas \(.*\); pip install pandas"):
        result.to_frame()


def test_a_run_evaluates_and_predicts_samples(result: RunResult) -> None:
    points = np.array([[0.0, 1.0], [1.0, -0.5]])
    classes = result.predict(points)
    evaluation = result.evaluate(points, classes)
    assert evaluation.metrics["accuracy"] == 1
    assert nnlab.evaluate(result, points, classes).metrics == evaluation.metrics
    assert "<script" not in evaluation._repr_html_()
    assert evaluation._repr_html_().count("<table ") == 3


def test_networks_and_experiments_are_one_line_and_a_table(result: RunResult) -> None:
    network = nnlab.trained_network(result)
    assert repr(network) == "TrainedNetwork 2 → linear1 → relu1 → linear2: 27 parameters"
    assert network._repr_html_().count("<tr>") == 5
    experiment = nnlab.load_experiment(result.path / "spec.yaml")
    assert repr(experiment) == "Experiment own: moons, mlp, adam, 12 iterations, seed 0"
    assert "batch_size: full" in experiment._repr_html_()


def test_figures_that_are_no_longer_used_are_freed(result: RunResult) -> None:
    figure = result.plot("accuracy")
    figure._repr_png_()
    kept = weakref.ref(figure)
    del figure
    gc.collect()
    assert kept() is None
