"""Training with the textbook layers: float64, new arrays at every step."""

from time import perf_counter

import numpy as np

from benchmarks.training import Course, Train, Trained
from nnlab import textbook
from nnlab.config.experiment import Experiment
from nnlab.core.arrays import Array
from nnlab.engine.run_setup import RunSetup
from nnlab.models.textbook_twins import twin_of_network, twin_of_optimizer

CHUNK = 1000


def prepare(experiment: Experiment) -> Train:
    """Each training starts from the same weights."""
    course = Course(experiment, RunSetup(experiment))
    (x, t), test = course.train, course.test
    x = x.astype(np.float64)
    count = course.evaluated

    def train() -> Trained:
        setup = RunSetup(experiment).allocate()
        network = twin_of_network(setup.network, experiment.loss, setup.dataset.class_counts, experiment.penalty)
        optimizer = twin_of_optimizer(experiment.optimizer)
        accuracy, chosen = 0.0, course.indices()
        started = perf_counter()
        for step in range(course.iterations + 1):
            if course.evaluated_at(step):
                accuracy = score(network, x[:count], t[:count])
                if test:
                    accuracy = score(network, *test)
            if step == course.iterations:
                break
            setup.network.streams.step = step + 1  # addresses the masks of dropout
            batch = np.arange(course.samples) if course.full else next(chosen)
            textbook.train(network, optimizer, x, t, [batch])
        return Trained(perf_counter() - started, accuracy)

    return train


def score(network: textbook.Network, x: Array, labels: Array) -> float:
    """Accuracy, in chunks."""
    correct = 0
    for start in range(0, len(x), CHUNK):
        scores = network.predict(x[start : start + CHUNK].astype(np.float64))
        correct += int((scores.argmax(axis=1) == labels[start : start + CHUNK]).sum())
    return correct / len(x)
