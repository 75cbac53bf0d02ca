"""Training with scikit-learn's MLPClassifier: fully connected, ReLU, tanh or sigmoid, SGD or Adam."""

from time import perf_counter
from typing import Any

from sklearn.neural_network import MLPClassifier

from benchmarks.training import Course, Train, Trained
from nnlab.config.experiment import Experiment
from nnlab.core.arrays import Array
from nnlab.data.pipeline.batches import Batch
from nnlab.engine.run_setup import RunSetup
from nnlab.models.mlp import MLP
from nnlab.registry import registered_name

ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "logistic", "identity": "identity"}


def prepare(experiment: Experiment) -> Train:
    """The same number of steps with the same evaluations except the first, from weights of its own.

    Without L2 (its alpha acts in another way), which makes its work a little less.
    """
    course = Course(experiment, RunSetup(experiment))
    x, y = _flat(course.train)
    test = _flat(course.test) if course.test else None
    rule: Any = experiment.optimizer  # of which only some have a momentum
    model = experiment.model
    assert isinstance(model, MLP)
    classes = sorted(set(y.tolist()))

    def train() -> Trained:
        network = MLPClassifier(
            tuple(model.hidden),
            activation=ACTIVATIONS[registered_name(model.activation)],
            solver="adam" if registered_name(rule) == "adam" else "sgd",
            learning_rate_init=rule.lr,
            momentum=getattr(rule, "momentum", 0.0),
            nesterovs_momentum=False,
            alpha=0.0,
            batch_size=course.batch_size,
            random_state=experiment.seed,
        )
        accuracy, chosen = 0.0, course.indices()
        started = perf_counter()
        for step in range(1, course.iterations + 1):
            rows = slice(None) if course.full else next(chosen)
            network.partial_fit(x[rows], y[rows], classes=classes)
            if course.evaluated_at(step):
                accuracy = network.score(x[: course.evaluated], y[: course.evaluated])
                if test:
                    accuracy = network.score(*test)
        return Trained(perf_counter() - started, accuracy)

    return train


def _flat(batch: Batch) -> tuple[Array, Array]:
    x, y = batch
    return x.reshape(len(x), -1), y
