"""Regularisation: the objective rises with λ."""

from copy import deepcopy
from dataclasses import dataclass

from nnlab.insight.finding import Finding
from nnlab.insight.sanity.checked_spec import CheckedSpec
from nnlab.insight.sanity.result import Verdict, found, listed
from nnlab.layers.planning import all_layers
from nnlab.models.network import Network
from nnlab.registry import registered_name

SAMPLES = 64
MANY_TIMES = 10.0
"""A penalty that is this many times the data loss before training hides it."""
SECTION = "penalties"


@dataclass(frozen=True)
class Term:
    """One regularisation term of the objective: its value with λ and with 2λ."""

    name: str
    once: float
    twice: float


def penalties(case: CheckedSpec) -> Verdict:
    """The objective with 2λ is above that with λ, which is above the data loss, for each penalty."""
    network = case.network()
    x, targets = case.batch(SAMPLES)
    data_loss = case.loss.replica().forward(network.forward(x, training=True), targets)
    terms = [*_weight_terms(case, network), *_activity_terms(network)]
    if not terms:
        return Verdict("the spec has no penalty, such as weight decay", skipped=True)
    active = [term for term in terms if term.once or term.twice]
    if not active:
        return Verdict(
            f"all regularised numbers are 0, and so is {listed([term.name for term in terms])}", skipped=True
        )
    findings = [_wrong(case, term, data_loss) for term in active if not term.twice > term.once > 0]
    findings += [_too_strong(term, data_loss) for term in active if term.once > MANY_TIMES * data_loss > 0]
    once, twice = (data_loss + sum(getattr(term, part) for term in active) for part in ("once", "twice"))
    names = listed([term.name for term in active])
    text = f"loss + penalty {twice:.6g} with 2λ, {once:.6g} with λ, expected above the loss {data_loss:.6g} ({names})"
    return Verdict(text, tuple(findings))


def _weight_terms(case: CheckedSpec, network: Network) -> list[Term]:
    """The penalties of the spec and those of the layers, on the weights."""
    found_terms = []
    for term in network.regularizer_terms(deepcopy(case.experiment.penalty)):
        if term.regularizer.strength == 0:
            continue
        doubled = deepcopy(term.regularizer)
        doubled.strength = 2 * term.regularizer.strength
        once, twice = term.regularizer.value(term.W).real, doubled.value(term.W).real
        found_terms.append(Term(registered_name(term.regularizer), once, twice))
    return found_terms


def _activity_terms(network: Network) -> list[Term]:
    """The penalties on outputs, after the forward pass that the network has done."""
    found_terms = []
    for layer in all_layers(network.layers):
        if layer.inner() or not layer.activity_penalty():
            continue
        once = layer.activity_penalty().real
        layer.scale_activity_penalty(2.0)
        found_terms.append(Term(registered_name(layer), once, layer.activity_penalty().real))
        layer.scale_activity_penalty(0.5)
    return found_terms


def _too_strong(term: Term, data_loss: float) -> Finding:
    return found(
        "penalty_outweighs_loss",
        f"The penalty {term.name} is {term.once / data_loss:.3g} times the loss.",
        f"it adds {term.once:.4g} to the loss {data_loss:.4g} before the first update, expected at most "
        f"{MANY_TIMES:g} times the loss",
        "Training then mostly makes the weights (or outputs) small, and may learn little from the data.",
        numbers={"penalty": term.once, "data_loss": data_loss},
        section=SECTION,
        command="a strength λ 10 to 100 times smaller",
        severity="advice",
    )


def _wrong(case: CheckedSpec, term: Term, data_loss: float) -> Finding:
    what = "lowers the objective" if term.once < 0 else "does not grow with λ"
    return found(
        "penalty_does_not_rise",
        f"The penalty {term.name} {what}.",
        f"it adds {term.once:.4g} with λ and {term.twice:.4g} with 2λ to the loss {data_loss:.4g}",
        "A penalty is added to the loss, so that minimising the sum keeps weights or outputs small. With a wrong sign "
        "it makes them larger.",
        numbers={"penalty": term.once, "penalty_with_twice_lambda": term.twice, "data_loss": data_loss},
        section=SECTION,
        command=case.with_keys("gradcheck"),
    )
