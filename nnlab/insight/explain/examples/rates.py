"""The worked examples of learning-rate schedules and of early stopping."""

from collections.abc import Mapping
from typing import Any

from nnlab.docstrings import docstring_of
from nnlab.insight.explain.worked_example import Stage, Step, WorkedExample, number_text, settings_text
from nnlab.optim.patience import PatienceCounter
from nnlab.optim.schedules import ReduceLROnPlateau, ReduceLROnPlateauState
from nnlab.registry import controls, schedules

RATE = 0.1
UPDATES = 10
SHOWN = range(5)
LOSSES = (0.9, 0.7, 0.6, 0.65, 0.61, 0.58)

_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "step": {"every": 2, "factor": 0.5},
    "exponential": {"decay": 0.9},
    "warmup": {"steps": 4},
    "plateau": {"patience": 2, "factor": 0.5},
    "early_stopping": {"patience": 2},
}


def schedule_example(name: str) -> WorkedExample:
    """The learning rates of the first updates of ten; of a plateau those after evaluations."""
    settings = _SETTINGS.get(name, {})
    schedule = schedules[name](**settings)
    formulas = docstring_of(type(schedule)).formulas
    formula = next(iter(formulas), "η_s")
    given = [Step("η", RATE), Step("S", UPDATES)]
    if isinstance(schedule, ReduceLROnPlateau):
        return _plateau_example(name, settings, schedule, formula)
    rates = [RATE * schedule.scale(step, UPDATES) for step in SHOWN]
    expressions = [_with_numbers(name, schedule, step) for step in SHOWN]
    steps = [
        Step(f"s = {step}", f"{expression} = {number_text(rate)}" if expression else rate)
        for step, rate, expression in zip(SHOWN, rates, expressions, strict=True)
    ]
    return WorkedExample(settings_text(name, settings), given, [Stage(formula, steps)])


def _with_numbers(name: str, schedule: Any, step: int) -> str:
    """The formula with the numbers of a step."""
    match name:
        case "step":
            return f"{RATE} · {schedule.factor}^⌊{step}/{schedule.every}⌋"
        case "exponential":
            return f"{RATE} · {schedule.decay}^{step}"
        case "cosine":
            return f"{RATE} (0 + (1 − 0) (1 + cos(π {step}/{UPDATES})) / 2)"
        case "warmup":
            return f"{RATE} · ({step} + 1) / {schedule.steps}" if step < schedule.steps else f"{RATE} · 1"
    return ""


def _plateau_example(
    name: str, settings: Mapping[str, Any], schedule: ReduceLROnPlateau, formula: str
) -> WorkedExample:
    state = ReduceLROnPlateauState(schedule)
    steps = []
    for number, loss in enumerate(LOSSES, start=1):
        state.after_evaluation({"step": number, schedule.metric: loss})
        waited = int(state.state()["waited"])
        steps.append(Step(f"{schedule.metric} {loss}", f"waited {waited}, η = {number_text(RATE * state.share)}"))
    return WorkedExample(settings_text(name, settings), [Step("η_0", RATE)], [Stage(formula, steps)])


def control_example(name: str) -> WorkedExample:
    """A sequence of evaluations, and after which of them the training ends."""
    settings = _SETTINGS.get(name, {})
    control = controls[name](**settings)
    counter = PatienceCounter(control)
    steps = []
    for number, loss in enumerate(LOSSES, start=1):
        better = counter.improved({"step": number, control.metric: loss})
        ended = counter.waited >= control.patience
        outcome = "best so far" if better else f"waited {counter.waited}" + (": training ends" if ended else "")
        steps.append(Step(f"{control.metric} {loss}", outcome))
        if ended:
            break
    return WorkedExample(settings_text(name, settings), [], [Stage("", steps)])
