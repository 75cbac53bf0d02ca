"""Training with scikit-learn's MLPClassifier: fully connected, ReLU, tanh or sigmoid, SGD or Adam."""

from time import perf_counter

from sklearn.neural_network import MLPClassifier

from benchmarks.workloads import evaluated_training_samples
from nnlab.config.experiment import Experiment
from nnlab.data.dataset import Split
from nnlab.data.pipeline.batches import Batch, BatchLoader
from nnlab.engine.run_setup import RunSetup
from nnlab.models.mlp import MLP
from nnlab.registry import registered_name

ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "logistic", "identity": "identity"}


def can(experiment: Experiment) -> bool:
    """Whether MLPClassifier supports this workload."""
    model, rule = experiment.model, registered_name(experiment.optimizer)
    return isinstance(model, MLP) and not model.batch_norm and not model.dropout and rule in ("sgd", "adam", "momentum")


def train(experiment: Experiment) -> tuple[float, float]:
    """Seconds of the same number of steps with the same evaluations except the first, and the final accuracy.

    Without L2 (its alpha acts in another way), which makes its work a little less.
    """
    setup = RunSetup(experiment)
    batches, settings = setup.batches, experiment.train
    x, y = _flat(setup.dataset.train)
    test = _flat(setup.dataset.test) if setup.dataset.test else None
    iterations = settings.iterations or (settings.epochs or 0) * batches.steps_per_epoch
    rule = experiment.optimizer
    network = MLPClassifier(
        tuple(experiment.model.hidden),
        activation=ACTIVATIONS[registered_name(experiment.model.activation)],
        solver="adam" if registered_name(rule) == "adam" else "sgd",
        learning_rate_init=rule.lr,
        momentum=getattr(rule, "momentum", 0.0),
        nesterovs_momentum=False,
        alpha=0.0,
        batch_size=batches.batch_size,
        random_state=experiment.seed,
    )
    classes = sorted(set(y.tolist()))
    accuracy = 0.0
    started = perf_counter()
    size, N = batches.batch_size, len(x)
    every = settings.eval_every if isinstance(settings.eval_every, int) else batches.steps_per_epoch
    for step in range(1, iterations + 1):
        start = (step - 1) * size % (N - N % size)
        network.partial_fit(x[start : start + size], y[start : start + size], classes=classes)
        if step % every == 0 or step == iterations:
            count = evaluated_training_samples(experiment, N, size)
            accuracy = network.score(x[:count], y[:count])
            if test:
                accuracy = network.score(*test)
    return perf_counter() - started, accuracy


def _flat(split: Split) -> Batch:
    x, y = BatchLoader(split, "float32").everything()
    return x.reshape(len(x), -1), y
