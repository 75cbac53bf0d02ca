"""Why a loss or a weight became NaN or infinite."""

from collections.abc import Iterator

import numpy as np

from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.remedies import initialiser_changes, learning_rate, recurrent_layers
from nnlab.insight.doctor.rules import ILL_TRAINING, Numbers, Rule, Symptom
from nnlab.insight.doctor.trials import MOST_STEPS, try_changes
from nnlab.text import one_line

# Inputs beyond this are far from the scale of about 1 that initialisers and learning rates assume.
LARGE_INPUT = 100.0
# Initial outputs are of the size of the inputs with Xavier or He; a loss this many times that of chance is not.
LARGE_LOSS = 10.0


def find_divergence(case: Case) -> Iterator[Symptom]:
    """The most likely cause, and the change that removes it."""
    if case.record.status != "diverged":
        return
    message = one_line(str(case.record.summary.get("message") or "a number became NaN or infinite"), 200)
    happened = message.partition(";")[0]
    steps = int(case.record.summary["steps"])
    lr = float(case.spec["optimizer"]["lr"])
    numbers: Numbers = {"steps": steps, "lr": lr}
    largest = first = None
    if not case.lacks("before"):
        largest = float(np.abs(case.before.inputs).max(initial=0))
        first = case.before.loss / case.chance
        numbers |= {"largest_input": largest, "first_loss": case.before.loss}
    if largest is not None and largest > LARGE_INPUT:
        sentence = "The training diverged: the inputs are too large."
        evidence = f"{happened}; the inputs reach {largest:.3g}, about 1 is usual"
        command = case.retry("data.scaling=standard") if "scaling" in case.spec["data"] else ""
    elif first is not None and not first < LARGE_LOSS:
        sentence = "The training diverged: the initial weights are too large."
        evidence = f"{happened}; the loss before training was {case.before.loss:.3g}, chance (ignoring the inputs) is "
        evidence += f"{case.chance:.3g}"
        command = case.retry(*initialiser_changes(case, "he"))
    elif recurrent_layers(case) and not (case.spec["train"]["clip_norm"] or case.spec["train"]["clip_value"]):
        sentence = "The training diverged: the gradients of a recurrent network exploded, and gradient clipping is off."
        evidence = f"{happened}; train.clip_norm, the limit of the norm (length) of the gradient, is not set"
        command = case.retry("train.clip_norm=1")
    else:
        sentence = "The training diverged: the learning rate is too high."
        evidence = f"{happened}; the learning rate is {lr:g}"
        command = case.retry(_stable_learning_rate(case))
    yield Symptom(sentence, evidence, numbers, command)


def _stable_learning_rate(case: Case) -> str:
    """The largest of a tenth, a hundredth and a thousandth with which the first updates do not diverge."""
    changes = [learning_rate(case, factor) for factor in (0.1, 0.01, 0.001)]
    if case.lacks("setup"):
        return changes[0]
    trials = ((change, try_changes(case, (change,), MOST_STEPS)) for change in changes)
    return next((change for change, trial in trials if trial and trial.end < case.first_objective), changes[0])


RULES = (
    Rule(
        name="diverged",
        find=find_divergence,
        why="The numbers grow until they are too large for floating point: they become infinite, or NaN (not a "
        "number). With a learning rate that is too high each update jumps further over the minimum than the one "
        "before; inputs or initial weights that are too large make the first updates too long.",
        source="CS231n, Neural Networks Part 3, Babysitting the learning process",
        explains=ILL_TRAINING | {"initial_weights_too_large"},
    ),
)
