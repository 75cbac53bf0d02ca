"""The checks in the order in which they run: data, network before training, short trainings, cost."""

from collections.abc import Callable, Iterator, Sequence

from nnlab.errors import UsageError
from nnlab.insight.sanity.checked_gradients import gradients
from nnlab.insight.sanity.checked_spec import CheckedSpec
from nnlab.insight.sanity.cost import cost
from nnlab.insight.sanity.determinism import determinism
from nnlab.insight.sanity.gradient_flow import gradient_flow
from nnlab.insight.sanity.independence import independence
from nnlab.insight.sanity.initial_loss import initial_loss
from nnlab.insight.sanity.inputs import inputs
from nnlab.insight.sanity.labels import labels
from nnlab.insight.sanity.overfit import overfit
from nnlab.insight.sanity.penalties import penalties
from nnlab.insight.sanity.permuted_labels import permuted_labels
from nnlab.insight.sanity.result import CheckResult, Verdict
from nnlab.text import near_hint, quote

CHECKS: dict[str, Callable[[CheckedSpec], Verdict]] = {
    "inputs": inputs,
    "labels": labels,
    "initial_loss": initial_loss,
    "penalties": penalties,
    "gradients": gradients,
    "gradient_flow": gradient_flow,
    "independence": independence,
    "determinism": determinism,
    "overfit": overfit,
    "permuted_labels": permuted_labels,
    "cost": cost,
}


def chosen_checks(only: Sequence[str], skip: Sequence[str]) -> list[str]:
    """The names of the checks to run, in order; raises UsageError for unknown names and for none left."""
    for name in (*only, *skip):
        if name not in CHECKS:
            raise UsageError(
                f"no check is called {quote(name)}; {near_hint(name, list(CHECKS))}there are {', '.join(CHECKS)}"
            )
    names = [name for name in CHECKS if (not only or name in only) and name not in skip]
    if not names:
        raise UsageError("no check is left to run")
    return names


def run_checks(case: CheckedSpec, names: Sequence[str], started: Callable[[str], None]) -> Iterator[CheckResult]:
    """Run checks one after the other; ``started`` is called with the name of each before it runs."""
    for name in names:
        started(name)
        yield CheckResult(name, CHECKS[name](case))
