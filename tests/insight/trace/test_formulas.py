"""Formulas and textbook code of components."""

import numpy as np
import pytest

from nnlab import textbook
from nnlab.insight.trace.formulas import body, formulas, gradient_formulas, method_code, textbook_code
from nnlab.registry import layers, losses

BUILT_IN = [name for name, cls in layers.items() if cls.__module__.startswith("nnlab.")]


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_layer_has_formulas_of_both_directions(name: str) -> None:
    layer, _ = layers[name].examples()[0]
    assert all(" = " in formula or " ← " in formula for formula in formulas(layer))
    assert formulas(layer)
    assert gradient_formulas(layer)
    assert all(formula.startswith("d") for formula in gradient_formulas(layer))


def test_formulas_of_a_convolution_are_selected_by_what_they_compute() -> None:
    layer, _ = layers["conv2d"].examples()[0]
    assert [formula.partition("[")[0] for formula in formulas(layer)] == ["y"]
    assert [formula.partition("[")[0] for formula in gradient_formulas(layer)] == ["dW", "db", "dx"]


@pytest.mark.parametrize("name", losses.names())
def test_each_loss_has_formulas_of_loss_and_gradient(name: str) -> None:
    loss = losses[name].examples()[0]
    assert any(formula.startswith("L = ") for formula in formulas(loss))
    assert [formula.partition(" ")[0] for formula in gradient_formulas(loss)] == ["dx"]


def test_code_is_the_body_of_the_method() -> None:
    (code,) = method_code(textbook.Relu, "forward", "textbook.")
    assert code.name == "textbook.Relu.forward"
    assert code.text == "self.positive = x > 0\nreturn np.where(self.positive, x, 0)"
    assert body('def f():\n    """Doc."""\n    return 1\n') == "return 1"


def test_code_of_a_recurrent_layer_has_a_step_and_the_walk_through_time() -> None:
    twin = textbook.TimeLSTM(np.ones((2, 12)), np.ones((3, 12)))
    assert [code.name for code in textbook_code(twin, "backward")] == [
        "textbook.LSTM.backward",
        "textbook.Recurrent.backward",
    ]


def test_code_that_calls_its_base_class_comes_with_that() -> None:
    found = textbook_code(textbook.TimeAffine(np.ones((2, 3))), "forward")
    assert [code.name for code in found] == ["textbook.TimeAffine.forward", "textbook.Affine.forward"]
