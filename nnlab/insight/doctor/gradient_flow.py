"""Gradients that vanish or explode on their way back through the layers, or through the steps of a sequence."""

from collections.abc import Iterator

import numpy as np

from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.remedies import initialiser_changes, keys_of, learning_rate
from nnlab.insight.doctor.rules import LITTLE_LEARNED, Numbers, Rule, Symptom
from nnlab.insight.doctor.trials import best_that_helps, learned_little, long_enough

# The norm of the first layer's gradient as a fraction of the last one's; from 0.1 to 10 in trainings that go well.
VANISHED, EXPLODED = 1e-2, 1e2
# The same between the first and the last step of a sequence, which a task of short memory may need little of.
VANISHED_IN_TIME, EXPLODED_IN_TIME = 1e-4, 1e2
# A run stays near chance when its loss never falls below this fraction of it.
NEAR_CHANCE = 0.9
USUAL = "0.1 to 10 is usual"


def find_vanishing(case: Case) -> Iterator[Symptom]:
    """Hardly any gradient reaches the first layer or step, and the run stays near chance."""
    if case.record.status == "diverged" or "vanishing_gradients" in case.explained or not stays_near_chance(case):
        return
    layers = case.before.trained
    if not layers:
        return
    first, last = layers[0].gradient or 0.0, layers[-1].gradient or 0.0
    if len(layers) > 1 and 0 < first < VANISHED * last:
        numbers: Numbers = {
            "first_layer": layers[0].name,
            "last_layer": layers[-1].name,
            "first_gradient": first,
            "last_gradient": last,
            "ratio": first / last,
        }
        evidence = (
            f"before training the norm (length) of the gradient is {first:.1e} in {layers[0].name} and {last:.1e} in "
            f"{layers[-1].name}: a ratio of {first / last:.1e}, {USUAL}"
        )
        saturating = [key for key, value in keys_of(case.spec["model"], "activation") if value in {"sigmoid", "tanh"}]
        relu = [f"{key}=relu" for key in saturating]
        he = initialiser_changes(case, "he")
        trial = best_that_helps(case, filter(None, [tuple(relu + he)]))
        if trial:
            evidence = f"{evidence}; {trial.evidence}"
        yield Symptom(
            "The gradients vanish: almost no gradient reaches the first layers, so they hardly learn.",
            evidence,
            numbers,
            case.retry(*relu, *he),
        )
        return
    for name, norms in case.before.through_time.items():
        low, high = float(min(norms[0], norms[-1])), float(max(norms))
        if len(norms) > 2 and 0 <= low < VANISHED_IN_TIME * high:
            numbers = {"layer": name, "steps": len(norms), "ratio": low / high}
            evidence = (
                f"the gradient at one end of the {len(norms)} steps of {name} has {low / high:.1e} times the norm "
                f"(length) of the largest one, expected above {VANISHED_IN_TIME:g}"
            )
            yield Symptom(
                "The gradients vanish through time: the network hardly learns from the early steps of a sequence.",
                evidence,
                numbers,
                case.retry(*_longer_memory(case)),
            )
            return


def find_exploding(case: Case) -> Iterator[Symptom]:
    """The gradient grows on its way back by orders of magnitude, unclipped, and the run learned little or diverged."""
    train = case.spec["train"]
    if train["clip_norm"] or train["clip_value"] or not (case.record.status == "diverged" or learned_little(case)):
        return
    layers = case.before.trained
    if not layers:
        return
    last = layers[-1].gradient or 0.0
    largest = max(layers, key=lambda layer: layer.gradient or 0.0)
    ratio = (largest.gradient or 0.0) / last if last else 0.0
    through_time = {
        name: float(norms.max() / norms.min())
        for name, norms in case.before.through_time.items()
        if norms.min() > 0 and norms[0] > norms[-1]  # grows on its way back
    }
    if ratio > EXPLODED:
        evidence = f"before training the gradient of {largest.name} has {ratio:.1e} times the norm (length) of that of "
        evidence += f"{layers[-1].name}, {USUAL}"
        numbers: Numbers = {"layer": largest.name, "ratio": ratio}
        yield Symptom(
            "The gradients explode: they become very large in the backward pass.",
            evidence,
            numbers,
            case.retry("train.clip_norm=1"),
        )
    elif max(through_time.values(), default=0.0) > EXPLODED_IN_TIME:
        name = max(through_time, key=lambda key: through_time[key])
        evidence = (
            f"the largest gradient of a step of {name} has {through_time[name]:.1e} times the norm (length) of the "
            f"smallest one, expected below {EXPLODED_IN_TIME:g}"
        )
        numbers = {"layer": name, "ratio": through_time[name]}
        yield Symptom(
            "The gradients explode through time: they grow from the last step of a sequence back to the first.",
            evidence,
            numbers,
            case.retry("train.clip_norm=1"),
        )


def _longer_memory(case: Case) -> list[str]:
    keys = [f"{key}=orthogonal" for key, _ in keys_of(case.spec["model"], "recurrent_init")]
    cells = [f"{key}=gru" for key, value in keys_of(case.spec["model"], "cell") if value == "rnn"]
    return [*cells, *keys] or [learning_rate(case, 1)]


def stays_near_chance(case: Case) -> bool:
    """Whether no evaluation but the first has a training loss clearly below chance."""
    _, losses = case.curve("train_loss")
    return long_enough(case) and len(losses) > 1 and bool(np.min(losses[1:]) > NEAR_CHANCE * case.constant_loss)


RULES = (
    Rule(
        name="exploding_gradients",
        find=find_exploding,
        why="In the backward pass every layer, or every step of a sequence, multiplies the gradient by its weights. "
        "Where each of them makes it longer, it grows exponentially. Gradient clipping (train.clip_norm) shortens a "
        "gradient whose norm is above a limit.",
        source="Pascanu, Mikolov & Bengio 2013, arXiv 1211.5063",
        needs=("before",),
        explains=LITTLE_LEARNED | {"learning_rate_too_high", "vanishing_gradients", "dead_relus", "saturated_units"},
    ),
    Rule(
        name="vanishing_gradients",
        find=find_vanishing,
        why="In the backward pass every layer, or every step of a sequence, multiplies the gradient by its weights "
        "and by the slope of its activation. The slope of a sigmoid is at most 1/4, so little is left after a few "
        "layers.",
        source="Glorot & Bengio 2010; Deep Learning from Scratch, 6.2.2; Pascanu, Mikolov & Bengio 2013",
        needs=("before",),
        explains=LITTLE_LEARNED | {"learning_rate_too_low"},
    ),
)
