"""Worked examples: every component has one, and its numbers are those of the component and of the textbook."""

import re
from typing import Any

import numpy as np
import pytest

from nnlab import textbook
from nnlab.docstrings import docstring_of
from nnlab.insight.explain.examples import EXAMPLES
from nnlab.insight.explain.examples.layers import layer_example
from nnlab.insight.explain.examples.losses import loss_example
from nnlab.insight.explain.examples.optimizers import optimizer_example
from nnlab.insight.explain.examples.rates import RATE, UPDATES
from nnlab.insight.explain.examples.small_layers import small_gradient, small_input, small_layer
from nnlab.insight.explain.worked_example import WorkedExample, left_sides, sum_of_products
from nnlab.models.textbook_twins import twin_of_layer, twin_of_loss
from nnlab.registry import REGISTRIES, layers, losses, optimizers, schedules

# Formulas whose left side an example does not show: sums of parts, and rules in words.
NOT_SHOWN = {"dh", "h(r)", "dx₁"}
OTHERS = [
    (kind, name)
    for kind, registry in REGISTRIES.items()
    for name in registry.names()
    if kind not in ("layer", "dataset")
]


def values_of(example: WorkedExample, stage: int | None = None) -> dict[str, Any]:
    """The results by name; those of one stage."""
    stages = example.stages if stage is None else [example.stages[stage]]
    return {step.name: step.value for part in stages for step in part.steps}


@pytest.mark.parametrize(("kind", "name"), OTHERS)
def test_every_component_has_an_example(kind: str, name: str) -> None:
    example = EXAMPLES[kind](name)
    assert example.settings.startswith(f"{{name: {name}")
    results = [step.value for stage in example.stages for step in stage.steps]
    assert results
    for value in results:
        assert isinstance(value, str) or np.isfinite(np.asarray(value, float)).all()


@pytest.mark.parametrize("name", [name for name in REGISTRIES["dataset"].names() if name != "text"])
def test_every_dataset_shows_samples(name: str) -> None:
    assert {"sample"} <= values_of(EXAMPLES["dataset"](name)).keys()


@pytest.mark.parametrize("name", layers.names())
def test_an_example_shows_every_formula_of_a_layer(name: str) -> None:
    shown = {step.formula for stage in layer_example(name).stages for step in stage.steps}
    missing = {left_sides(each)[1] for each in docstring_of(layers[name]).formulas if each not in shown}
    assert missing <= NOT_SHOWN


@pytest.mark.parametrize("name", layers.names())
def test_the_numbers_of_a_layer_are_those_of_the_textbook(name: str) -> None:
    layer, _, samples = small_layer(name)
    twin = twin_of_layer(layer)
    y = twin.forward(small_input(layer, samples), training=True)
    dx = twin.backward(small_gradient(layer, samples))
    found = values_of(layer_example(name))
    if layer.recurrent:
        last_step = values_of(layer_example(name), layer.in_shape[0] - 1)
        np.testing.assert_allclose(last_step["h"], y[:, -1], rtol=1e-12)
        np.testing.assert_allclose(found["dx_t"], dx[:, 0], rtol=1e-12)
    else:
        np.testing.assert_allclose(found["y"], y, rtol=1e-12, atol=1e-12)
        if "dx" in found:
            np.testing.assert_allclose(found["dx"], dx, rtol=1e-11, atol=1e-12)
    for parameter in twin.parameters:
        if f"d{parameter}" in found:
            np.testing.assert_allclose(found[f"d{parameter}"], getattr(twin, f"d{parameter}"), rtol=1e-11, atol=1e-12)


def test_the_last_formula_of_batch_norm_follows_from_the_lines_above_it() -> None:
    v = values_of(layer_example("batch_norm"))
    of_mean, along = v["Σ_n dxn / N"], v["Σ_n (dxn · xn) / N"]
    np.testing.assert_allclose(v["dx"], (v["dxn"] - of_mean - v["xn"] * along) / v["std"], rtol=1e-12)
    np.testing.assert_allclose(v["mean"], [3, 25])
    np.testing.assert_allclose(v["var"], [3.5, 125])


def test_means_of_groups_are_those_by_which_the_layer_normalises() -> None:
    for name in ("layer_norm", "group_norm", "instance_norm"):
        v = values_of(layer_example(name))
        np.testing.assert_allclose(v["std"].reshape(v["var"].shape), np.sqrt(v["var"] + 1e-5), rtol=1e-12)
        parts = (
            v["xn"].reshape(*v["mean"].shape, -1) * v["std"].reshape(*v["mean"].shape, 1) + v["mean"][..., np.newaxis]
        )
        layer, _, samples = small_layer(name)
        np.testing.assert_allclose(parts.reshape(-1), small_input(layer, samples).reshape(-1), atol=1e-12)


@pytest.mark.parametrize("name", optimizers.names())
def test_the_state_of_an_update_rule_leads_to_its_weight(name: str) -> None:
    """θ is the component's, m, v and h are the textbook's: two textbook updates end at the same weight."""
    example = optimizer_example(name)
    rate = next(step.value for step in example.given if step.name == "η")
    twin = getattr(textbook, {"nadam": "Nadam", "adadelta": "AdaDelta"}.get(name, optimizers[name].__name__))(lr=rate)
    params = {"W": np.array(1.0)}
    for stage in range(2):
        twin.update(params, {"W": 2 * params["W"]})
        assert values_of(example, stage)["θ"] == pytest.approx(params["W"].item(), rel=1e-9)
    formulas = docstring_of(optimizers[name]).formulas
    assert {step.formula for step in example.stages[0].steps} >= set(formulas)


def test_adam_by_hand() -> None:
    first, second = (values_of(optimizer_example("adam"), stage) for stage in (0, 1))
    assert first["m"] == pytest.approx(0.2)
    assert first["v"] == pytest.approx(0.004)
    assert second["g = 2 θ"] == pytest.approx(1.8)
    assert second["m"] == pytest.approx(0.36)
    assert second["η_t"] == pytest.approx(0.1 * np.sqrt(1 - 0.999**2) / (1 - 0.9**2))


def test_cross_entropy_by_hand() -> None:
    v = values_of(loss_example("cross_entropy"))
    np.testing.assert_allclose(v["p"], v["exp(x)"] / v["Σ_j exp(x_j)"][:, np.newaxis], rtol=1e-12)
    assert v["L"] == pytest.approx(-(v["log p"][0, 0] + v["log p"][1, 2]) / 2)
    np.testing.assert_allclose(v["dx"], (v["p"] - v["t"]) / 2, rtol=1e-12)


@pytest.mark.parametrize("name", losses.names())
def test_an_example_shows_every_formula_of_a_loss(name: str) -> None:
    shown = {step.formula for stage in loss_example(name).stages for step in stage.steps}
    assert {left_sides(each)[0] for each in docstring_of(losses[name]).formulas if each not in shown} <= NOT_SHOWN


@pytest.mark.parametrize("name", losses.names())
def test_the_numbers_of_a_loss_are_those_of_the_textbook(name: str) -> None:
    example = loss_example(name)
    x, t = (np.asarray(step.value) for step in example.given)
    twin = twin_of_loss(losses[name](), np.ones(x.shape[1]))
    found = values_of(example)
    assert found["L"] == pytest.approx(twin.forward(x, t), rel=1e-12)
    np.testing.assert_allclose(found["dx"], twin.backward(), rtol=1e-12)


@pytest.mark.parametrize("name", ["step", "exponential", "cosine", "warmup"])
def test_the_expression_of_a_rate_gives_the_rate(name: str) -> None:
    settings = dict(re.findall(r"(\w+): (\d[\d.]*)", EXAMPLES["schedule"](name).settings))
    schedule = schedules[name](**{key: float(value) if "." in value else int(value) for key, value in settings.items()})
    for step, shown in enumerate(EXAMPLES["schedule"](name).stages[0].steps):
        expression, _, value = str(shown.value).rpartition(" = ")
        assert float(value) == pytest.approx(RATE * schedule.scale(step, UPDATES), rel=1e-5)
        python = re.sub(r"(?<=[\d)]) (?=\()", "*", re.sub("⌊(.*)/(.*)⌋", r"(\1//\2)", expression))
        python = (
            python.replace("·", "*")
            .replace("^", "**")
            .replace("−", "-")
            .replace("π ", "np.pi*")
            .replace("cos", "np.cos")
        )
        assert eval(python, {"np": np}) == pytest.approx(float(value), rel=1e-5)


def test_a_sum_of_products_can_be_checked_on_a_calculator() -> None:
    assert sum_of_products(np.array([1.0, -2.0]), np.array([0.5, 3.0]), 0.25) == "1·0.5 + (-2)·3 + 0.25 = -5.25"
