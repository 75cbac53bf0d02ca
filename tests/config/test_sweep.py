"""From a sweep file, from ``-s`` and from Python to the experiments of the trials."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from examples import examples
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from nnlab.config.experiment import Experiment
from nnlab.config.loading import load_experiment
from nnlab.config.sweep import Sweep
from nnlab.config.sweep_goal import Goal
from nnlab.config.sweep_loading import load_sweep, sweep_from_arguments, sweep_from_python
from nnlab.errors import SpecError, UsageError
from nnlab.search.grid import Grid
from nnlab.search.random import Random
from nnlab.search.space import Axis, Range, Settings, Space
from nnlab.text import format_value

BASE = """\
data:      {name: spiral, points: 10, validation: 0.2}
model:     {name: mlp, hidden: [4, 3], init: 0.01}
optimizer: adam
train:     {iterations: 5, batch_size: 5}
"""
HEAD = "base: base.yaml\n"


def base(folder: Path, text: str = BASE) -> Path:
    path = folder / "base.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def load(folder: Path, text: str, settings: Sequence[str] = (), *, spec: str = BASE) -> Sweep:
    base(folder, spec)
    path = folder / "question.yaml"
    path.write_text(text, encoding="utf-8")
    return load_sweep(path, settings)


def grid(sweep: Sweep) -> list[dict[str, Any]]:
    return [dict(point) for point in sweep.space.grid()]


def test_sweep_file(tmp_path: Path) -> None:
    sweep = load(
        tmp_path,
        HEAD
        + "set: {train.iterations: 7}\nover: {optimizer.lr: [0.1, 0.01], seed: 0..2}\nsearch: grid\n"
        + "zip: {model.hidden: [[5], [6, 6]], model.activation: [relu, tanh]}\ngoal: {minimize: validation_loss}\n",
    )
    assert sweep.name == "question"
    assert sweep.base.name == "base"
    assert sweep.base.train.iterations == 7
    assert sweep.space == Space(
        (
            Axis(("optimizer.lr",), ((0.1,), (0.01,))),
            Axis(("seed",), ((0,), (1,), (2,))),
            Axis(("model.hidden", "model.activation"), (([5], "relu"), ([6, 6], "tanh"))),
        )
    )
    assert (sweep.points, sweep.trials, sweep.seeds) == (12, 12, 1)
    assert isinstance(sweep.search, Grid)
    assert sweep.goal == Goal("validation_loss", maximize=False)
    last = sweep.experiment(grid(sweep)[-1]).resolved()
    assert (last["name"], last["seed"], last["optimizer"]["lr"]) == ("base", 2, 0.01)
    assert (last["model"]["hidden"], last["train"]["iterations"]) == ([6, 6], 7)


def test_settings_of_command_line(tmp_path: Path) -> None:
    sweep = sweep_from_arguments(
        base(tmp_path), ["optimizer.lr=0.1,0.01", "train.iterations=9", "model.init=he"], seeds=3
    )
    assert (sweep.name, sweep.base.name) == ("base", "base")
    assert grid(sweep) == [{"optimizer.lr": 0.1}, {"optimizer.lr": 0.01}]
    assert (sweep.points, sweep.trials) == (2, 6)
    assert sweep.base.train.iterations == 9
    assert [sweep.experiment(grid(sweep)[0], offset).seed for offset in range(3)] == [0, 1, 2]


def test_keys_that_move_together(tmp_path: Path) -> None:
    settings = ["model.hidden=[5],[6,6]", "model.init=he,0.01", "seed=4"]
    sweep = sweep_from_arguments(base(tmp_path), settings, zip=True)
    assert grid(sweep) == [
        {"model.hidden": [5], "model.init": "he"},
        {"model.hidden": [6, 6], "model.init": 0.01},
    ]


def test_seeds_alone_are_a_sweep(tmp_path: Path) -> None:
    sweep = sweep_from_arguments(base(tmp_path), [], seeds=3)
    assert (grid(sweep), sweep.trials) == ([{}], 3)
    assert sweep.experiment({}, 2).seed == 2


def test_whole_sections_are_swept(tmp_path: Path) -> None:
    sweep = sweep_from_arguments(base(tmp_path), ["optimizer={name: sgd, lr: 0.1},{name: adam, lr: 0.2},nadam"])
    names = [sweep.experiment(point).resolved()["optimizer"]["name"] for point in grid(sweep)]
    assert names == ["sgd", "adam", "nadam"]


def test_section_and_its_key_are_swept(tmp_path: Path) -> None:
    sweep = sweep_from_arguments(base(tmp_path), ["optimizer.lr=0.1,0.2", "optimizer=sgd,adam"])
    found = [sweep.experiment(point).resolved()["optimizer"] for point in grid(sweep)]
    assert [(optimizer["name"], optimizer["lr"]) for optimizer in found] == [
        ("sgd", 0.1),
        ("adam", 0.1),
        ("sgd", 0.2),
        ("adam", 0.2),
    ]


def test_keys_that_are_fixed_in_swept_sections(tmp_path: Path) -> None:
    sweep = sweep_from_arguments(base(tmp_path), ["optimizer.lr=0.5", "optimizer=sgd,adam", "seed=0..1"])
    found = [sweep.experiment(point).resolved()["optimizer"] for point in grid(sweep)]
    assert [(optimizer["name"], optimizer["lr"]) for optimizer in found] == [
        ("sgd", 0.5),
        ("sgd", 0.5),
        ("adam", 0.5),
        ("adam", 0.5),
    ]
    assert sweep.base.resolved()["optimizer"]["lr"] == 0.5


def test_base_that_is_complete_with_swept_keys_only(tmp_path: Path) -> None:
    text = BASE.replace("optimizer: adam\n", "")
    sweep = load(tmp_path, HEAD + "over: {optimizer: [sgd, adam], optimizer.lr: {log: [1.0e-3, 1]}}\n"
                 "search: {name: random, trials: 3}\n", spec=text)  # fmt: skip
    assert sweep.base.resolved()["optimizer"] == {"name": "sgd", "lr": 0.001}
    assert sweep.experiment({"optimizer": "adam", "optimizer.lr": 0.5}).resolved()["optimizer"]["name"] == "adam"


def test_further_blocks_add_up_and_keep_the_base_elsewhere(tmp_path: Path) -> None:
    sweep = load(
        tmp_path,
        HEAD + "over:\n- optimizer.lr: [0.001, 0.1]\n- optimizer.beta1: [0.9, 0.5]\n- {seed: [0, 1]}\n",
    )
    assert sweep.space.keys == ("optimizer.lr", "optimizer.beta1", "seed")
    points = [tuple(point[key] for key in sweep.space.keys) for point in grid(sweep)]
    assert points == [(0.001, 0.9, 0), (0.1, 0.9, 0), (0.001, 0.5, 0), (0.001, 0.9, 1)]
    assert sweep.points == 4


def test_point_lacks_a_key_that_its_component_may_not_have(tmp_path: Path) -> None:
    sweep = load(
        tmp_path,
        HEAD
        + "over:\n- {optimizer.name: [adadelta, nadam]}\n- {optimizer.name: [adam], optimizer.beta1: [0.9, 0.5]}\n",
    )
    assert grid(sweep) == [
        {"optimizer.name": "adadelta"},
        {"optimizer.name": "nadam"},
        {"optimizer.name": "adam", "optimizer.beta1": 0.9},
        {"optimizer.name": "adam", "optimizer.beta1": 0.5},
    ]
    sweep.check(grid(sweep))


def test_command_line_replaces_what_the_file_says(tmp_path: Path) -> None:
    text = HEAD + "set: {train.iterations: 7}\nover: {optimizer.lr: [0.1, 0.01], seed: 0..2}\n"
    sweep = load(tmp_path, text, ["optimizer.lr=0.5,0.6", "seed=3", "train.iterations=8", "model.init=he,0.1"])
    assert sweep.space.keys == ("optimizer.lr", "model.init")
    assert sweep.space.axes[0].rows == ((0.5,), (0.6,))
    assert (sweep.base.seed, sweep.base.train.iterations) == (3, 8)


def test_inline_base_with_a_base_of_its_own(tmp_path: Path) -> None:
    sweep = load(tmp_path, "base: {base: base.yaml, seed: 4}\nover: {optimizer.lr: [1, 2]}\n")
    assert (sweep.name, sweep.base.name, sweep.base.seed) == ("question", "question", 4)


def test_search_and_ranges(tmp_path: Path) -> None:
    text = HEAD + "over: {optimizer.lr: {log: [1e-4, 1e-1]}, seed: {int: [0, 9]}}\nsearch: {name: random, trials: 50}\n"
    sweep = load(tmp_path, text)
    assert [axis.range for axis in sweep.space.axes] == [Range("log", 1e-4, 1e-1), Range("int", 0, 9)]
    assert sweep.search == Random(trials=50)
    assert sweep.points == 50
    proposer = sweep.search.start(sweep.space, sweep.base.seed)
    sweep.check(request.settings for request in proposer.ask())


@pytest.mark.parametrize(
    ("validation", "goal", "expected"),
    [
        ("0.2", None, Goal("validation_accuracy", maximize=True)),
        ("0", None, None),
        ("0", "train_loss", Goal("train_loss", maximize=False)),
        ("0", "objective", Goal("objective", maximize=False)),
        ("0.2", "validation_loss", Goal("validation_loss", maximize=False)),
    ],
)
def test_goal(tmp_path: Path, validation: str, goal: str | None, expected: Goal | None) -> None:
    settings = ["seed=0..1", f"data.validation={validation}"]
    assert sweep_from_arguments(base(tmp_path), settings, goal=goal).goal == expected


def test_sweep_from_python(tmp_path: Path) -> None:
    over = {"optimizer.lr": np.array([0.1, 0.2]), "seed": range(2), "model.hidden": [(5,), (6, 6)]}
    for spec in (base(tmp_path), load_experiment(base(tmp_path)), load_experiment(base(tmp_path)).resolved()):
        sweep = sweep_from_python(spec, over, set={"train.iterations": 3}, seeds=1, name="q")
        assert sweep.name == "q"
        assert sweep.points == 8
        assert grid(sweep)[-1] == {"optimizer.lr": 0.2, "seed": 1, "model.hidden": [6, 6]}
        assert sweep.experiment(grid(sweep)[-1]).train.iterations == 3


def test_ranges_and_components_from_python(tmp_path: Path) -> None:
    experiment = load_experiment(base(tmp_path))
    ranges = {"optimizer.lr": Range("log", 1e-3, 1), "model.init": {"uniform": (0.1, 0.2)}}
    sweep = sweep_from_python(experiment, ranges, search=Random(trials=3), seeds=2)
    assert (sweep.points, sweep.trials) == (3, 6)
    assert sweep.space.axes[1].range == Range("uniform", 0.1, 0.2)
    # The keys of adam in the experiment are its defaults: another optimizer need not have them.
    names = sweep_from_python(experiment, {"optimizer.name": ["adam", "sgd"], "optimizer.lr": [0.1]})
    names.check(grid(names))
    with pytest.raises(SpecError, match=r"over\.optimizer\.lr: must be a list of values, .* got 0\.1"):
        sweep_from_python(experiment, {"optimizer.lr": 0.1})
    with pytest.raises(UsageError, match="nothing is swept"):
        sweep_from_python(experiment)


def test_sweep_file_from_python(tmp_path: Path) -> None:
    load(tmp_path, HEAD + "over: {seed: 0..2}\nsearch: {name: random, trials: 2}\nseeds: 1\n")
    sweep = sweep_from_python(tmp_path / "question.yaml", {"optimizer.lr": [1, 2]}, set={"train.iterations": 3})
    assert (sweep.search, sweep.space.keys) == (Random(trials=2), ("optimizer.lr",))


def test_error_of_a_point_names_its_settings(tmp_path: Path) -> None:
    sweep = sweep_from_arguments(base(tmp_path), ["optimizer.lr=0.1,0.2"])
    with pytest.raises(SpecError) as caught:
        sweep.experiment({"optimizer.lr": -1, "model.init": "he"})
    assert str(caught.value) == (
        "-s optimizer.lr=0.1,0.2: optimizer.lr: must be above 0, got -1 (trial optimizer.lr=-1, model.init=he)"
    )


KEYS: dict[str, list[Any]] = {
    "optimizer.lr": [0.1, 0.01, 1],
    "optimizer.name": ["sgd", "adam", "momentum"],
    "optimizer": ["sgd", {"name": "adam", "lr": 0.1}, {"name": "adam", "beta1": 0.5}],
    "optimizer.beta1": [0.9, 0.5],
    "seed": [0, 1, 7],
    "model": ["softmax", {"name": "mlp", "hidden": [3]}],
    "model.hidden": [[], [3], [4, 4]],
    "model.hidden.0": [7, 8],
    "model.init": ["he", 0.1, {"name": "normal", "std": 0.2}],
    "model.batch_norm": [True, False, {"eps": 0.001}],
    "penalty.l2": [0, 0.1],
    "train.early_stopping": [True, {"metric": "train_loss"}],
    "train.schedule": ["cosine", {"name": "step", "every": 2}],
    "data.validation": [0, 0.1, 0.2],
    "data": ["xor", {"name": "spiral", "points": 12}],
    "wrong.key": [1],
    "name": ["other"],
    "train.batch_size": [0, "full", None],
}
POINTS = st.dictionaries(st.sampled_from(sorted(KEYS)), st.integers(0, 9), max_size=4).map(
    lambda chosen: {key: KEYS[key][index % len(KEYS[key])] for key, index in chosen.items()}
)


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return base(tmp_path_factory.mktemp("specs"))


@given(point=POINTS)
@examples(400, hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None))
def test_experiment_of_a_point_is_that_of_its_settings(spec: Path, point: Settings) -> None:
    """As ``nnlab train`` with ``-s`` for each setting, sections first; or refused with the same messages."""
    sweep = sweep_from_arguments(spec, ["seed=0..1"], goal="objective")
    overrides = [
        f"{key}={format_value(value, quoted=isinstance(value, str))}"
        for key, value in sorted(point.items(), key=lambda item: item[0].count("."))
    ]
    expected, refusal = _loaded(spec, overrides)
    if expected is None:
        with pytest.raises(SpecError) as caught:
            sweep.experiment(point)
        messages = {problem.message.partition(" (trial ")[0] for problem in caught.value.problems}
        assert messages == refusal or any("keep one" in message for message in refusal)
        return
    assert sweep.experiment(point).resolved() == expected.resolved()
    assert sweep.experiment(point, 3).resolved() == {**expected.resolved(), "seed": expected.seed + 3}


def _loaded(spec: Path, overrides: list[str]) -> tuple[Experiment | None, set[str]]:
    """The experiment, or the messages of its problems."""
    try:
        return load_experiment(spec, overrides), set()
    except SpecError as error:
        return None, {problem.message for problem in error.problems}
