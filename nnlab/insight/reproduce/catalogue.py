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
# In the order of the book; those of the notes follow.
_ORDER = (
    *numerical_gradients.EXPERIMENTS,
    mnist.TWO_LAYER,
    optimizers.OPTIMIZER_PATHS,
    mnist.OPTIMIZERS_ON_MNIST,
    initial_weights.ACTIVATION_HISTOGRAMS,
    mnist.WEIGHT_INIT,
    mnist.BATCH_NORM,
    *overfitting.EXPERIMENTS,
    *convolutions.EXPERIMENTS,
    *spirals.EXPERIMENTS,
)
EXPERIMENTS: Mapping[str, Experiment] = {experiment.name: experiment for experiment in _ORDER}


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
