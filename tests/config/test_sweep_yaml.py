"""sweep.yaml repeats a sweep: from its own folder, from the command line and from Python, with its data."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from nnlab.config.loading import load_experiment
from nnlab.config.recorded_data import data_locations
from nnlab.config.sweep import Sweep
from nnlab.config.sweep_goal import Goal
from nnlab.config.sweep_loading import load_sweep, sweep_from_arguments, sweep_from_python
from nnlab.config.yaml_writer import dump_yaml
from nnlab.errors import SpecError, UsageError
from nnlab.search.grid import Grid
from nnlab.search.halving import SuccessiveHalving
from nnlab.search.random import Random
from nnlab.storage.layout import trial_folder

BASE = """\
seed:      3
data:      {name: spiral, points: 10, validation: 0.2}
model:     {name: mlp, hidden: [4, 3], init: 0.01}
optimizer: adam
train:     {iterations: 5, batch_size: 5}
"""
TABLE = "data: {name: table, path: data.csv}\nmodel: softmax\noptimizer: {name: sgd, lr: 0.1}\ntrain: {iterations: 1}\n"


def reloaded(sweep: Sweep, folder: Path) -> Sweep:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "sweep.yaml"
    path.write_text(sweep.to_yaml(), encoding="utf-8")
    return load_sweep(path)


def assert_equal(sweep: Sweep, other: Sweep) -> None:
    for field in ("name", "space", "search", "seeds", "goal", "points"):
        assert getattr(other, field) == getattr(sweep, field), field
    assert other.base.resolved() == sweep.base.resolved()
    points = sweep.search.start(sweep.space, 0, 9, eval_every=1).ask()
    for request in points:
        one, two = (each.experiment(request.settings, sweep.seeds - 1) for each in (sweep, other))
        assert one.resolved() == two.resolved()
        assert one.data.files() == two.data.files()
    assert other.sha256() == sweep.sha256()
    assert other.to_yaml() == sweep.to_yaml()


KEYS: dict[str, list[Any]] = {
    "optimizer.lr": [0.1, 1e-3, 1, 1e-300, 123456.0],
    "optimizer": ["nadam", {"name": "adam", "lr": 0.1}, {"name": "adam", "beta1": 0.5}],
    "seed": [0, 1, 2, 3, 4, 9],
    "model.hidden": [[], [3], [4, 4]],
    "model.init": ["he", 0.1, {"name": "normal", "std": 0.2}],
    "model.batch_norm": [True, False, {"eps": 0.001}],
    "train.clip_norm": [None, 1.0, 2],
    "data": [{"name": "spiral", "points": 12, "validation": 0.5}, {"name": "xor", "validation": 0.1}],
    "name": ["other", "1e3", "no", "a: b", "null", "#x", "é\u3042", "'"],
}
AXES = st.dictionaries(
    st.sampled_from(sorted(KEYS)), st.lists(st.integers(0, 7), min_size=1, max_size=5), min_size=1, max_size=2
).map(
    lambda chosen: {
        key: [KEYS[key][row] for row in dict.fromkeys(index % len(KEYS[key]) for index in rows)]
        for key, rows in chosen.items()
    }
)
ZIPS = st.sampled_from([[], [{"train.batch_size": [2, "full"], "dtype": ["float32", "float64"]}]])
RANGES = st.sampled_from([{}, {"penalty.l2": {"log": [1e-5, 1]}}, {"compute.threads": {"int": [1, 4]}}])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sweeps")


@pytest.mark.slow
@given(
    blocks=st.lists(AXES, min_size=1, max_size=3),
    zipped=ZIPS,
    ranges=RANGES,
    fixed=st.sampled_from([{}, {"penalty.l1": 0.5}, {"optimizer.lr": 0.2}]),
    goal=st.sampled_from([None, "objective", {"maximize": "validation_accuracy"}]),
    seeds=st.integers(1, 3),
)
@examples(160)
def test_sweep_yaml_loads_back_equal(
    folder: Path,
    blocks: list[dict[str, Any]],
    zipped: list[Any],
    ranges: dict[str, Any],
    fixed: dict[str, Any],
    goal: Any,
    seeds: int,
) -> None:
    over = [{**blocks[0], **ranges}] if ranges else blocks
    search = Random(trials=2) if ranges else Grid()
    try:
        sweep = sweep_from_python(
            _from_yaml(folder), over, zip=zipped, set=fixed, search=search, seeds=seeds, goal=goal, name="q: 1"
        )
    except SpecError:
        return
    assert_equal(sweep, reloaded(sweep, folder / "runs" / "one"))


def _from_yaml(folder: Path) -> Path:
    path = folder / "spec.yaml"
    if not path.exists():
        path.write_text(BASE, encoding="utf-8")
    return path


def test_sweep_yaml_is_self_contained(tmp_path: Path) -> None:
    (tmp_path / "parent.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "spec.yaml").write_text("base: parent.yaml\noptimizer: {beta1: 0.5}\n", encoding="utf-8")
    settings = ["optimizer.lr=0.1,0.01", "seed=0..9", "train.iterations=7"]
    sweep = sweep_from_arguments(tmp_path / "spec.yaml", settings, goal="validation_loss")
    assert sweep.to_yaml() == (
        "name: spec\n"
        "base:\n"
        "  name: spec\n"
        "  seed: 3\n"
        "  data: {name: spiral, points: 10, validation: 0.2}\n"
        "  model:\n    name: mlp\n    hidden: [4, 3]\n    init: 0.01\n"
        "  optimizer: {name: adam, beta1: 0.5}\n"
        "  train: {iterations: 7, batch_size: 5}\n"
        "over:\n  optimizer.lr: [0.1, 0.01]\n  seed: 0..9\n"
        "search: grid\n"
        "seeds: 1\n"
        "goal: {minimize: validation_loss}\n"
    )
    assert_equal(sweep, reloaded(sweep, tmp_path / "elsewhere"))


@pytest.mark.parametrize(
    "search", [Random(trials=4), SuccessiveHalving(trials=6, factor=2), SuccessiveHalving(factor=2)]
)
def test_search_of_sweep_yaml(tmp_path: Path, search: Any) -> None:
    sweep = sweep_from_python(_from_yaml(tmp_path), {"optimizer.lr": [1, 2, 3, 4, 5, 6, 7, 8]}, search=search)
    assert_equal(sweep, reloaded(sweep, tmp_path / "again"))


def test_sweep_of_an_experiment_with_its_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "data.csv").write_text("a,label\n1,x\n2,y\n", encoding="utf-8")
    (tmp_path / "specs" / "spec.yaml").write_text(TABLE, encoding="utf-8")
    experiment = load_experiment(tmp_path / "specs" / "spec.yaml")
    monkeypatch.chdir(tmp_path)
    for spec in (experiment, tmp_path / "specs" / "spec.yaml"):
        sweep = sweep_from_python(spec, {"optimizer.lr": [0.1, 0.2]})
        trial = sweep.experiment({"optimizer.lr": 0.2})
        assert trial.data.files() == [tmp_path / "specs" / "data.csv"]
        assert trial.resolved()["data"]["path"] == "data.csv"
        assert_equal(sweep, reloaded(sweep, tmp_path / "runs" / "one"))


def swept_tables(folder: Path) -> Sweep:
    """A sweep over two tables beside its file, which is not the working folder."""
    (folder / "tables").mkdir(parents=True)
    for name in "ab":
        (folder / "tables" / f"{name}.csv").write_text(f"{name},label\n1,x\n2,y\n", encoding="utf-8")
    (folder / "spec.yaml").write_text(TABLE, encoding="utf-8")
    path = folder / "sweep.yaml"
    path.write_text("base: spec.yaml\nover: {data.path: [tables/a.csv, tables/b.csv]}\n", encoding="utf-8")
    return load_sweep(path)


def test_sweep_yaml_finds_relative_data_from_its_folder(tmp_path: Path) -> None:
    sweep = swept_tables(tmp_path / "project")
    again = reloaded(sweep, tmp_path / "runs" / "one")
    assert_equal(sweep, again)
    found = [again.experiment(point).data.files() for point in again.space.grid()]
    assert found == [[tmp_path / "project" / "tables" / f"{name}.csv"] for name in "ab"]
    assert str(tmp_path) not in dump_yaml(again.resolved())


def test_moved_sweep_finds_the_data_that_its_trials_recorded(tmp_path: Path) -> None:
    sweep = swept_tables(tmp_path / "project")
    run = tmp_path / "project" / "runs" / "one"
    reloaded(sweep, run)
    for number, point in enumerate(sweep.space.grid(), start=1):
        trial = run / trial_folder(number)
        trial.mkdir()
        environment = {"data_places": data_locations(sweep.experiment(point).data, trial)}
        (trial / "environment.json").write_text(json.dumps(environment), encoding="utf-8")
    (run / "best.yaml").write_text(TABLE.replace("data.csv", "tables/b.csv"), encoding="utf-8")
    shutil.move(tmp_path / "project", tmp_path / "moved")
    moved = load_sweep(tmp_path / "moved" / "runs" / "one" / "sweep.yaml")
    found = [moved.experiment(point).data.files() for point in moved.space.grid()]
    assert found == [[tmp_path / "moved" / "tables" / f"{name}.csv"] for name in "ab"]
    best = load_experiment(tmp_path / "moved" / "runs" / "one" / "best.yaml")
    assert best.data.files() == [tmp_path / "moved" / "tables" / "b.csv"]


def test_sweep_yaml_begins_with_the_comment_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "question.yaml"
    question = "# Which rate? \u3042\n#\n# Of two.\n"
    base = "  " + BASE.replace("\n", "\n  ").rstrip()
    file.write_text(f"\ufeff{question}base:\n{base}\n# Later.\nover: {{seed: [1, 2]}}\n", encoding="utf-8")
    sweep = load_sweep(file)
    assert sweep.to_yaml().startswith(f"{question}name: question\n")
    assert "Later" not in sweep.to_yaml()
    assert_equal(sweep, reloaded(sweep, tmp_path / "runs"))
    assert sweep.sha256() == reloaded(sweep_from_python(file), tmp_path / "again").sha256()


def test_sweep_of_many_values_is_readable_again(tmp_path: Path) -> None:
    sweep = sweep_from_python(_from_yaml(tmp_path), {"seed": range(500, 10_500), "optimizer.lr": [0.1]})
    assert len(sweep.to_yaml()) < 1000
    assert sweep.points == 10_000
    assert reloaded(sweep, tmp_path / "again").space == sweep.space
    many = {"optimizer.lr": [(number + 0.123456) / 20_000 for number in range(10_000)]}
    with pytest.raises(UsageError, match="larger than 128 KiB"):
        sweep_from_python(_from_yaml(tmp_path), many)


def test_explicit_goal_is_that_of_a_sweep_that_names_it(tmp_path: Path) -> None:
    sweep = sweep_from_python(_from_yaml(tmp_path), {"seed": [1, 2]})
    assert sweep.goal == Goal("validation_accuracy", maximize=True)
    assert dump_yaml({"goal": {"maximize": "validation_accuracy"}}) in sweep.to_yaml()
