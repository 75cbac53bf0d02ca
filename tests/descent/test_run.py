"""A whole descent: the files of its folder, and what they say."""

import csv
import json
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnlab import load_descent, run_descent
from nnlab.config.descent import Descent
from nnlab.descent.pictures import redraw
from nnlab.descent.run import line
from nnlab.errors import Interrupted, RunError, UsageError
from nnlab.functions.named import Sphere
from nnlab.records.descent_reader import read_paths
from nnlab.records.drawing import lacks_pictures

pytestmark = pytest.mark.slow

CONFIGS = Path(__file__).parents[2] / "configs" / "descent"


def load(folder: Path, text: str) -> Descent:
    path = folder / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return load_descent(path)


@pytest.mark.usefixtures("no_pixels")
def test_the_folder_of_a_descent(tmp_path: Path) -> None:
    descent = load_descent(CONFIGS / "learning_rates.yaml")
    result = run_descent(descent, tmp_path / "runs", animate=False)
    names = {path.relative_to(result.path).as_posix() for path in result.path.rglob("*") if path.is_file()}
    pictures = {f"plots/{name}.png" for name in ("field", "paths", "values")}
    assert names == {"spec.yaml", "path.csv", "summary.json", "environment.json", "log.txt", *pictures}
    assert load_descent(result.path / "spec.yaml") == descent
    with (result.path / "path.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["optimizer", "step", "x0", "x1", "value", "gradient_norm"]
    assert [(row["optimizer"], row["step"]) for row in rows[100:102]] == [("sgd lr=10", "100"), ("sgd lr=0.1", "0")]
    for path in result.paths:
        own = [row for row in rows if row["optimizer"] == path.label]
        np.testing.assert_array_equal([[float(row["x0"]), float(row["x1"])] for row in own], path.positions)
        np.testing.assert_array_equal([float(row["value"]) for row in own], path.values)
        np.testing.assert_array_equal([float(row["gradient_norm"]) for row in own], path.norms)
    summary = json.loads((result.path / "summary.json").read_text(encoding="utf-8"))
    assert summary == result.summary
    assert (summary["status"], summary["message"]) == ("diverged", "1 of 3 diverged: sgd lr=10")
    assert [entry["status"] for entry in summary["paths"]] == ["diverged", "completed", "still"]
    assert summary["paths"][1]["end"] == result.paths[1].positions[-1].tolist()
    log = (result.path / "log.txt").read_text(encoding="utf-8").splitlines()
    assert log == [line(path) for path in result.paths]


@pytest.mark.usefixtures("no_pixels")
def test_a_field_without_an_optimizer(tmp_path: Path) -> None:
    result = run_descent(load_descent(CONFIGS / "field.yaml"), tmp_path)
    assert sorted(path.name for path in (result.path / "plots").iterdir()) == ["field.png"]
    assert (result.path / "path.csv").read_text(encoding="utf-8") == "optimizer,step,x0,x1,value,gradient_norm\n"
    assert (result.path / "log.txt").read_text(encoding="utf-8") == "no optimizer: the field of gradients only\n"
    assert (result.summary["status"], result.summary["paths"]) == ("completed", [])
    assert not lacks_pictures(result.path, "descent")
    assert read_paths(result.path, [], []) == {}
    assert redraw(result.path, tmp_path / "again", [], animate=False) == [tmp_path / "again" / "field.png"]
    for kinds, animate in ((["paths"], False), ([], True)):
        with pytest.raises(UsageError, match="it has no optimizer, and so no paths"):
            redraw(result.path, tmp_path / "again", kinds, animate=animate)


@pytest.mark.usefixtures("no_pictures")
def test_a_line_says_where_a_path_went_and_what_is_wrong(tmp_path: Path) -> None:
    result = run_descent(load_descent(CONFIGS / "learning_rates.yaml"), tmp_path, animate=False)
    lost, right, still = (line(path) for path in result.paths)
    assert "diverged: it ended far away; try a smaller learning rate" in lost
    assert right == ("sgd lr=0.1: (-3, 4) → (-6.11110793e-10, 8.14814391e-10) in 100 steps, value 1.03737889e-18")
    assert "→ (-2.99999994, 3.99999992) in 100 steps" in still
    assert "hardly moved; try a larger learning rate" in still


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize(
    ("expression", "start", "note"),
    [
        ("1 / x0", 0.0, "diverged: the function has no finite value at the start"),
        ("x0**2", 0.0, "did not move: the gradient is 0 at the start"),
        ("sqrt(x0)", 0.0, "diverged: the function has no finite gradient at the start"),
        ("sqrt(x0)", 0.01, "diverged: it left where the function has a value; try a smaller learning rate"),
        ("-exp(x0)", 1.0, "diverged: the value is no longer finite; try a smaller learning rate"),
        ("x0**2", 1.0, "ended higher than it started; try a smaller learning rate"),
    ],
)
def test_each_way_to_fail_is_said_apart(tmp_path: Path, expression: str, start: float, note: str) -> None:
    spec = f"{{expression: {expression}, start: [{start}], optimizer: {{name: sgd, lr: 1.01}}, gradient: analytic}}"
    (path,) = run_descent(load(tmp_path, spec), tmp_path / "runs", animate=False).paths
    assert line(path).endswith(f"; {note}")


@pytest.mark.usefixtures("no_pictures")
def test_numbers_that_json_lacks_are_null(tmp_path: Path) -> None:
    spec = "{function: rosenbrock, start: [-1.5, 2], optimizer: {name: sgd, lr: 1.0}, gradient: analytic}"
    result = run_descent(load(tmp_path, spec), tmp_path / "runs", animate=False)
    summary = json.loads((result.path / "summary.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert summary["paths"][0]["gradient_norm"] is None


@pytest.mark.parametrize(
    ("spec", "pictures"),
    [
        (
            "{expression: x0**2 / 10 + sin(2 * x0), start: [3], optimizer: [adam, {name: sgd, lr: 0.3}]}",
            {"paths", "values"},
        ),
        ("{function: rosenbrock, start: [1, 2, 3], optimizer: adam}", {"values"}),
        ("{expression: log(x0 + x1), start: [1, 2], optimizer: {name: sgd, lr: 100}}", {"field", "paths", "values"}),
        ("{expression: '3', start: [1, 2], optimizer: adam}", {"field", "paths", "values"}),
        ("{function: sphere, start: [1e9, -1e9], optimizer: {name: sgd, lr: 0.1}}", {"field", "paths", "values"}),
        (
            "{function: saddle, start: [1, 1], steps: 300, optimizer: {name: sgd, lr: 0.9}}",
            {"field", "paths", "values"},
        ),
        (
            "{name: '$x^2$', function: sphere, start: [1, 1], view: [-1, 1, -9, 9], optimizer: adam}",
            {"field", "paths", "values"},
        ),
    ],
)
def test_whatever_can_be_drawn_is(tmp_path: Path, spec: str, pictures: set[str]) -> None:
    result = run_descent(load(tmp_path, spec), tmp_path / "runs", animate=False)
    assert {path.stem for path in (result.path / "plots").iterdir()} == pictures
    for path in (result.path / "plots").iterdir():
        with Image.open(path) as picture:
            assert min(picture.size) > 300


def test_the_race_shows_every_step(tmp_path: Path) -> None:
    descent = load(tmp_path, "{function: valley, start: [-7, 2], steps: 6, optimizer: [adam, {name: sgd, lr: 0.95}]}")
    result = run_descent(descent, tmp_path / "runs")
    with Image.open(result.path / "plots" / "race.gif") as race:
        assert race.n_frames >= 7  # frames that are equal, at the end, are stored as one
        assert race.size[0] > 500


def test_two_descents_are_the_same_to_the_last_byte(tmp_path: Path) -> None:
    descent = load_descent(CONFIGS / "valley.yaml")
    first, second = (run_descent(descent, tmp_path / name, animate=False).path for name in "ab")
    for name in ("spec.yaml", "path.csv", "log.txt", "plots/paths.png", "plots/field.png", "plots/values.png"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_signal_ends_the_steps_and_what_was_made_is_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    value = Sphere.value

    def interrupting(self: Sphere, x: np.ndarray) -> np.ndarray:
        calls.append(1)
        if len(calls) == 50:
            signal.raise_signal(signal.SIGINT)
        return value(self, x)

    calls: list[int] = []
    monkeypatch.setattr(Sphere, "value", interrupting)
    spec = (
        "{function: sphere, start: [1, 2], steps: 100000, optimizer: {name: sgd, lr: [0.1, 0.2]}, gradient: analytic}"
    )
    with pytest.raises(Interrupted, match="the steps made until then are saved in") as stopped:
        run_descent(load(tmp_path, spec), tmp_path / "runs")
    assert stopped.value.exit_code == 130
    (folder,) = (tmp_path / "runs").iterdir()
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["status"] == "interrupted"
    assert [path["steps"] for path in summary["paths"]] == [49, 0]
    assert len((folder / "path.csv").read_text(encoding="utf-8").splitlines()) == 1 + 50 + 1


@pytest.mark.usefixtures("no_pictures")
def test_a_label_with_a_comma_is_one_cell(tmp_path: Path) -> None:
    rules = "[{name: momentum, lr: 0.1, momentum: 0.5}, {name: momentum, lr: 0.1}]"
    result = run_descent(load(tmp_path, f"{{function: plateau, start: [1, 2, 3], optimizer: {rules}}}"), tmp_path / "r")
    with (result.path / "path.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert {len(row) for row in rows} == {7}
    assert {row[0] for row in rows[1:]} == {"momentum lr=0.1, momentum=0.5", "momentum lr=0.1, momentum=0.9"}


def test_a_folder_that_cannot_be_written_is_a_run_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RunError, match="file"):
        run_descent(load_descent(CONFIGS / "sphere.yaml"), tmp_path / "file", animate=False)


def test_a_signal_while_drawing_names_the_folder_and_its_pictures_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object) -> None:
        raise Interrupted(signal.SIGTERM)

    monkeypatch.setattr("nnlab.descent.run.draw_pictures", interrupt)
    descent = load(tmp_path, "{function: sphere, start: [1, 2], steps: 3, optimizer: {name: sgd, lr: 0.1}}")
    with pytest.raises(Interrupted) as stopped:
        run_descent(descent, tmp_path / "runs")
    (folder,) = (tmp_path / "runs").iterdir()
    plot = f"nnlab plot {folder} draws the pictures"
    assert str(stopped.value) == f"stopped while drawing; all steps are saved in {folder}, and {plot}"
    assert stopped.value.exit_code == 143
    assert lacks_pictures(folder, "descent")
