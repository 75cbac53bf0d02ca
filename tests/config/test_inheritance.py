"""Spec inheritance: ``base: other.yaml``."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnlab.config.descent import load_descent
from nnlab.config.inheritance import MOST_BASES, read_spec
from nnlab.config.loading import load_experiment
from nnlab.errors import SpecError, UsageError

BASE = """\
name: the base
data:      {name: moons, points: 10, noise: 0.2}
model:     {name: mlp, hidden: [4, 3], init: 0.01}
optimizer: {name: adam, lr: 0.1}
train:     {iterations: 5, batch_size: 5}
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str, name: str = "own.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    write(BASE, "base.yaml")
    return write


def complaints(path: Path, *overrides: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load_experiment(path, overrides)
    return str(caught.value).replace(f"{path.parent}/", "").splitlines()


@pytest.mark.parametrize(
    ("own", "key", "value"),
    [
        ("", "optimizer", {"name": "adam", "lr": 0.1}),
        ("seed: 3", "seed", 3),
        ("optimizer: {lr: 0.5}", "optimizer", {"name": "adam", "lr": 0.5}),
        ("optimizer: {name: adam, beta1: 0.5}", "optimizer", {"name": "adam", "lr": 0.1, "beta1": 0.5}),
        ("optimizer: {name: sgd, lr: 1}", "optimizer", {"name": "sgd", "lr": 1}),
        ("optimizer: adam", "optimizer", {"name": "adam", "lr": 0.1}),
        ("optimizer: adadelta", "optimizer", "adadelta"),
        ("model: {hidden: [7]}", "model", {"name": "mlp", "hidden": [7], "init": 0.01}),
        ("model: {init: {name: he}}", "model", {"name": "mlp", "hidden": [4, 3], "init": {"name": "he"}}),
        ("train: {batch_size: full}", "train", {"iterations": 5, "batch_size": "full"}),
        ("data: {noise: 0.5}", "data", {"name": "moons", "points": 10, "noise": 0.5}),
        ("data: xor", "data", "xor"),
    ],
)
def test_merge_of_spec_and_base(write: Write, own: str, key: str, value: object) -> None:
    tree = read_spec(write(f"base: base.yaml\n{own}\n"))
    assert tree.problems == []
    assert isinstance(tree.value, dict)
    assert tree.value[key] == value


def test_base_names_component_and_spec_sets_its_keys(write: Write) -> None:
    write(BASE.replace("{name: adam, lr: 0.1}", "adam"), "base.yaml")
    experiment = load_experiment(write("base: base.yaml\noptimizer: {lr: 0.5}\n"))
    assert experiment.resolved()["optimizer"]["lr"] == 0.5
    assert load_experiment(write("base: base.yaml\noptimizer: {name: sgd, lr: 0.5}\n")).optimizer.lr == 0.5


def test_resolved_spec_has_no_base_and_does_not_inherit_name(write: Write) -> None:
    experiment = load_experiment(write("base: base.yaml\n"))
    assert experiment.name == "own"
    assert "base" not in experiment.resolved()
    again = write(experiment.to_yaml(), "again.yaml")
    assert load_experiment(again).resolved() == experiment.resolved() | {"name": "own"}
    assert load_experiment(write("base: base.yaml\nname: x\n")).name == "x"


def test_overrides_are_applied_after_base(write: Write) -> None:
    path = write("base: base.yaml\noptimizer: {lr: 0.5}\n")
    assert load_experiment(path, ["optimizer.lr=0.7"]).optimizer.lr == 0.7


def test_chain_of_bases(write: Write) -> None:
    write("base: ../base.yaml\nseed: 1\noptimizer: {lr: 0.3}\n", "sub/middle.yaml")
    experiment = load_experiment(write("base: sub/middle.yaml\nseed: 2\n"))
    assert (experiment.seed, experiment.optimizer.lr, experiment.resolved()["data"]["noise"]) == (2, 0.3, 0.2)


def test_data_path_is_relative_to_the_spec_that_sets_it(write: Write, tmp_path: Path) -> None:
    write("x,y\n", "sub/a.csv")
    write("x,y\n", "b.csv")
    write(BASE.replace("{name: moons, points: 10, noise: 0.2}", "{name: table, path: a.csv}"), "sub/table.yaml")
    found: Any = load_experiment(write("base: sub/table.yaml\n")).data
    assert found.path == str(tmp_path / "sub" / "a.csv")
    found = load_experiment(write("base: sub/table.yaml\ndata: {path: b.csv}\n")).data
    assert found.path == str(tmp_path / "b.csv")
    found = load_experiment(write("base: sub/table.yaml\n"), ["data.path=b.csv"]).data
    assert found.path == str(tmp_path / "b.csv")


def test_errors_have_position_in_their_own_file(write: Write) -> None:
    write(BASE.replace("noise: 0.2", "noise: x").replace("lr: 0.1", "lr: -1"), "base.yaml")
    lines = complaints(write("base: base.yaml\nseed: -1\noptimizer: {beta1: 2}\n"), "model.init=-3")
    assert [line.partition(": must")[0] for line in lines] == [
        "own.yaml:2:1: seed",
        "own.yaml:3:13: optimizer.beta1",
        "base.yaml:2:38: data.noise",
        "base.yaml:4:25: optimizer.lr",
        "-s model.init=-3: model.init",
    ]


def test_overridden_values_of_base_are_not_validated(write: Write) -> None:
    write(BASE.replace("lr: 0.1", "lr: -1, betta: 3"), "base.yaml")
    assert load_experiment(write("base: base.yaml\noptimizer: {name: sgd, lr: 1}\n")).optimizer.lr == 1


@pytest.mark.parametrize(
    ("own", "complaint"),
    [
        ("base: 5", "own.yaml:1:1: base: must be the path of another spec, got 5"),
        ("base: ''", "own.yaml:1:1: base: must be the path of another spec, got ''"),
        ("base: {a: 1}", "own.yaml:1:1: base: must be the path of another spec, got {a: 1}"),
        ("base: gone.yaml", "own.yaml:1:1: base: gone.yaml: No such file or directory"),
        ("base: own.yaml", "own.yaml:1:1: base: the bases form a cycle: own.yaml -> own.yaml"),
        ("base: back.yaml", "back.yaml:1:1: base: the bases form a cycle: own.yaml -> back.yaml -> own.yaml"),
        ("base: /dev/stdin", "own.yaml:1:1: base: must be the path of a file, got '/dev/stdin'"),
        ("base: list.yaml", "list.yaml:1:1: must be a mapping (it is the base of a spec), got [1]"),
        ("base: broken.yaml", "broken.yaml:1:6: not valid YAML: expected ',' or ']', but got '<stream end>'"),
        ("base: twice.yaml", "twice.yaml:2:1: seed: duplicate key; first at twice.yaml:1:1"),
    ],
)
def test_invalid_base(write: Write, own: str, complaint: str) -> None:
    write("base: own.yaml", "back.yaml")
    write("[1]", "list.yaml")
    write("a: [1", "broken.yaml")
    write(f"seed: 1\nseed: 1\n{BASE}", "twice.yaml")
    assert complaints(write(own)) == [complaint]


def test_number_of_bases_is_bounded(write: Write) -> None:
    for number in range(MOST_BASES + 1):
        write(f"base: b{number + 1}.yaml\n", f"b{number}.yaml")
    write(BASE, f"b{MOST_BASES}.yaml")
    assert load_experiment(write("base: b1.yaml\n")).seed == 0
    assert complaints(write("base: b0.yaml\n"))[0].endswith(f"more than {MOST_BASES} levels of bases")


@pytest.mark.slow
def test_merge_of_large_base_is_fast(write: Write) -> None:
    many = "".join(f"k{number}: {{a: 1}}\n" for number in range(6000))
    write(BASE + many, "base.yaml")
    assert len(complaints(write(f"base: base.yaml\n{many}"))) == 101


def test_descent_spec_with_base(write: Write) -> None:
    write("function: sphere\nstart: [1, 2]\noptimizer: [{name: sgd, lr: 0.1}]\n", "descent.yaml")
    descent = load_descent(write("base: descent.yaml\nsteps: 7\noptimizer: adam\n"))
    assert (descent.steps, len(descent.optimizer), descent.name) == (7, 1, "own")


def test_base_cannot_be_overridden(write: Write) -> None:
    (line,) = complaints(write(BASE), "base=base.yaml")
    assert line.startswith("-s base=base.yaml: base: ")


def test_missing_spec_is_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_spec(tmp_path / "gone.yaml")
