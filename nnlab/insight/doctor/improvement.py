"""A loss that stays at chance, and a metric that still improves at the end."""

from collections.abc import Iterator
from math import isfinite

import numpy as np

from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.remedies import initialiser_changes, learning_rate
from nnlab.insight.doctor.rules import Numbers, Rule, Symptom
from nnlab.insight.doctor.trials import best_that_helps, long_enough

# A training loss that never fell below this fraction of chance.
AT_CHANCE = 0.97
# A loss above this multiple of chance is not that of a constant prediction: the network errs with confidence.
WORSE_THAN_CHANCE = 1.03
# The last quarter of the training still lowers the loss by this fraction of what is left, or of all that it fell.
STILL_FALLING, STRAIGHT = 0.1, 0.2
FEWEST_EVALUATIONS = 8
# Below this fraction of the first loss a fall changes the predictions of few samples.
LEARNED = 0.1


def find_loss_at_chance(case: Case) -> Iterator[Symptom]:
    """The training loss never got clearly below that of a constant prediction."""
    _, losses = case.curve("train_loss")
    constant = case.constant_loss
    if len(losses) < 2 or not long_enough(case) or not isfinite(constant):
        return
    lowest = float(np.min(losses[1:]))
    if lowest < AT_CHANCE * constant:
        return
    K = case.classes
    meant = f"ln {K} = {case.chance:.4g}" if K and abs(case.chance - np.log(K)) < 1e-9 else f"{case.chance:.4g}"
    evidence = (
        f"the lowest training loss is {lowest:.4g}; predicting the class frequencies for every sample gives "
        f"{constant:.4g}, equal scores {meant}"
    )
    if not K:
        evidence = f"the lowest training loss is {lowest:.4g}; predicting the mean of the targets gives {constant:.4g}"
    numbers: Numbers = {"lowest_loss": lowest, "constant_loss": constant, "chance": case.chance}
    sentence = "The loss stays at chance: the network predicts about the same for every sample."
    if lowest > WORSE_THAN_CHANCE * constant:
        sentence = "The loss stays above chance: the same prediction for every sample would be better."
    trial = None if "loss_at_chance" in case.explained else best_that_helps(case, _other_trainings(case))
    if trial is not None:
        evidence = f"{evidence}; {trial.evidence}"
    yield Symptom(sentence, evidence, numbers, case.retry(*trial.changes) if trial else "")


def _other_trainings(case: Case) -> Iterator[tuple[str, ...]]:
    """What else a network may learn with: another learning rate, initialiser, optimizer, or a hidden layer."""
    yield (learning_rate(case, 10),)
    yield (learning_rate(case, 0.1),)
    if initialisers := initialiser_changes(case, "he"):
        yield (*initialisers,)
    yield ("optimizer={name: adam, lr: 0.01}",)
    if case.spec["model"]["name"] == "softmax":
        yield ("model={name: mlp, hidden: [50]}",)
        yield ("model={name: mlp, hidden: [50]}", learning_rate(case, 0.1))


def find_still_improving(case: Case) -> Iterator[Symptom]:
    """The loss on held-out samples, else on the training samples, still falls in the last quarter."""
    splits = ("validation_loss", "test_loss", "train_loss")
    column = next((column for column in splits if len(case.curve(column)[0])), "train_loss")
    steps, losses = case.curve(column)
    if len(losses) < FEWEST_EVALUATIONS or case.record.status != "completed":
        return
    quarter = max(len(losses) // 4, 2)
    last, earlier = losses[-quarter:], losses[-2 * quarter : -quarter]
    fall = 1 - float(np.median(last) / np.median(earlier))
    fell, lately = losses[0] - np.median(last), np.median(earlier) - np.median(last)
    falls = fall >= STILL_FALLING or (fell >= STILL_FALLING * losses[0] and lately >= STRAIGHT * fell)
    if not falls or losses[-1] > np.min(losses[:-1]) or losses[-1] < LEARNED * losses[0]:
        return
    train = case.spec["train"]
    key = "epochs" if train["epochs"] else "iterations"
    name = column.replace("_", " ")
    evidence = (
        f"the {name} of the last {quarter} evaluations is {fall:.0%} below that of the {quarter} before (medians); "
        f"it is {losses[-1]:.4g} at step {steps[-1]:.0f}"
    )
    numbers: Numbers = {"column": column, "fall": fall, "final": float(losses[-1])}
    command = case.retry(f"train.{key}={2 * int(train[key])}")
    yield Symptom("The training ended while the loss was still falling.", evidence, numbers, command, "advice")


RULES = (
    Rule(
        name="loss_at_chance",
        find=find_loss_at_chance,
        why="Chance is the loss of a network that ignores its inputs. Equal probabilities 1/K for K classes have the "
        "cross-entropy −ln(1/K) = ln K; the mean of targets that are numbers has their variance as squared error. A "
        "network that stays there has learned nothing.",
        source="CS231n, Neural Networks Part 3, Before learning: sanity checks",
        needs=("setup",),
    ),
    Rule(
        name="still_improving",
        find=find_still_improving,
        why="The loss was still falling, so more steps, or a larger learning rate, would lower it further.",
        source="CS231n, Neural Networks Part 3, Loss function",
    ),
)
