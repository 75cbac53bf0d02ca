"""The worked example of an initialiser: the standard deviation of 100 inputs and that of weights drawn with it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlab.core.initialisers import Scaled, fan_out
from nnlab.docstrings import docstring_of
from nnlab.insight.explain.worked_example import Stage, Step, WorkedExample, settings_text, steps_of_formulas
from nnlab.registry import initialisers

SHAPE = (100, 50)
SEED = 0
_SETTINGS: Mapping[str, Mapping[str, Any]] = {"given": {"W": [[1.0, -1.0], [0.5, 2.0]]}}
_SMALL: Mapping[str, tuple[int, int]] = {"given": (2, 2), "orthogonal": (2, 2)}


def initialiser_example(name: str) -> WorkedExample:
    """Weights of a linear layer, drawn with seed 0."""
    settings = _SETTINGS.get(name, {})
    initialiser = initialisers[name](**settings)
    shape = _SMALL.get(name, SHAPE)
    W = initialiser.draw(shape, shape[0], np.random.default_rng(SEED))
    values: dict[str, Any] = {}
    if isinstance(initialiser, Scaled):
        values["std"] = initialiser.standard_deviation(shape[0], fan_out(shape, shape[0]))
    elif hasattr(initialiser, "std"):
        values["std"] = initialiser.std
    given = [Step("fan_in", shape[0]), Step("fan_out", shape[1]), Step("seed", SEED)]
    steps = steps_of_formulas(docstring_of(type(initialiser)).formulas, values, {})
    if "std" in values and not steps:
        given.append(Step("std", values["std"]))
    if W.size <= 4:
        steps += [Step("W", W)] + ([Step("Wᵀ W", W.T @ W)] if name == "orthogonal" else [])
        return WorkedExample(settings_text(name, settings), given, [Stage("", steps)])
    steps += [Step("W[0,0:4]", W[0, :4]), Step("mean of all W", float(W.mean())), Step("std of all W", float(W.std()))]
    return WorkedExample(settings_text(name, settings), given, [Stage("", steps)])
