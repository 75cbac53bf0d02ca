"""Specs for ``nnlab descend``: abbreviations, defaults, error messages."""

import tracemalloc
from pathlib import Path

import pytest

from nnlab.config.descent import Descent, load_descent
from nnlab.errors import SpecError, UsageError
from nnlab.functions.expression import Expression
from nnlab.functions.named import Sphere
from nnlab.optim.adam import Adam
from nnlab.optim.sgd import SGD

CONFIGS = sorted((Path(__file__).parents[2] / "configs" / "descent").glob("*.yaml"))


def load(folder: Path, text: str, *overrides: str) -> Descent:
    path = folder / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return load_descent(path, overrides)


def test_minimal_descent_spec(tmp_path: Path) -> None:
    descent = load(tmp_path, "{function: sphere, start: [1, 2], optimizer: adam}")
    assert descent == Descent(name="own", function=Sphere(), start=[1.0, 2.0], optimizer=[Adam()])
    assert (descent.steps, descent.gradient, descent.h, descent.view) == (100, "central", 1e-4, None)


def test_abbreviations_are_expanded(tmp_path: Path) -> None:
    descent = load(
        tmp_path, "{expression: x0**2, start: [1], optimizer: [{name: sgd, lr: [10, 0.1]}, adam, {name: sgd, lr: 1}]}"
    )
    assert descent.function == Expression(text="x0**2")
    assert descent.optimizer == [SGD(lr=10.0), SGD(lr=0.1), Adam(), SGD(lr=1.0)]


@pytest.mark.parametrize("function", ["function: valley", "function: sphere", "expression: x0 * x1"])
def test_gradient_field_needs_no_optimizer(tmp_path: Path, function: str) -> None:
    descent = load(tmp_path, f"{{{function}, view: [-1, 1, -1, 1], arrows: length}}")
    assert (descent.start, descent.optimizer, descent.arrows) == ([], [], "length")
    assert load(tmp_path, descent.to_yaml()) == descent


def test_override_with_list_of_learning_rates(tmp_path: Path) -> None:
    descent = load(tmp_path, "{function: sphere, start: [1], optimizer: sgd}", "optimizer.lr=[1e-3, 1e-2]")
    assert descent.optimizer == [SGD(lr=1e-3), SGD(lr=1e-2)]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_resolved_descent_spec_loads_equal(path: Path, tmp_path: Path) -> None:
    descent = load_descent(path)
    again = load(tmp_path, descent.to_yaml())
    assert again == descent
    assert again.sha256() == descent.sha256()
    assert path.read_text(encoding="utf-8").startswith("# ")
    assert "?" in path.read_text(encoding="utf-8").splitlines()[0]


def test_every_function_has_a_config() -> None:
    names = {load_descent(path).function.registered_name for path in CONFIGS}  # type: ignore[attr-defined]
    assert names == {
        *("sphere", "valley", "rosenbrock", "saddle", "himmelblau", "beale", "rastrigin", "plateau", "expression")
    }


GOOD = "{function: valley, start: [-7, 2], optimizer: [{name: sgd, lr: 0.1}]}"


@pytest.mark.parametrize(
    ("text", "overrides", "message"),
    [
        ("", [], "own.yaml:1:1: is empty; a descent needs function, start and optimizer"),
        ("{start: [1], optimizer: adam}", [], "needs the key function"),
        ("{function: sphere, optimizer: adam}", [], "start: needs the starting point"),
        ("{function: sphere, start: [1]}", [], "function: without an optimizer only a gradient field is plotted"),
        ("{expression: x0 * x2}", [], "expression: without an optimizer only a gradient field is plotted"),
        (GOOD, ["arrows=long"], "arrows: must be 'unit' or 'length', got 'long'"),
        ("{data: xor, model: softmax}", [], "is a training spec; run it with nnlab train"),
        ("[1]", [], "must be a mapping with the keys name, function, start"),
        (GOOD, ["function=valey"], "no function is called 'valey'; did you mean 'valley'?"),
        (GOOD, ["start=[1]"], "start: has 1 coordinate, but the function needs 2"),
        (GOOD, ["start=[1,2,3]"], "start: has 3 coordinates, but the function needs 2"),
        (GOOD, ["start=[]"], "start: needs the starting point"),
        (GOOD, ["start=[a, 1]"], "start.0: must be a number from -1e+12 to 1e+12, got 'a'"),
        (GOOD, ["start=[.inf, 1]"], "start.0: must be a finite number"),
        (GOOD, ["start=3"], "start: must be a list"),
        (GOOD, ["h=0"], "h: must be at least 1e-300, got 0"),
        (GOOD, ["h=-1e-4"], "h: must be at least 1e-300"),
        (GOOD, ["h=1e-30"], "h: 1e-30 is below the float64 precision at start -7.0; use a larger h"),
        (GOOD, ["gradient=magic"], "gradient: must be 'central' or 'complex' or 'analytic', got 'magic'"),
        (GOOD, ["steps=0"], "steps: must be at least 1"),
        (
            "{function: sphere, start: [1, 2, 3, 4, 5, 6, 7, 8, 9], steps: 100000, optimizer: {name: sgd, lr: [1,"
            " 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}}",
            [],
            "steps: would record 10,800,000 coordinates; the limit is 10,000,000",
        ),
        (GOOD, ["step=3"], "step: unknown key; did you mean 'steps'?"),
        (GOOD, ["view=[1,2]"], "view: must have 4 numbers"),
        (GOOD, ["view=[2,1,0,1]"], "view: left must be below right"),
        (GOOD, ["optimizer=3"], "optimizer: must be a list of 0 to 12 optimizers, got 3"),
        (GOOD, ["optimizer.0.lr=[]"], "optimizer.0.lr: must be a number above 0 or a list of numbers"),
        (GOOD, ["optimizer.0.lr=[0.1, -1]"], "optimizer.0.lr.1: must be above 0, got -1"),
        (GOOD, ["optimizer={name: sgd, lr: [0.1, x]}"], "optimizer.lr.1: must be a number above 0"),
        (GOOD, ["optimizer=sdg"], "optimizer: no optimizer is called 'sdg'; did you mean 'sgd'?"),
        (GOOD, ["optimizer=[adam, {name: adam, epz: 1}]"], "optimizer.1.epz: unknown key; did you mean 'eps'?"),
        (GOOD, ["expression=x0"], "expression: both function and expression are given; keep one"),
        (
            "{expression: x2, start: [1, 2], optimizer: adam}",
            [],
            "start: has 2 coordinates, but the function needs at least 3",
        ),
        ("{expression: os, start: [1], optimizer: adam}", [], "own.yaml:1:2: expression: the name 'os' is not allowed"),
        ("{expression: 3, start: [1], optimizer: adam}", [], "expression: must be text of 1 to 1000 characters, got 3"),
        ("{expression: '', start: [1], optimizer: adam}", [], "expression: must be text of 1 to 1000 characters"),
        (f"{{expression: {'x0+' * 400}x0, start: [1], optimizer: adam}}", [], "expression: must be text of 1 to 1000"),
    ],
)
def test_invalid_descent_spec(tmp_path: Path, text: str, overrides: list[str], message: str) -> None:
    with pytest.raises(SpecError) as refusal:
        load(tmp_path, text, *overrides)
    assert message in str(refusal.value)
    assert len(refusal.value.problems) == 1


def test_optimizer_with_several_learning_rates_is_reported_once(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as refusal:
        load(tmp_path, "{function: sphere, start: [1], optimizer: {name: sgd, lr: [1, 2, 3], mometum: 1}}")
    assert len(refusal.value.problems) == 1


def test_missing_descent_spec_is_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        load_descent(tmp_path / "none.yaml")


@pytest.mark.slow
def test_expansion_of_learning_rates_is_bounded(tmp_path: Path) -> None:
    rates, keys = ", ".join(["1"] * 2000), ", ".join(f"a{index}: 1" for index in range(2000))
    tracemalloc.start()
    try:
        with pytest.raises(SpecError, match="optimizer"):
            load(tmp_path, f"{{function: sphere, start: [1], optimizer: {{name: sgd, lr: [{rates}], {keys}}}}}")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50 * 2**20
