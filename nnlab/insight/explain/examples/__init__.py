"""Worked examples: for each kind of component a small computation that it does itself."""

from collections.abc import Callable, Mapping

from nnlab.insight.explain.examples.layers import layer_example
from nnlab.insight.explain.examples.losses import loss_example, penalty_example
from nnlab.insight.explain.examples.measures import metric_example
from nnlab.insight.explain.examples.models import model_example
from nnlab.insight.explain.examples.optimizers import optimizer_example
from nnlab.insight.explain.examples.points import function_example, search_example
from nnlab.insight.explain.examples.rates import control_example, schedule_example
from nnlab.insight.explain.examples.samples import augmentation_example, dataset_example
from nnlab.insight.explain.examples.weights import initialiser_example
from nnlab.insight.explain.worked_example import WorkedExample

EXAMPLES: Mapping[str, Callable[[str], WorkedExample]] = {
    "dataset": dataset_example,
    "augmentation": augmentation_example,
    "model": model_example,
    "layer": layer_example,
    "activation": layer_example,
    "initialiser": initialiser_example,
    "loss": loss_example,
    "metric": metric_example,
    "penalty": penalty_example,
    "optimizer": optimizer_example,
    "schedule": schedule_example,
    "control": control_example,
    "function": function_example,
    "search": search_example,
}
"""How each kind is shown, by the name of a component."""
