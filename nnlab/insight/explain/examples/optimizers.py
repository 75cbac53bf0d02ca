"""The worked example of an update rule: two updates of one weight towards the minimum of L = θ²."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlab.docstrings import docstring_of
from nnlab.insight.explain.captured_values import Call, captured_calls
from nnlab.insight.explain.worked_example import (
    Extra,
    Stage,
    Step,
    Successive,
    Value,
    WorkedExample,
    settings_text,
    steps_of_formulas,
)
from nnlab.models.textbook_twins import OPTIMIZERS, twin_of_optimizer
from nnlab.registry import hyperparameters, optimizers

START = 1.0
RATE = 0.1
# RMSProp's first step is ten times the learning rate.
RATES: Mapping[str, float] = {"rmsprop": 0.01, "adadelta": 1.0}
UPDATES = 2

_SYMBOLS: Mapping[str, str] = {
    "lr": "η",
    "momentum": "μ",
    "decay": "ρ",
    "beta1": "β₁",
    "beta2": "β₂",
    "eps": "ε",
    "weight_decay": "λ",
}
# The name that a quantity of the formulas has in the textbook.
_IN_TEXTBOOK: Mapping[str, str] = {"η_t": "lr_t", "v̂": "v_hat", "m̄": "m_bar", "Δ": "delta"}
_CORRECTED: Sequence[Extra] = (
    ("m̂ = m / (1 − β₁ᵗ), of the paper's first form", lambda v: v["m"] / (1 - v["β₁"] ** v["t"])),
    ("v̂ = v / (1 − β₂ᵗ), of the paper's first form", lambda v: v["v"] / (1 - v["β₂"] ** v["t"])),
)
_ROOT_OF_V: Extra = ("√v + ε", lambda v: np.sqrt(v["v"]) + v["ε"])
_ROOT_OF_H: Extra = ("√h + ε", lambda v: np.sqrt(v["h"]) + v["ε"])
_EXTRAS: Mapping[str, Mapping[str, Sequence[Extra]]] = {
    "adam": {
        "θ": [*_CORRECTED, _ROOT_OF_V, ("η_t m / (√v + ε)", lambda v: v["η_t"] * v["m"] / (np.sqrt(v["v"]) + v["ε"]))]
    },
    "adagrad": {"θ": [_ROOT_OF_H]},
    "rmsprop": {"θ": [_ROOT_OF_H]},
    "lion": {"θ": [("β₁ m + (1 − β₁) g", lambda v: v["β₁"] * v.get("m before", 0.0) + (1 - v["β₁"]) * v["g"])]},
}


def optimizer_example(name: str) -> WorkedExample:
    """Two updates of one weight; the weight is what the component computes, the state is that of the textbook."""
    optimizer = optimizers[name](lr=RATES.get(name, RATE))
    theta, g = np.array([START]), np.zeros(1)
    optimizer.bind(theta, g, regularized=1)
    settings = {
        _SYMBOLS.get(key.name, key.name): getattr(optimizer, key.name) for key in hyperparameters(type(optimizer))
    }
    twin = twin_of_optimizer(optimizer) if name in OPTIMIZERS else None
    formulas = docstring_of(type(optimizer)).formulas
    stages = []
    state: dict[str, Value] = {}
    for t in range(1, UPDATES + 1):
        g[:] = 2 * theta
        before = theta.item()
        calls = _update(twin, before, g.item()) if twin is not None else []
        optimizer.step()
        values = {**settings, **{f"{key} before": value for key, value in state.items()}, "g": g.item(), "t": t}
        state = _state(calls) if calls else {key: vector.item() for key, vector in optimizer.state().items()}
        values |= state | {"θ": theta.item()}
        if name == "adamw":
            values["θ"] = Successive(before * (1 - settings["η"] * settings["λ"]), theta.item())
        steps = steps_of_formulas(formulas, values, _EXTRAS.get(name, {}))
        stages.append(
            Stage(f"t = {t}", [Step("θ", before), Step("g = 2 θ", g.item()), *(steps or _results(state, theta))])
        )
    keys = {key.name: getattr(optimizer, key.name) for key in hyperparameters(type(optimizer)) if key.name == "lr"}
    given = [Step("L", "θ²"), *(Step(symbol, value) for symbol, value in settings.items())]
    return WorkedExample(settings_text(name, keys), given, stages)


def _update(twin: Any, theta: float, g: float) -> list[Call]:
    """The variables of the textbook's rule, and of the one that it extends, at the end of an update."""
    methods = [vars(cls)["update"] for cls in type(twin).__mro__ if "update" in vars(cls)]
    with captured_calls(*methods) as calls:
        twin.update({"W": np.array(theta)}, {"W": np.array(g)})
    return calls


def _state(calls: Sequence[Call]) -> dict[str, Value]:
    """The state of the rule, and the variables of its update under the symbols of the formulas."""
    found: dict[str, Any] = {}
    for call in calls:
        found |= {**call, **vars(call["self"])}  # a variable v may hold what self.v was before
    symbols = {theirs: own for own, theirs in _IN_TEXTBOOK.items()}
    values = {
        symbols.get(name, name): value["W"] if isinstance(value, dict) else value for name, value in found.items()
    }
    return {
        name: float(value) for name, value in values.items() if isinstance(value, float | int | np.ndarray | np.generic)
    }


def _results(state: Mapping[str, Value], theta: np.ndarray) -> list[Step]:
    return [*(Step(name, value) for name, value in state.items()), Step("θ", theta.item())]
