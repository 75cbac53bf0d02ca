"""A learning rate that is too high or too low, by what the run reached and what another one reaches."""

from collections.abc import Iterator
from math import isfinite, nan

import numpy as np

from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.remedies import learning_rate
from nnlab.insight.doctor.rules import LITTLE_LEARNED, Numbers, Rule, Symptom
from nnlab.insight.doctor.trials import best_that_helps, learned_little, long_enough

# ‖Δθ‖/‖θ‖ of an update is about 1e-3 in a training that goes well (CS231n).
HIGH_RATIO, HEALTHY_RATIO, LOW_RATIO = 1e-2, 1e-3, 1e-4
# The final objective is this much above the lowest one, or above the first one: the loss rose.
ROSE = 2.0
WORSE = 1.1
# A training fell little where this fraction of its first objective is left.
FELL_LITTLE, FELL_HARDLY = 0.5, 0.75


def typical_ratio(case: Case) -> float:
    """The largest of the layers' median update/weight ratios; 0 where none is known.

    Those that the run recorded, else those of its first updates.
    """
    by_layer: dict[str, list[float]] = {}
    if case.lacks("statistics"):
        by_layer = {name: ratios.tolist() for name, ratios in case.first_updates.ratios.items()}
    else:
        for layers in case.statistics.values():
            for name, measured in layers.items():
                by_layer.setdefault(name, []).append(measured.get("update_ratio", nan))
    finite = [[ratio for ratio in ratios if isfinite(ratio)] for ratios in by_layer.values()]
    return max((float(np.median(ratios)) for ratios in finite if ratios), default=0.0)


def _can_judge(case: Case, rule: str) -> bool:
    """Whether a run is long enough, ended with finite numbers, and has no other problem that explains it."""
    ended = case.record.status != "diverged" and isfinite(case.final_objective)
    return ended and long_enough(case) and rule not in case.explained


def find_too_high(case: Case) -> Iterator[Symptom]:
    """The loss stays high or rises, and a smaller learning rate reaches a lower one in fewer updates."""
    first, final = case.first_objective, case.final_objective
    if not _can_judge(case, "learning_rate_too_high"):
        return
    rate = float(case.spec["optimizer"]["lr"])
    _, objectives = case.curve("objective")
    numbers: Numbers = {"lr": rate, "first_objective": first, "final_objective": final}
    if case.lacks("setup"):
        if final > WORSE * first:
            evidence = f"the objective (loss + penalties) rose from {first:.3g} to {final:.3g}; the learning rate is "
            evidence += f"{rate:g}"
            yield Symptom(SENTENCE_HIGH, evidence, numbers, case.retry(learning_rate(case, 0.1)))
        return
    if not (learned_little(case) or final > ROSE * objectives.min()):
        return
    trial = best_that_helps(case, ((learning_rate(case, factor),) for factor in (0.1, 0.01, 0.001)))
    if trial is None:
        return
    ratio = typical_ratio(case)
    numbers |= {"update_ratio": ratio, "tried_steps": trial.steps, "tried_objective": trial.end}
    evidence = f"{trial.evidence}; {_ratio(ratio)}"
    yield Symptom(SENTENCE_HIGH, evidence, numbers, case.retry(*trial.changes))


def find_too_low(case: Case) -> Iterator[Symptom]:
    """The weights hardly move, and the loss with them."""
    first, final = case.first_objective, case.final_objective
    if not _can_judge(case, "learning_rate_too_low"):
        return
    if final < FELL_LITTLE * first or first < FELL_LITTLE * case.chance:
        return
    ratio = typical_ratio(case)
    rate = float(case.spec["optimizer"]["lr"])
    if not 0 < ratio < HEALTHY_RATIO or (ratio > LOW_RATIO and final < FELL_HARDLY * first):
        return
    factors = [10.0**power for power in range(1, 5) if ratio * 10**power <= 10 * HIGH_RATIO]
    trial = best_that_helps(case, ((learning_rate(case, factor),) for factor in factors))
    if trial is None:
        return
    numbers: Numbers = {
        "lr": rate,
        "update_ratio": ratio,
        "first_objective": first,
        "final_objective": final,
        "tried_steps": trial.steps,
        "tried_objective": trial.end,
    }
    evidence = (
        f"{_ratio(ratio)}; the objective (loss + penalties) fell only from {first:.4g} to {final:.4g}; {trial.evidence}"
    )
    sentence = "The learning rate is too low: the weights hardly move."
    yield Symptom(sentence, evidence, numbers, case.retry(*trial.changes))


def _ratio(ratio: float) -> str:
    """The update/weight ratio in words."""
    return f"one update changes the weights by {ratio:.1e} of their norm (length), about {HEALTHY_RATIO:g} is usual"


SENTENCE_HIGH = "The learning rate is too high: the updates jump over the minimum."

RULES = (
    Rule(
        name="learning_rate_too_high",
        find=find_too_high,
        why="A step that is too long ends on the other side of the minimum, where the loss can be higher. It can also "
        "push units to where their slope is 0: a ReLU to 0, a sigmoid to an end of its range.",
        source="CS231n, Neural Networks Part 3, Loss function and Ratio of weights:updates",
        needs=("objectives",),
        explains=LITTLE_LEARNED | {"dead_relus", "saturated_units"},
    ),
    Rule(
        name="learning_rate_too_low",
        find=find_too_low,
        why="Each update changes the weights by a tiny part of their size, so the loss falls very slowly.",
        source="CS231n, Neural Networks Part 3, Loss function and Ratio of weights:updates",
        needs=("objectives", "setup"),
        explains=LITTLE_LEARNED,
    ),
)
