"""Whether the output for a sample depends on that sample alone."""

from collections.abc import Iterator

import numpy as np

from nnlab.core.arrays import Array
from nnlab.insight.finding import Finding
from nnlab.insight.sanity.checked_spec import CheckedSpec
from nnlab.insight.sanity.result import Verdict, found
from nnlab.layers.composite import layer_outputs
from nnlab.models.network import Network

SAMPLES = 8
RELATIVE = 1e-9
"""Outputs in float64 that differ by this much of the largest one differ by rounding."""
SECTION = "independence"


def independence(case: CheckedSpec) -> Verdict:
    """Other samples of the batch replaced: the outputs of those that stay are equal."""
    x, _ = case.batch(2 * SAMPLES)
    if len(x) < 3:
        return Verdict(f"{len(x)} training samples are too few to replace one of a batch", skipped=True)
    count = len(x) // 2
    batch, others = x[:count], x[count : 2 * count]
    network = case.network()
    once, again = (network.forward(batch, training=False).copy() for _ in range(2))
    if not np.array_equal(once, again, equal_nan=True):
        return Verdict("two evaluations of the same samples differ, so others cannot be told apart", skipped=True)
    evaluated = max(_changes(network, batch, others, training=False), default=0.0)
    seen = _inputs_seen(network, batch, others)
    mixing = network.needs_batch()
    findings = []
    if evaluated > RELATIVE:
        findings.append(_mixed(network, batch, others, evaluated, training=False))
    if not seen:
        findings.append(_ignored(case, count))
    text = f"the output for a sample changes by {evaluated:.1g} of its size when others of its batch change, expected 0"
    if not seen:
        text += "; but it does not change with its own input either"
    if mixing:
        text += f"; in training {mixing} uses mean and variance of the batch, as it should"
    else:
        trained = max(_changes(network, batch, others, training=True), default=0.0)
        if trained > RELATIVE and not findings:
            findings.append(_mixed(network, batch, others, trained, training=True))
            text += f"; in training by {trained:.1g}"
    return Verdict(text, tuple(findings))


def _changes(network: Network, batch: Array, others: Array, *, training: bool) -> Iterator[float]:
    """For the first, a middle and the last sample replaced, how much the outputs of all others change, relatively."""
    before = network.forward(batch, training=training).copy()
    scale = float(np.abs(before).max()) or 1.0
    for place in sorted({0, len(batch) // 2, len(batch) - 1}):
        changed = batch.copy()
        changed[place] = others[place]
        after = network.forward(changed, training=training)
        rest = np.arange(len(batch)) != place
        difference = np.abs(after[rest] - before[rest]).max(initial=0.0) / scale
        yield float(difference) if np.isfinite(difference) else float("inf")


def _inputs_seen(network: Network, batch: Array, others: Array) -> bool:
    """Whether any output changes when its own sample does."""
    if np.array_equal(batch, others):
        return True
    before = network.forward(batch, training=False).copy()
    return not np.array_equal(before, network.forward(others, training=False))


def _ignored(case: CheckedSpec, samples: int) -> Finding:
    return found(
        "input_ignored",
        "The output of the network does not depend on its input.",
        f"the scores of {samples} samples stay the same when all of them are replaced",
        "A layer gives a constant, such as ReLUs that are 0 for all samples, so only the biases of the layers after "
        "it can learn.",
        numbers={"samples": samples},
        section=SECTION,
        command=case.with_keys("sanity") + " --only gradient_flow",
    )


def _mixed(network: Network, batch: Array, others: Array, change: float, *, training: bool) -> Finding:
    layer = _first_mixing(network, batch, others)
    mode = "training" if training else "evaluation"
    return found(
        "samples_mixed",
        f"In {mode} the output for a sample depends on the other samples of its batch.",
        f"outputs change by {change:.2g} of their size when other samples are replaced"
        + (f"; {layer} is the first layer that mixes samples" if layer else ""),
        "A prediction would depend on what else is predicted with it, and on the size of the chunks of an evaluation. "
        "Statistics over the batch belong to training (batch_dependent = True), with running ones in evaluation.",
        numbers={"change": change, "mode": mode, "layer": layer},
        section=SECTION,
        command=f"look for a mean or maximum over axis 0 in forward{f' of {layer}' if layer else ''}",
    )


def _first_mixing(network: Network, batch: Array, others: Array) -> str:
    """The first layer whose output for the first sample changes in evaluation when all other samples change."""
    changed = others.copy()
    changed[0] = batch[0]
    walk = [
        {name: y[0].copy() for name, _, y in layer_outputs(zip(network.names, network.layers, strict=True), x)}
        for x in (batch, changed)
    ]
    for name, before in walk[0].items():
        scale = float(np.abs(before).max(initial=0.0)) or 1.0
        if np.abs(walk[1][name] - before).max(initial=0.0) > RELATIVE * scale:
            return name
    return ""
