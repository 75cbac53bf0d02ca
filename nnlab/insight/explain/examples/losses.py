"""The worked examples of losses and weight penalties."""

from collections.abc import Mapping

import numpy as np

from nnlab.core.task import CLASSES
from nnlab.docstrings import docstring_of
from nnlab.insight.explain.examples.extra_results import EXTRAS
from nnlab.insight.explain.worked_example import Stage, Step, Value, WorkedExample, settings_text, steps_of_formulas
from nnlab.models.textbook_twins import LOSSES, twin_of_loss
from nnlab.registry import losses, regularizers

SCORES = np.array([[2.0, 1.0, 0.1], [0.5, 2.5, 0.0]])
LABELS = np.array([0, 2])
OUTPUTS = np.array([[1.0, 2.5], [0.5, -2.0]])
TARGETS = np.array([[0.5, 2.5], [1.0, 1.0]])
WEIGHTS = np.array([[1.0, -2.0], [0.5, 0.0]])
STRENGTH = 0.1

# The name that a quantity of a formula has in the textbook.
_IN_TEXTBOOK: Mapping[str, Mapping[str, str]] = {
    "cross_entropy": {"p": "y", "t": "target"},
    "huber": {"r": "difference"},
}


def loss_example(name: str) -> WorkedExample:
    """The loss of two samples and its gradient."""
    loss = losses[name]()
    x, targets = (SCORES, LABELS) if CLASSES in loss.tasks and name != "mean_squared_error" else (OUTPUTS, TARGETS)
    L = loss.forward(x, targets)
    dx = loss.backward().copy()
    values: dict[str, Value] = {"x": x}
    if name in LOSSES:
        twin = twin_of_loss(loss, np.ones(x.shape[1]))
        twin.forward(x, targets)
        values |= vars(twin)
    values |= {own: values[theirs] for own, theirs in _IN_TEXTBOOK.get(name, {}).items()}
    values |= {"x": x, "L": L, "dx": dx}
    steps = steps_of_formulas(docstring_of(type(loss)).formulas, values, EXTRAS.get(name, {}))
    given = [Step("x", x), Step("label" if targets.ndim == 1 else "t", targets)]
    return WorkedExample(settings_text(name, {}), given, [Stage("", steps or [Step("L", L), Step("dx", dx)])])


def penalty_example(name: str) -> WorkedExample:
    """What a penalty of strength 0.1 adds to the loss and to the gradient of four weights."""
    penalty = regularizers[name](strength=STRENGTH)
    gradient = np.zeros(WEIGHTS.size)
    penalty.add_gradient(WEIGHTS.reshape(-1), gradient)
    value = penalty.value(WEIGHTS.reshape(-1)).real
    values = {"L": value, "dW": gradient.reshape(WEIGHTS.shape), "W": WEIGHTS}
    steps = steps_of_formulas(docstring_of(type(penalty)).formulas, values, EXTRAS.get(name, {}))
    given = [Step("W", WEIGHTS), Step("λ", STRENGTH), Step("L", 0.0), Step("dW", np.zeros(WEIGHTS.shape))]
    return WorkedExample(settings_text(name, {"strength": STRENGTH}), given, [Stage("", steps)])
