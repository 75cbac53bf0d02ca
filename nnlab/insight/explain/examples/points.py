"""The worked examples of test functions and of searches."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlab.docstrings import docstring_of
from nnlab.errors import NnlabError
from nnlab.insight.explain.worked_example import Stage, Step, WorkedExample, settings_text
from nnlab.registry import functions, searches
from nnlab.search.base import PointResult
from nnlab.search.space import Axis, Space
from nnlab.text import format_value

POINT = np.array([2.0, 1.0])
DIFFERENCE = 1e-4
_FUNCTIONS: Mapping[str, Mapping[str, Any]] = {"expression": {"text": "x0**2 + x1**2"}}
_SEARCHES: Mapping[str, Mapping[str, Any]] = {"random": {"trials": 3}, "optuna": {"trials": 3, "batch": 1}}
RATES = (0.1, 0.01, 0.001)
UPDATES = 900


def function_example(name: str) -> WorkedExample:
    """The value at a point, the gradient there, and the numerical gradient of chapter 4 of the book."""
    settings = _FUNCTIONS.get(name, {})
    function = functions[name](**settings)
    numerical = []
    for axis in range(len(POINT)):
        h = np.eye(len(POINT))[axis] * DIFFERENCE
        numerical.append((function.value(POINT + h).item() - function.value(POINT - h).item()) / (2 * DIFFERENCE))
    formula = next(iter(docstring_of(type(function)).formulas), "")
    steps = [
        Step("f(x)", function.value(POINT).item(), formula),
        Step("∂f/∂x", function.gradient(POINT)),
        Step("(f(x + h) − f(x − h)) / 2h, h = 0.0001", np.array(numerical)),
    ]
    return WorkedExample(
        settings_text(name, settings), [Step("x0", POINT[0]), Step("x1", POINT[1])], [Stage("", steps)]
    )


def search_example(name: str) -> WorkedExample:
    """The points of a small space in the order in which they are trained."""
    settings = _SEARCHES.get(name, {})
    search = searches[name](**settings)
    rates = Axis(("optimizer.lr",), tuple((rate,) for rate in RATES))
    sizes = Axis(("train.batch_size",), ((10,), (100,), (1000,)))
    space = Space((rates, sizes) if name != "grid" else (rates, Axis(sizes.keys, sizes.rows[:2])))
    given = [Step(axis.keys[0], format_value([row[0] for row in axis.rows])) for axis in space.axes]
    steps: list[Step] = []
    try:
        proposer = search.start(space, 0, UPDATES, maximize=True)
    except NnlabError as error:  # Optuna is not installed
        return WorkedExample(settings_text(name, settings), given, [Stage("", [Step("", str(error))])])
    while requests := proposer.ask():
        for request in requests:
            until = f", until update {request.until} of {UPDATES}" if request.until else ""
            steps.append(Step(f"point {request.point}{until}", format_value(request.settings)))
        results = [PointResult(each.point, _accuracy(each.settings)) for each in requests]
        proposer.tell(results)
    return WorkedExample(settings_text(name, settings), given, [Stage("", steps)])


def _accuracy(settings: Mapping[str, Any]) -> float:
    """A goal that is best at the learning rate 0.01 and small batches."""
    return float(1 - abs(np.log10(settings["optimizer.lr"]) + 2) / 10 - np.log10(settings["train.batch_size"]) / 100)
