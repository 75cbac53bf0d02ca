"""Training with Keras on JAX: ``model.compile(jit_compile=True)`` and ``fit``, an epoch between two evaluations.

``steps_per_execution`` lets one call compute up to 20 steps: 1.1 ms a step of adam, against 1.5 ms by single steps and
4.0 ms with ``train_on_batch``. Evaluation is ``evaluate`` with 1,000 samples at once, 100 with convolutions.
Compilation is left out of the time: an epoch on a copy of the weights comes before. Images lie as N, H, W, C; the
network starts with the same weights as nnlab's.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

from collections.abc import Iterator
from itertools import repeat
from time import perf_counter
from typing import Any

import keras
import numpy as np

from benchmarks.jax_layers import layer_functions
from benchmarks.training import Course, Train, Trained
from nnlab.config.experiment import Experiment
from nnlab.core.arrays import Array
from nnlab.engine.run_setup import RunSetup
from nnlab.registry import registered_name

EVALUATION_BATCH = 1000
EVALUATION_BATCH_OF_CONVOLUTIONS = 100
STEPS_PER_EXECUTION = 20


class LocalResponseNorm(keras.layers.Layer):  # type: ignore[misc]
    """Keras has none."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.constants = layer

    def call(self, x: Any) -> Any:
        """x · (k + α Σ x²)^−β over neighbouring channels."""
        layer = self.constants
        around = layer.size // 2
        squares = keras.ops.pad(x * x, [(0, 0), (0, 0), (0, 0), (around, around)])
        sums = sum(squares[..., i : i + x.shape[-1]] for i in range(2 * around + 1))
        return x * (layer.k + layer.alpha * sums) ** -layer.beta


def prepare(experiment: Experiment) -> Train:
    """Build, compile and warm up."""
    setup = RunSetup(experiment).allocate()
    course = Course(experiment, setup)
    network = layer_functions(setup.network.layers)
    train = network.inputs(course.train)
    test = network.inputs(course.test) if course.test else None
    l2 = sum(penalty.strength for penalty in experiment.penalty if registered_name(penalty) == "l2")
    built = [_made(layer, l2) for layer in setup.network.layers]
    model = keras.Sequential([keras.Input(train[0].shape[1:]), *(layer for layer in built if layer)])
    weights = [
        array
        for layer, values, running in zip(setup.network.layers, network.values, network.state, strict=True)
        for array in (*values.values(), *running)
    ]
    x_count, y_count = train[0][: course.evaluated], train[1][: course.evaluated]

    chunk = EVALUATION_BATCH_OF_CONVOLUTIONS if network.images else EVALUATION_BATCH
    model.compile(
        optimizer=_optimizer(experiment),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        weighted_metrics=["accuracy"],
        jit_compile=True,
        steps_per_execution=min(STEPS_PER_EXECUTION, course.eval_every),
    )
    model.optimizer.build(model.trainable_variables)
    slots = [(variable, np.array(variable)) for variable in model.optimizer.variables]

    def evaluate() -> tuple[float, float]:
        loss, accuracy = model.evaluate(x_count, y_count, batch_size=min(chunk, len(y_count)), verbose=0)
        if test:
            _, accuracy = model.evaluate(*test, batch_size=min(chunk, len(test[1])), verbose=0)
        return float(loss), float(accuracy)

    def batches() -> Iterator[tuple[Array, Array]]:
        if course.full:
            yield from repeat(train)
        for chosen in course.indices():
            yield train[0][chosen], train[1][chosen]

    def run(iterations: int) -> Trained:
        model.set_weights(weights)
        for variable, start in slots:
            variable.assign(start)
        source = batches()
        started = perf_counter()
        loss, accuracy = evaluate()
        done = 0
        while done < iterations:
            steps = min(course.eval_every, iterations - done)
            model.fit(source, epochs=1, steps_per_epoch=steps, verbose=0)
            loss, accuracy = evaluate()
            done += steps
        seconds = perf_counter() - started
        penalty = sum(float(np.sum(np.square(array))) for array in model.get_weights() if array.ndim > 1)
        return Trained(seconds, accuracy, loss - l2 / 2 * penalty)  # Keras adds it to the loss of an evaluation too

    run(min(2 * STEPS_PER_EXECUTION, course.iterations))
    return lambda: run(course.iterations)


def _made(layer: Any, l2: float) -> Any:
    match registered_name(layer):
        case "linear":
            return keras.layers.Dense(layer.units, kernel_regularizer=keras.regularizers.L2(l2 / 2) if l2 else None)
        case "conv2d":
            padded = layer.padding if isinstance(layer.padding, int) else 0
            convolution = keras.layers.Conv2D(
                layer.filters, layer.kernel, layer.stride, "same" if layer.padding == "same" else "valid"
            )
            return keras.Sequential([keras.layers.ZeroPadding2D(padded), convolution]) if padded else convolution
        case "max_pool":
            return keras.layers.MaxPooling2D(layer.size, layer.stride)
        case "batch_norm":
            return keras.layers.BatchNormalization(momentum=layer.momentum, epsilon=layer.eps)
        case "upsample":
            return keras.layers.UpSampling2D(layer.factor)
        case "dropout":
            return keras.layers.Dropout(layer.rate)
        case "lrn":
            return LocalResponseNorm(layer)
        case "flatten":
            return keras.layers.Flatten() if len(layer.in_shape) == 3 else None
        case name:
            return keras.layers.Activation(name)


def _optimizer(experiment: Experiment) -> Any:
    rule: Any = experiment.optimizer  # its name says which fields it has
    match registered_name(rule):
        case "sgd":
            return keras.optimizers.SGD(rule.lr)
        case "momentum":
            return keras.optimizers.SGD(rule.lr, momentum=rule.momentum)
        case "adam":
            return keras.optimizers.Adam(rule.lr, beta_1=rule.beta1, beta_2=rule.beta2, epsilon=rule.eps)
        case name:
            raise ValueError(f"no optimizer of Keras is written down here for {name}")
