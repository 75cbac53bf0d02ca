"""Initial weights that are too large, too small, or all the same."""

from collections.abc import Iterator

import numpy as np

from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.measurement import MeasuredLayer
from nnlab.insight.doctor.remedies import initialiser_changes
from nnlab.insight.doctor.rules import ILL_TRAINING, Numbers, Rule, Symptom
from nnlab.insight.doctor.trials import best_that_helps, learned_little

# A first loss this many times that of chance: with Xavier or He scores are about as large as the inputs, and the loss
# stays below three times ln K. Squared errors vary more, and are about 1 for scores and targets of size 1.
LARGE_FIRST_LOSS, LARGE_FIRST_SQUARES = 5.0, 25.0
# √(mean W² · fan-in) is 1 with Xavier's initialiser and √2 with He's.
LARGE_GAIN = 3.0
# Half of the outputs of a sigmoid or tanh pass no gradient before the first update.
SATURATED_AT_START = 0.5
# Root mean square of inputs beyond which the inputs are to blame, not the weights.
LARGE_INPUTS = 10.0
# Outputs of the last layer this much smaller than the inputs: the signal is lost on its way.
SMALL_SCORES = 1e-2
ALL_ALIKE = 0.99
# Small weights cost little where the run got away from them: it ended below this fraction of chance.
STUCK = 0.5


def find_too_large(case: Case) -> Iterator[Symptom]:
    """A first loss far above chance, or saturated units before the first update."""
    before, chance = case.before, case.chance
    if float(np.sqrt(np.square(before.inputs, dtype=np.float64).mean())) > LARGE_INPUTS:
        return
    softmax = case.experiment.loss.softmax
    limit = LARGE_FIRST_LOSS * chance if softmax else LARGE_FIRST_SQUARES * max(chance, 1.0)
    saturated = max(before.activations, key=lambda layer: layer.saturated or 0.0, default=None)
    share = (saturated.saturated if saturated else None) or 0.0
    if not (before.loss > limit) and share < SATURATED_AT_START:
        return
    gain = max((layer.gain or 0.0 for layer in before.trained), default=0.0)
    if gain < LARGE_GAIN and not learned_little(case) and case.record.status != "diverged":
        return
    numbers: Numbers = {"first_loss": before.loss, "chance": chance, "gain": gain}
    evidence = (
        f"the loss before training is {before.loss:.3g}, that of chance (ignoring the inputs) {chance:.3g}; "
        f"the weights are {gain:.3g} times as large as with Xavier, whose std is √(1/inputs)"
    )
    if saturated and share >= SATURATED_AT_START:
        numbers |= {"saturated": share, "layer": saturated.name}
        evidence += (
            f"; {share:.0%} of the outputs of {saturated.name} are within 1 % of an end of their range before training"
        )
    saturating = any(layer.saturated is not None for layer in before.activations)
    command = case.retry(*initialiser_changes(case, "xavier" if saturating else "he"))
    yield Symptom("The initial weights are too large.", evidence, numbers, command)


def find_too_small(case: Case) -> Iterator[Symptom]:
    """Scores far smaller than the inputs, and a run that larger weights beat."""
    if "initial_weights_too_small" in case.explained:
        return
    before = case.before
    size = float(np.sqrt(np.square(before.inputs, dtype=np.float64).mean()))
    scores = float(before.scores.std())
    if scores > SMALL_SCORES * size or not learned_little(case) or case.record.status == "diverged":
        return
    if _constant(case):
        return
    trial = best_that_helps(case, ((*initialiser_changes(case, value),) for value in ("he", "xavier")))
    if trial is None:
        return
    numbers: Numbers = {
        "scores_std": scores,
        "inputs_rms": size,
        "tried_steps": trial.steps,
        "tried_objective": trial.end,
    }
    evidence = (
        f"before training the scores (outputs of the last layer) have a standard deviation of {scores:.1e}, less than "
        f"{SMALL_SCORES:.0%} of the size of the inputs, {size:.2g}; {trial.evidence}"
    )
    stuck = case.final_objective > STUCK * case.chance
    sentence = "The initial weights are too small for this number of layers."
    yield Symptom(sentence, evidence, numbers, case.retry(*trial.changes), "problem" if stuck else "advice")


def find_symmetry(case: Case) -> Iterator[Symptom]:
    """All units of a hidden layer compute the same before training."""
    if found := _constant(case):
        numbers: Numbers = {"layer": found.name, "units": found.units}
        evidence = f"all {found.units} units of {found.name} give the same outputs before training"
        command = case.retry(*initialiser_changes(case, "he"))
        yield Symptom(
            "The units of a layer are copies of each other: they all compute the same.", evidence, numbers, command
        )


def _constant(case: Case) -> MeasuredLayer | None:
    """The first hidden layer whose units are alike before training, and still are where the weights were saved."""
    still = {} if case.lacks("after") else {layer.name: layer for layer in case.after.trained}
    for layer in case.before.trained[:-1]:
        # A layer inside a residual block may begin at 0: what passes beside it makes its units differ.
        later = still.get(layer.name, layer) if "." in layer.name else layer
        if layer.units > 1 and min(layer.alike, later.alike) >= ALL_ALIKE:
            return layer
    return None


RULES = (
    Rule(
        name="initial_weights_too_large",
        find=find_too_large,
        why="Large weights give large scores (outputs of the last layer), so softmax gives one class a probability "
        "near 1 before anything is learned. Sigmoid and tanh are at the ends of their range, where the slope is almost "
        "0 and almost no gradient passes.",
        source="CS231n, Neural Networks Part 3, Before learning: sanity checks; Glorot & Bengio 2010",
        needs=("before",),
        explains=ILL_TRAINING,
    ),
    Rule(
        name="identical_units",
        find=find_symmetry,
        why="Units that begin with the same weights get the same gradient, so they stay the same: the whole layer "
        "can compute no more than one unit.",
        source="CS231n, Neural Networks Part 2, Pitfall: all zero initialization; Deep Learning from Scratch, 6.2.1",
        needs=("before",),
        explains=ILL_TRAINING | {"initial_weights_too_small"},
    ),
    Rule(
        name="initial_weights_too_small",
        find=find_too_small,
        why="In the forward pass each layer makes the outputs smaller, in the backward pass each layer makes the "
        "gradient smaller. Almost no gradient reaches the first layers, so they hardly learn.",
        source="Deep Learning from Scratch, 6.2; CS231n, Neural Networks Part 2, Weight initialization; He et al. 2015",
        needs=("before", "objectives"),
        explains=ILL_TRAINING,
    ),
)
