"""Training with the textbook layers: float64, new arrays at every step."""

from time import perf_counter

import numpy as np

from benchmarks.workloads import evaluated_training_samples
from nnlab import textbook
from nnlab.config.experiment import Experiment
from nnlab.data.pipeline.batches import Batch, BatchLoader
from nnlab.engine.run_setup import RunSetup
from nnlab.models.textbook_twins import twin_of_network, twin_of_optimizer


def train(experiment: Experiment) -> tuple[float, float]:
    """Seconds of the training loop with evaluations, and the final accuracy."""
    setup = RunSetup(experiment).allocate()
    dataset = setup.dataset
    network = twin_of_network(setup.network, experiment.loss, dataset.class_counts, experiment.penalty)
    optimizer = twin_of_optimizer(experiment.optimizer)
    x, t = BatchLoader(dataset.train, "float64").everything()
    test = BatchLoader(dataset.test, "float64").everything() if dataset.test else None
    N, size = len(x), setup.batches.batch_size
    count = evaluated_training_samples(experiment, N, size)
    rng = np.random.RandomState(experiment.seed)
    accuracy = 0.0
    started = perf_counter()
    for step in range(setup.iterations + 1):
        if step % setup.eval_every == 0 or step == setup.iterations:
            accuracy = score(network, (x[:count], t[:count]))
            if test:
                accuracy = score(network, test)
        if step == setup.iterations:
            break
        setup.network.streams.step = step + 1  # addresses the masks of dropout
        batch = np.arange(N) if size == N else rng.choice(N, size)
        textbook.train(network, optimizer, x, t, [batch])
    return perf_counter() - started, accuracy


def score(network: textbook.Network, batch: Batch) -> float:
    """Accuracy, in chunks of 1,000 samples."""
    x, labels = batch
    correct = 0
    for start in range(0, len(x), 1000):
        scores = network.predict(x[start : start + 1000])
        correct += int((scores.argmax(axis=1) == labels[start : start + 1000]).sum())
    return correct / len(x)
