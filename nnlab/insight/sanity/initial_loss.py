"""The loss before the first update against what theory says of a network that has learned nothing."""

from dataclasses import dataclass, replace
from math import isfinite, log

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.task import CLASSES
from nnlab.insight.finding import Finding, Severity
from nnlab.insight.sanity.checked_spec import CheckedSpec
from nnlab.insight.sanity.inputs import LARGEST
from nnlab.insight.sanity.result import Verdict, found
from nnlab.losses import CrossEntropy, Huber, Loss, MeanAbsoluteError, MeanSquaredError, rows
from nnlab.registry import registered_name

SAMPLES = 256
CERTAIN = 0.99
"""A probability from which on a softmax counts as certain of its answer."""
MOST_CERTAIN, SOME_CERTAIN = 0.8, 0.5
"""The shares of certain answers of an untrained network that are a problem, and that are worth advice."""
MANY_TIMES = 10.0
"""A loss this many times that of equal scores takes many steps to undo."""
TOO_WIDE = 5.0
"""Predictions of numbers that spread this many times as widely as the targets are those of too large weights."""
SECTION = "initial-loss"


@dataclass(frozen=True)
class Theory:
    """The loss where all scores are equal (0 where they are predicted numbers).

    No loss of this kind can be further away from it than ``tolerance``, which follows from the spread of the scores.
    """

    value: float
    formula: str
    tolerance: float


def initial_loss(case: CheckedSpec) -> Verdict:
    """The loss at initialisation is that of equal scores, as far as the scores are equal."""
    network, loss = case.network(), case.loss.replica()
    x, given = case.batch(SAMPLES)
    with np.errstate(all="ignore"):
        scores, targets = rows(network.forward(x, training=True), given)
        measured = loss.forward(scores, targets)
    if not (np.isfinite(scores).all() and isfinite(measured)):
        return _not_finite(case, measured)
    theory = theory_of(loss, scores, targets)
    findings = [*_probabilities(case, loss, scores), *_mean(case, loss, scores, targets, measured)]
    if theory is None:
        name = registered_name(loss)
        return Verdict(f"{measured:.4f}; the loss {name} has no chance(classes), so no theory", tuple(findings))
    equal = loss.forward(np.zeros_like(scores), targets)
    if abs(equal - theory.value) > 1e-6 * max(1.0, abs(theory.value)):
        findings.append(_differs(case, equal, replace(theory, tolerance=0.0)))
    elif abs(measured - theory.value) > theory.tolerance + 1e-6 * max(1.0, abs(theory.value)):
        findings.append(_differs(case, measured, theory))
    elif not findings:
        findings += _too_certain(case, loss, x, scores, targets, measured, theory)
    text = f"{measured:.4f} before training, expected {theory.formula} = {theory.value:.4f}"
    if any(finding.name == "initial_weights_too_large" for finding in findings):
        return Verdict(f"{text}: the scores are too large", tuple(findings))
    if any(finding.name == "softmax_twice" for finding in findings):
        return Verdict(f"{text}; but the network ends with a softmax", tuple(findings))
    return Verdict(f"{text}, at most {theory.tolerance:.2g} away (as the scores differ)", tuple(findings))


def theory_of(loss: Loss, scores: Array, targets: Array) -> Theory | None:
    """What the loss of these scores is close to where nothing has been learned; None where it is not known."""
    K = scores.shape[1]
    gap = float(np.ptp(scores, axis=1).mean())
    if type(loss) is CrossEntropy:
        each = loss.per_sample(np.zeros_like(scores), targets) / log(K) if loss.weighted and K > 1 else np.ones(1)
        weight = float(each.mean())
        formula = f"{weight:.3g} (the mean weight) · ln {K}" if loss.weighted else f"ln {K}"
        return Theory(weight * log(K), formula, float(each.max()) * gap)
    if type(loss) is MeanSquaredError:
        wanted = np.eye(K)[targets] if targets.ndim == 1 else targets
        square, moved = float((wanted**2).mean()), float((scores**2).mean())
        formula = f"1/{K}" if targets.ndim == 1 else "the mean square of the scaled targets"
        return Theory(square, formula, moved + 2 * (moved * square) ** 0.5)
    if type(loss) in {MeanAbsoluteError, Huber}:
        zeros = loss.forward(np.zeros_like(scores), targets)
        slope = getattr(loss, "delta", 1.0)
        return Theory(zeros, "that of the mean", slope * float(np.abs(scores).mean()))
    if targets.ndim == 1 and loss.softmax and isfinite(chance := loss.chance(K)):
        return Theory(chance, f"its chance({K})", abs(loss.forward(scores, targets) - chance))
    if (
        targets.ndim == 1
        and "hinge" in registered_name(loss)
        and isinstance(margin := getattr(loss, "margin", 1.0), float)
    ):
        return Theory(margin * (K - 1), f"margin · (K − 1) with K = {K}", (K - 1) * gap)
    return None


def _not_finite(case: CheckedSpec, measured: float) -> Verdict:
    finding = found(
        "initial_loss_not_finite",
        "The loss is not a finite number before the first update.",
        f"loss {measured:g}",
        "Inputs that are not finite, or initial weights so large that numbers overflow, leave nothing to train from.",
        numbers={"loss": str(measured)},
        section=SECTION,
        command=case.with_keys("show"),
    )
    return Verdict(f"{measured:g}, expected a finite number", (finding,))


def _differs(case: CheckedSpec, measured: float, theory: Theory) -> Finding:
    ratio = measured / theory.value if theory.value else float("inf")
    where = "loss before the first update" if theory.tolerance else "loss of equal scores"
    return found(
        "initial_loss_differs",
        f"The loss is {ratio:.3g} times what it should be.",
        f"{where} {measured:.4f}, expected {theory.formula} = {theory.value:.4f}"
        + (f", at most {theory.tolerance:.2g} away" if theory.tolerance else ""),
        "A network that has learned nothing gives about equal scores (outputs of the last layer), and so about the "
        "loss of equal scores, whatever the labels are. Another value means a wrong factor in the loss: a sum in "
        "place of the mean over the batch, or another base of the logarithm.",
        numbers={"loss": measured, "expected": theory.value, "tolerance": theory.tolerance},
        section=SECTION,
        command=case.with_keys("gradcheck"),
    )


def _probabilities(case: CheckedSpec, loss: Loss, scores: Array) -> list[Finding]:
    """A finding where a loss with a softmax of its own is given probabilities."""
    K = scores.shape[1]
    sums = scores.sum(axis=1)
    if not loss.softmax or K < 2 or scores.min() < 0 or np.abs(sums - 1).max() > 1e-6:
        return []
    best = log(1 + (K - 1) * np.exp(-1.0))
    return [
        found(
            "softmax_twice",
            "The network ends with a softmax, and the loss applies another one.",
            f"the scores of each sample are at least 0 and sum to 1; the loss cannot fall below {best:.3f}",
            f"{registered_name(loss)} expects scores (the values before softmax). Probabilities are only from 0 to 1: "
            "a second softmax makes them almost equal, so gradients are small, and no class gets a probability near 1.",
            numbers={"lowest_loss": best, "classes": K},
            section="softmax-twice",
            command=f"leave the last softmax layer out of model.layers, then {case.with_keys('sanity')}",
        )
    ]


def _mean(case: CheckedSpec, loss: Loss, scores: Array, targets: Array, measured: float) -> list[Finding]:
    """A finding where the loss of all samples taken twice is another one."""
    twice = loss.forward(np.concatenate([scores, scores]), np.concatenate([targets, targets]))
    if abs(twice - measured) <= 1e-9 * max(1.0, abs(measured)):
        return []
    return [
        found(
            "loss_not_a_mean",
            "The loss is not a mean over the batch: it depends on the number of samples.",
            f"{measured:.4f} on {len(targets)} predictions, {twice:.4f} on the same ones taken twice",
            "With a sum in place of the mean, the step size grows with the batch size, and losses of batches of "
            "different sizes cannot be compared.",
            numbers={"loss": measured, "loss_of_samples_twice": twice},
            section=SECTION,
            command=case.with_keys("gradcheck"),
        )
    ]


def _too_certain(
    case: CheckedSpec, loss: Loss, x: Array, scores: Array, targets: Array, measured: float, theory: Theory
) -> list[Finding]:
    """A finding where an untrained network is certain of most answers, or predicts numbers far from all targets."""
    numbers: dict[str, float | int | str] = {"loss": measured, "expected": theory.value}
    severity: Severity = "problem"
    large_inputs = not case.dataset.tokens and float(np.sqrt((x**2).mean())) > LARGEST
    cause = "its inputs are too large" if large_inputs else "the initial weights are too large"
    if loss.softmax and scores.shape[1] > 1:
        exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
        certain = float((1 / exponentials.sum(axis=1) > CERTAIN).mean())
        if certain <= SOME_CERTAIN:
            return []
        severity = "problem" if certain > MOST_CERTAIN and measured > MANY_TIMES * theory.value else "advice"
        sentence = f"The untrained network is already certain of its predictions: {cause}."
        evidence = f"one class has a probability above {CERTAIN} for {certain:.0%} of the samples; loss "
        evidence += f"{measured:.3g}, expected "
        evidence += f"{theory.formula} = {theory.value:.3g}"
        numbers["certain_share"] = certain
    else:
        if targets.ndim == 1 and case.dataset.task == CLASSES:
            spread = 1.0
        else:
            spread = float(np.sqrt((targets**2).mean())) or 1.0
        ratio = float(np.sqrt((scores**2).mean())) / spread
        if ratio <= TOO_WIDE:
            return []
        sentence = f"The untrained network's outputs are far larger than the targets: {cause}."
        evidence = (
            f"outputs {ratio:.3g} times the size of the targets; loss {measured:.3g}, expected {theory.value:.3g}"
        )
        numbers["ratio"] = ratio
    return [
        found(
            "initial_weights_too_large",
            sentence,
            evidence,
            "The first updates only undo these predictions. Sigmoid and tanh are at the ends of their range, where the "
            "slope is almost 0 and almost no gradient passes; large outputs give large gradients.",
            numbers=numbers,
            section=SECTION,
            command="scale the inputs"
            if large_inputs
            else f"{case.with_keys('activations')}; then a smaller init, such as xavier (sigmoid, tanh) or he (ReLU)",
            severity=severity,
        )
    ]
