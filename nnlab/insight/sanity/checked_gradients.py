"""The gradients of this network on samples of this data against numerical ones."""

from collections.abc import Collection

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.memory import available_bytes
from nnlab.gradcheck import TOLERANCES, AtKinkError, Subject, check, model_samples, model_subject
from nnlab.gradcheck.check import Result
from nnlab.gradcheck.subjects import Tensors
from nnlab.gradcheck.undeclared_kinks import derivative
from nnlab.insight.finding import Finding
from nnlab.insight.sanity.checked_spec import CheckedSpec
from nnlab.insight.sanity.result import Verdict, found, listed
from nnlab.models.network import Network

POINTS = 3
"""A gradient is wrong where it differs at this many points in a row: kinks that a layer does not declare differ too."""
COPIES = 8
"""How often the parameters are in memory: values, gradients, moved ones, directions."""
MOST_WORK = 2 * 10**10
"""Multiplications of a sample times number of parameter arrays: each is moved at least five times."""
SECTION = "gradients"


def gradients(case: CheckedSpec) -> Verdict:
    """backward's gradient of each parameter along one direction, in float64, at weights of std √(2/fan_in)."""
    available = available_bytes()
    if available is not None and COPIES * 8 * case.parameter_count > available:
        return Verdict(
            f"{case.parameter_count:,} parameters in float64 do not fit in memory {COPIES} times", skipped=True
        )
    if case.work * len(case.initial) > MOST_WORK:
        return Verdict(
            f"one sample takes {case.work:.1g} multiplications: too many for numerical gradients", skipped=True
        )
    network = case.network()
    samples = case.batch(model_samples(network))
    subject = _subject(case, network, samples, 0)
    if subject.value(subject.tensors) != subject.value(subject.tensors):
        return Verdict("the forward pass gives another result each time, so it has no numerical gradient", skipped=True)
    names = list(subject.tensors)
    first = [result for name in names if (result := _along_direction(subject, name, case.rng(2))) is not None]
    if not first:
        return Verdict(
            "every small step from these weights crosses a kink (where a ReLU switches between 0 and x), so there is "
            "no numerical gradient; --seed N chooses other weights",
            skipped=True,
        )
    wrong = {result.tensor: result for result in first if not result.passed}
    for point in range(1, POINTS):
        if wrong:
            subject = _subject(case, network, samples, point)
            again = {name: _along_direction(subject, name, case.rng(2, point)) for name in wrong}
            wrong = {name: result for name, result in again.items() if result is not None and not result.passed}
    if wrong:
        text = f"{len(wrong)} of {len(names)} gradients differ from numerical ones: {listed(list(wrong))}"
        return Verdict(text, (_finding(case, network, wrong, len(samples[0])),))
    worst = max((result.error for result in first if result.passed), default=0.0)
    text = f"{len(first)} gradients agree with numerical ones on {len(samples[0])} samples, largest error {worst:.1e}"
    return Verdict(f"{text}, expected below {TOLERANCES['central']:g}")


def _subject(case: CheckedSpec, network: Network, samples: tuple[Array, Array], point: int) -> Subject:
    """The loss with penalties as a function of the parameters, at other weights for each point."""
    loss, seed = case.loss.replica(), case.seed + point
    return model_subject("network", network, loss, case.experiment.penalty, seed, case.dataset.task, samples)


def _along_direction(subject: Subject, name: str, rng: np.random.Generator) -> Result | None:
    """The check of one tensor's gradient along a direction of length 1; None where a kink is within reach.

    Half of the direction is the gradient, so that the derivative is not a small part of it; half is random, so that
    every coordinate counts.
    """
    tensor, gradient = subject.tensors[name], subject.gradients(subject.tensors)[name].copy()
    direction = _unit(np.asarray(rng.standard_normal(tensor.shape)))
    if np.isfinite(gradient).all() and gradient.any():
        side = 1.0 if np.vdot(direction, gradient) >= 0 else -1.0  # opposite vectors of one number would cancel
        direction = _unit(side * direction + _unit(gradient))

    def moved(at: Tensors) -> Tensors:
        return {**subject.tensors, name: tensor + at[name][0] * direction}

    line = Subject(
        subject.name,
        {name: np.zeros(1)},
        lambda at: subject.value(moved(at)),
        lambda at: {name: np.array([np.vdot(gradient, direction)])},
        lambda at: subject.kink_sides(moved(at)),
    )
    try:
        (result,) = check(lambda seed: line, "central", points=1)
    except AtKinkError:
        return None
    return None if not result.passed and derivative(line, name, 0).kink else result


def _unit(vector: Array) -> Array:
    unit: Array = vector / np.linalg.norm(vector)
    return unit


def suspects(network: Network, wrong: Collection[str]) -> list[str]:
    """The layers whose backward may be wrong, where it is one layer, from the parameters with wrong gradients.

    It is the last layer with one, where another gradient of it is right; else that layer or one after it, up to the
    next layer with parameters, which gives it its gradient, or to the loss.
    """
    of_layer = [
        [f"{name}.{parameter.name}" for parameter in layer.parameters if not parameter.frozen]
        for name, layer in zip(network.names, network.layers, strict=True)
    ]
    last = max(index for index, names in enumerate(of_layer) if any(name in wrong for name in names))
    if not all(name in wrong for name in of_layer[last]):
        return [network.names[last]]
    following = [index for index, names in enumerate(of_layer) if index > last and names]
    return [*network.names[last : following[0] + 1]] if following else [*network.names[last:], "the loss"]


def _finding(case: CheckedSpec, network: Network, wrong: dict[str, Result], samples: int) -> Finding:
    name, result = max(wrong.items(), key=lambda item: item[1].error)
    return found(
        "wrong_gradient",
        f"The gradient of {listed(list(wrong))} is not the derivative of the loss.",
        f"relative error {result.error:.2g} for {name} on {samples} samples, expected below {TOLERANCES['central']:g}",
        f"backward of {' or '.join(suspects(network, wrong))} does not match forward, so the updates do not follow the "
        "slope of the loss.",
        numbers={"tensor": name, "error": result.error, "tolerance": TOLERANCES["central"], "wrong": len(wrong)},
        section=SECTION,
        command=case.with_keys("gradcheck"),
    )
