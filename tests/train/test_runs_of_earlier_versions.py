"""A run folder that version 0.1.0 wrote is read, compared, drawn, resumed and predicts."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import nnlab
from nnlab.comparisons.comparison import make_entries
from nnlab.figures.run_pictures import draw_all
from nnlab.figures.run_view import run_view
from nnlab.plots.curves import plot_run
from nnlab.records.inventory import stored_run
from nnlab.records.reader import read_run
from nnlab.report.compose import make_report
from nnlab.train.resume import resume

pytestmark = pytest.mark.slow

STORED = Path(__file__).parents[1] / "records" / "files" / "written_by_0_1_0" / "20261128-052017-old-5a2d6f"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(STORED, tmp_path / STORED.name))


def test_run_of_an_earlier_version_is_read_and_compared(folder: Path) -> None:
    record = read_run(folder)
    assert (record.status, record.name, len(record.steps["step"])) == ("completed", "old", 40)
    assert record.final is not None
    assert record.final["objective"] == pytest.approx(0.775833, abs=1e-6)
    (entry,) = make_entries([record])
    assert entry.measures["validation_accuracy"].mean == pytest.approx(4 / 9)
    assert stored_run(folder, "run").status == "completed"


@pytest.mark.usefixtures("no_pixels")
def test_run_of_an_earlier_version_is_plotted(folder: Path) -> None:
    record = read_run(folder)
    plot_run(record, folder / "plots")
    draw_all(run_view(record), folder / "plots", lambda line: pytest.fail(line), ["boundary", "confusion", "gradients"])
    assert {path.stem for path in (folder / "plots").iterdir()} == {
        *("accuracy", "loss", "boundary", "confusion", "gradients")
    }


@pytest.mark.usefixtures("no_pixels")
def test_run_of_an_earlier_version_has_a_report(folder: Path) -> None:
    report = make_report([folder], styles=("light",))
    names = [picture.name for picture in report.pictures]
    assert names == ["accuracy", "loss", "boundary", "confusion", "gradients", "activation_histograms"]
    assert report.title == "old"


@pytest.mark.usefixtures("no_pictures")
def test_run_of_an_earlier_version_is_resumed(folder: Path) -> None:
    before = (folder / "steps.csv").read_bytes()
    assert resume(folder, iterations=60, allow_drift=True).summary["steps"] == 60
    assert (folder / "steps.csv").read_bytes().startswith(before)


def test_run_of_an_earlier_version_predicts(folder: Path) -> None:
    probabilities = nnlab.predict(folder, [[0.1, 0.2], [0.5, -0.5]], probabilities=True)
    assert probabilities.shape == (2, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
