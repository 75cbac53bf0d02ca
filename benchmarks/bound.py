"""Lower bound of the training time: the operations of all matrix products over the speed of one large product."""

from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.training import evaluated_training_samples
from nnlab.config.experiment import Experiment
from nnlab.engine.run_setup import RunSetup
from nnlab.layers.planning import multiply_adds

SIZE = 2048


def operations(experiment: Experiment) -> float:
    """Multiplications and additions in the matrix products of a training with its evaluations."""
    setup = RunSetup(experiment).allocate()
    layers = setup.network.layers
    forward = sum(multiply_adds(layer) for layer in layers)
    first = next(layer for layer in layers if layer.parameters)
    # Backward are two products more for each layer, but no gradient for the data.
    samples = setup.iterations * setup.batches.batch_size
    count = 2.0 * samples * (3 * forward - multiply_adds(first))
    evaluations = 1 - (-setup.iterations // setup.eval_every)  # the last step is always evaluated
    evaluated = evaluated_training_samples(experiment, len(setup.dataset.train), setup.batches.batch_size)
    evaluated += len(setup.dataset.test) if setup.dataset.test else 0
    return count + 2.0 * evaluations * evaluated * forward


def operations_per_second(threads: int) -> float:
    """Operations per second of one large matrix product."""
    A = np.ones((SIZE, SIZE), np.float32)
    best = float("inf")
    with threadpool_limits(threads):
        for _ in range(5):
            started = perf_counter()
            A @ A
            best = min(best, perf_counter() - started)
    return 2 * SIZE**3 / best
