"""Whether every parameter receives a gradient, and which layer stops it where one does not."""

import numpy as np

from nnlab.core.arrays import Array
from nnlab.engine.activation_statistics import dead_share
from nnlab.insight.finding import Finding
from nnlab.insight.sanity.checked_spec import CheckedSpec
from nnlab.insight.sanity.result import Verdict, found, listed
from nnlab.layers.composite import layer_outputs
from nnlab.models.network import Network
from nnlab.optim.sgd import SGD

SAMPLES = 256
STEPS = 5
"""Updates after which a gradient that was 0 at first counts, such as that behind weights that start at 0."""
SECTION = "gradient-flow"


def gradient_flow(case: CheckedSpec) -> Verdict:
    """The gradient of each trained parameter is not 0, for some samples and within the first updates."""
    network = case.network(case.experiment.dtype)
    x, targets = case.batch(SAMPLES, case.experiment.dtype)
    reached = _reached(case, network, x, targets)
    trained = [name for name, parameter in network.named_parameters() if not parameter.frozen]
    frozen = [name for name, parameter in network.named_parameters() if parameter.frozen]
    without = [name for name in trained if name not in reached]
    findings = list(_symmetric(case))
    if without:
        findings.insert(0, _stopped(case, without, x))
        text = f"no gradient for {listed(without)} on {len(x)} samples, expected one for each of {len(trained)} "
        text += "parameters (W, b)"
    else:
        text = f"a gradient that is not 0 for each of {len(trained)} parameters (W, b) on {len(x)} samples"
    text += f"; frozen: {listed(frozen)}" if frozen else ""
    return Verdict(text, tuple(findings))


@np.errstate(all="ignore")
def _reached(case: CheckedSpec, network: Network, x: Array, targets: Array) -> set[str]:
    """The parameters whose gradient is not 0 at one of the first steps of gradient descent."""
    loss, optimizer, reached = case.loss.replica(), SGD(lr=0.01), set()
    flat = network.flat
    optimizer.bind(flat.trained_values, flat.trained_gradients, flat.regularized)
    parameters = [(name, parameter) for name, parameter in network.named_parameters() if not parameter.frozen]
    for _ in range(STEPS):
        flat.gradients.fill(0)
        loss.forward(network.forward(x, training=True), targets)
        network.backward(loss.backward())
        reached |= {name for name, parameter in parameters if np.any(parameter.grad != 0)}
        if len(reached) == len(parameters):
            break
        optimizer.step()
    return reached


def _stopped(case: CheckedSpec, without: list[str], x: Array) -> Finding:
    """The finding about parameters without gradient, with the layer whose output explains it."""
    cause, numbers = _cause(case, x)
    return found(
        "no_gradient",
        f"{len(without)} parameters never receive a gradient: {listed(without)}."
        if len(without) > 1
        else f"{without[0]} never receives a gradient.",
        cause or f"the gradient is exactly 0 on {len(x)} samples and after {STEPS} updates",
        "Without a gradient nothing is learned: the layer is dead (all its ReLUs are 0), no path leads from it to the "
        "loss, or its backward writes zeros.",
        numbers={"parameters": len(without), "first": without[0], **numbers},
        section=SECTION,
        command=case.with_keys("gradcheck"),
    )


def _cause(case: CheckedSpec, x: Array) -> tuple[str, dict[str, float | int | str]]:
    """The first layer whose outputs are dead or the same for all samples, in words; empty where there is none."""
    network = case.network(case.experiment.dtype)
    for name, layer, y in layer_outputs(zip(network.names, network.layers, strict=True), x):
        share = dead_share(layer, y)
        if share == 1:
            return f"all outputs of {name} are 0 for all {len(x)} samples: every unit is dead", {"layer": name}
        if len(x) > 1 and np.all(y == y[:1]) and not np.all(x == x[:1]):
            return f"the output of {name} is the same for all {len(x)} samples", {"layer": name}
    return "", {}


def _symmetric(case: CheckedSpec) -> list[Finding]:
    """A finding for layers all of whose units start with the same weights, so that all learn the same."""
    named, alike = case.network().named_parameters(), []
    output = named[-1][0].rpartition(".")[0] if named else ""
    for name, parameter in named:
        if name.rpartition(".")[0] == output:  # may start with equal weights
            continue
        W = parameter.value
        units = W if W.ndim > 2 else np.moveaxis(W, -1, 0)  # of a convolution (out, in, ...)
        if parameter.regularized and not parameter.frozen and len(units) > 1 and np.all(units == units[:1]):
            alike.append(name)
    if not alike:
        return []
    return [
        found(
            "equal_units",
            f"All units of a layer start with the same weights: {listed(alike)}.",
            f"{len(alike)} of the arrays of weights ha{'s' if len(alike) == 1 else 've'} equal units, expected none",
            "Equal units get equal gradients and stay equal, so a layer of many units computes no more than one unit.",
            numbers={"arrays": len(alike)},
            section=SECTION,
            command="an initialiser with random numbers, such as init: he",
        )
    ]
