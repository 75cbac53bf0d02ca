"""The published experiments that nnlab reproduces, by name."""

from collections.abc import Mapping, Sequence

from nnlab.errors import UsageError
from nnlab.insight.reproduce import (
    convolutions,
    initial_weights,
    mnist,
    numerical_gradients,
    optimizers,
    overfitting,
    spirals,
)
from nnlab.insight.reproduce.claims import Experiment
from nnlab.text import near_hint, quote

ALL = "all"
_TABLES = (numerical_gradients, mnist, optimizers, initial_weights, overfitting, convolutions, spirals)
EXPERIMENTS: Mapping[str, Experiment] = {
    experiment.name: experiment for table in _TABLES for experiment in table.EXPERIMENTS
}


def chosen(names: Sequence[str], *, quick: bool = False) -> list[Experiment]:
    """The experiments of these names, in the order of the books, each once; ``all`` stands for all of them.

    ``quick`` leaves those that take seconds, of all where there are no names. Raises UsageError for an unknown name.
    """
    for name in names:
        if name not in EXPERIMENTS and name != ALL:
            hint = near_hint(name, [*EXPERIMENTS, ALL])
            raise UsageError(f"no published experiment is called {quote(name)}; {hint}nnlab reproduce lists them")
    wanted = [one for one in EXPERIMENTS.values() if ALL in names or one.name in names or (quick and not names)]
    return [one for one in wanted if one.is_quick or not quick]
