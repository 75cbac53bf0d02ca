"""Reports of real runs: which pictures they have, and what they say where network or data is gone."""

import json
from pathlib import Path

import pytest
from html_pages import Page
from moons_runs import moons
from trainings import make_experiment

from nnlab.records.reader import read_run
from nnlab.report.compose import make_report
from nnlab.report.document import Report, Table
from nnlab.report.html import html_of
from nnlab.report.opening import environment_or_nothing
from nnlab.report.reproduction import environment_rows
from nnlab.storage.layout import ENVIRONMENT_FILE, MODEL_FILE
from nnlab.train.crossval import cross_validate
from nnlab.train.run import run

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_pictures")]

SPIRAL = """\
# Do three arms separate?
data:      {name: spiral, points: 20}
model:     {name: mlp, hidden: [8], activation: relu}
optimizer: {name: sgd, lr: 1.0}
train:     {iterations: 4, batch_size: full, eval_every: 2, diagnostics: true}
"""


def pictures_of(report: Report) -> list[str]:
    return [picture.name for picture in report.pictures]


def table(report: Report, caption: str) -> Table:
    return next(
        block
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Table) and block.caption.startswith(caption)
    )


def test_a_run_on_points_has_curves_regions_confusion_and_gradients(tmp_path: Path) -> None:
    path = run(make_experiment(tmp_path, SPIRAL), tmp_path / "runs").path
    report = make_report([path])
    wanted = ["accuracy", "loss", "boundary", "confusion", "gradients", "activation_histograms"]
    assert pictures_of(report) == wanted
    assert all(picture.dark and picture.dark != picture.light for picture in report.pictures)
    assert (report.title, report.subtitle, len(report.date)) == ("spec", "1 run", 10)
    page = Page(html_of(report))
    assert "Do three arms separate?" in page.texts["p"]
    assert "Not in this report" not in page.text
    assert [picture["width"] for picture in page.attributes("img")] == [
        str(picture.width) for picture in report.pictures
    ]


@pytest.mark.usefixtures("no_pixels")
def test_a_run_without_weights_has_a_report_without_pictures_of_its_network(tmp_path: Path) -> None:
    path = run(make_experiment(tmp_path, SPIRAL, "train.diagnostics=false"), tmp_path / "runs").path
    (path / MODEL_FILE).unlink()
    report = make_report([path], styles=("light",))
    assert pictures_of(report) == ["accuracy", "loss"]
    assert all(picture.dark is None for picture in report.pictures)
    assert "is not the folder of a finished run" in Page(html_of(report)).text


@pytest.mark.usefixtures("no_pixels")
def test_a_run_whose_data_is_gone_has_a_report_without_pictures_of_its_network(tmp_path: Path) -> None:
    data = tmp_path / "points.csv"
    rows = [f"{x},{y},{'ab'[x > y]}" for x in range(5) for y in range(5)]
    data.write_text("\n".join(["x,y,label", *rows]), encoding="utf-8")
    spec = SPIRAL.replace("{name: spiral, points: 20}", "{name: table, path: points.csv, label: label}")
    path = run(make_experiment(tmp_path, spec, "train.diagnostics=false"), tmp_path / "runs").path
    moved = data.rename(tmp_path / "moved.csv")
    report = make_report([path], styles=("light",))
    assert pictures_of(report) == ["accuracy", "loss"]
    assert "only pictures of the recorded numbers are drawn" in Page(html_of(report)).text
    assert "confusion" in pictures_of(make_report([path], styles=("light",), data=moved))


@pytest.mark.usefixtures("no_pixels")
def test_a_cross_validation_has_its_folds_with_mean_and_standard_deviation(tmp_path: Path) -> None:
    path = cross_validate(moons(tmp_path), 2, tmp_path / "runs").path
    report = make_report([path], styles=("light",))
    assert pictures_of(report) == ["accuracy", "loss"]
    rows = table(report, "Folds").rows
    assert [row[0] for row in rows] == ["fold-1", "fold-2", "mean", "± std"]
    summary = json.loads((path / "summary.json").read_text(encoding="utf-8"))
    assert f"{summary['metrics']['validation_accuracy']['mean']:.4f}" in rows[2]
    assert f"nnlab crossval {path}/spec.yaml --folds 2" in Page(html_of(report)).text
    (path / "fold-2" / "summary.json").unlink()
    report = make_report([path], styles=("light",))
    assert [row[0] for row in table(report, "Folds").rows] == ["fold-1", "mean", "± std"]
    assert "1 of 2 folds have begun." in Page(html_of(report)).text


def test_environments_that_differ_are_in_one_table(tmp_path: Path) -> None:
    path = run(make_experiment(tmp_path, SPIRAL), tmp_path / "runs").path
    own = dict(environment_or_nothing(read_run(path)))
    rows = dict(map(tuple, environment_rows([own, own | {"cpu": "A", "cores": 2}, own | {"nnlab": None}])))
    assert rows["CPU"].endswith("; 2 × A")
    assert rows["nnlab"] == own["nnlab"]
    (path / ENVIRONMENT_FILE).unlink()
    assert environment_or_nothing(read_run(path)) == {}
