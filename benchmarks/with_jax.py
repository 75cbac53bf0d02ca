"""Training with JAX: one jitted step with donated buffers, data on the device, evaluation jitted.

The steps between two evaluations are one ``lax.scan``, or a call for each step, whichever is faster in a trial before;
likewise the number of samples that an evaluation computes at once. Images lie as N, H, W, C. Compilation is left out
of the time. The network starts with the same weights as nnlab's.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.jax_layers import State, Values, layer_functions
from benchmarks.training import Course, Train, Trained
from nnlab.config.experiment import Experiment
from nnlab.core.arrays import Array
from nnlab.engine.run_setup import RunSetup
from nnlab.registry import registered_name

CHUNKS = (100, 500, 1000, 10_000)
TRIAL_SECONDS = 0.3


def prepare(experiment: Experiment) -> Train:
    """Compile, and choose how steps and evaluations are called."""
    setup = RunSetup(experiment).allocate()
    course = Course(experiment, setup)
    network = layer_functions(setup.network.layers)
    update, optimizer_state = update_rule(experiment)

    def initial() -> tuple[Values, State, Any, jax.Array]:
        values = jax.tree.map(jnp.array, network.values)
        return values, jax.tree.map(jnp.array, network.state), optimizer_state(values), jax.random.key(experiment.seed)

    def loss_of(values: Values, state: State, x: jax.Array, y: jax.Array, key: jax.Array) -> tuple[jax.Array, State]:
        scores, state = network.apply(values, state, x, key, training=True)
        return cross_entropy(scores, y), state

    def one_step(carry: Any, x: jax.Array, y: jax.Array) -> tuple[Any, jax.Array]:
        values, state, slots, key = carry
        if network.random:
            key, own = jax.random.split(key)
        else:
            own = key
        (loss, state), gradients = jax.value_and_grad(loss_of, has_aux=True)(values, state, x, y, own)
        values, slots = update(values, gradients, slots)
        return (values, state, slots, key), loss

    @partial(jax.jit, donate_argnums=0)
    def step(carry: Any, x: jax.Array, y: jax.Array, chosen: jax.Array | None) -> tuple[Any, jax.Array]:
        return one_step(carry, x, y) if chosen is None else one_step(carry, x[chosen], y[chosen])

    @partial(jax.jit, donate_argnums=0, static_argnums=4)
    def scan(carry: Any, x: jax.Array, y: jax.Array, chosen: jax.Array | None, steps: int) -> tuple[Any, jax.Array]:
        def body(carry: Any, rows: jax.Array | None) -> tuple[Any, jax.Array]:
            return one_step(carry, x, y) if rows is None else one_step(carry, x[rows], y[rows])

        return lax.scan(body, carry, chosen, steps)

    @jax.jit
    def score(values: Values, state: State, x: jax.Array, y: jax.Array) -> jax.Array:
        scores, _ = network.apply(values, state, x, jax.random.key(0), training=False)
        return jnp.array([cross_entropy(scores, y) * len(y), jnp.sum(scores.argmax(1) == y)])

    def evaluate(carry: Any, chunk: int) -> tuple[float, float]:
        values, state = carry[:2]

        def split(x: jax.Array, y: jax.Array) -> Array:
            parts = [score(values, state, x[i : i + chunk], y[i : i + chunk]) for i in range(0, len(y), chunk)]
            return np.asarray(sum(parts)) / len(y)

        loss, accuracy = split(x_train[: course.evaluated], y_train[: course.evaluated])
        if test:
            _, accuracy = split(*test)
        return float(loss), float(accuracy)

    def by_step(carry: Any, indices: Iterator[Array], steps: int) -> Any:
        for _ in range(steps):
            carry, _ = step(carry, x_train, y_train, None if course.full else next(indices))
        jax.block_until_ready(carry)
        return carry

    def by_scan(carry: Any, indices: Iterator[Array], steps: int) -> Any:
        chosen = None if course.full else np.stack(list(islice(indices, steps)))
        carry, _ = scan(carry, x_train, y_train, chosen, steps)
        jax.block_until_ready(carry)
        return carry

    x_train, y_train = (jnp.array(array) for array in network.inputs(course.train))
    test = tuple(jnp.array(array) for array in network.inputs(course.test)) if course.test else None
    longest = max(course.evaluated, len(test[1]) if test else 0)
    chunks = [chunk for chunk in CHUNKS if chunk < longest] + [min(longest, CHUNKS[-1])]
    chunk = fastest({size: partial(evaluate, initial(), size) for size in chunks})
    lengths = sorted(set(course.segments()))
    by_step(initial(), course.indices(), 1)
    one = _timed(partial(by_step, initial(), course.indices(), 1))
    steps = min(max(int(TRIAL_SECONDS / one), 1), lengths[-1])

    def trial(run: Callable[[Any, Iterator[Array], int], Any]) -> Callable[[], Any]:
        return lambda: run(initial(), course.indices(), steps)

    segment = fastest({by_step: trial(by_step), by_scan: trial(by_scan)})
    for length in lengths if segment is by_scan else ():  # compile for each
        segment(initial(), course.indices(), length)

    def train() -> Trained:
        carry, indices = jax.block_until_ready(initial()), course.indices()
        started = perf_counter()
        evaluate(carry, chunk)
        for steps in course.segments():
            carry = segment(carry, indices, steps)
            loss, accuracy = evaluate(carry, chunk)
        return Trained(perf_counter() - started, accuracy, loss)

    train.choices = f"{segment.__name__}, evaluation of {chunk} samples at once"  # type: ignore[attr-defined]
    return train


def fastest(choices: dict[Any, Callable[[], Any]]) -> Any:
    """The key of the call that takes the least time, after one call of each to compile."""
    seconds = {}
    for key, call in choices.items():
        call()
        seconds[key] = _timed(call)
        if seconds[key] < TRIAL_SECONDS:
            seconds[key] = min(seconds[key], _timed(call))
    return min(seconds, key=lambda key: seconds[key])


def _timed(call: Callable[[], Any]) -> float:
    started = perf_counter()
    call()
    return perf_counter() - started


def cross_entropy(scores: jax.Array, y: jax.Array) -> jax.Array:
    """Mean over the batch."""
    chosen = jnp.take_along_axis(scores, y[:, None], axis=1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(scores, axis=1) - chosen)


def update_rule(experiment: Experiment) -> tuple[Callable[..., tuple[Values, Any]], Callable[[Values], Any]]:
    """nnlab's formulas for SGD, momentum and Adam; L2 on weights only."""
    rule: Any = experiment.optimizer  # its name says which fields it has
    l2 = sum(penalty.strength for penalty in experiment.penalty if registered_name(penalty) == "l2")
    lr = rule.lr

    def decayed(theta: jax.Array, g: jax.Array) -> jax.Array:
        return g + l2 * theta if l2 and theta.ndim > 1 else g

    def sgd(values: Values, gradients: Values, slots: Any) -> tuple[Values, Any]:
        return jax.tree.map(lambda theta, g: theta - lr * decayed(theta, g), values, gradients), slots

    def momentum(values: Values, gradients: Values, slots: Any) -> tuple[Values, Any]:
        slots = jax.tree.map(lambda v, theta, g: rule.momentum * v - lr * decayed(theta, g), slots, values, gradients)
        return jax.tree.map(jnp.add, values, slots), slots

    def adam(values: Values, gradients: Values, slots: Any) -> tuple[Values, Any]:
        m, v, t = slots
        t = t + 1
        gradients = jax.tree.map(decayed, values, gradients)
        m = jax.tree.map(lambda m, g: rule.beta1 * m + (1 - rule.beta1) * g, m, gradients)
        v = jax.tree.map(lambda v, g: rule.beta2 * v + (1 - rule.beta2) * g * g, v, gradients)
        rate = lr * jnp.sqrt(1 - rule.beta2**t) / (1 - rule.beta1**t)
        values = jax.tree.map(lambda theta, m, v: theta - rate * m / (jnp.sqrt(v) + rule.eps), values, m, v)
        return values, (m, v, t)

    def zeros(values: Values) -> Values:
        return jax.tree.map(jnp.zeros_like, values)

    match registered_name(rule):
        case "sgd":
            return sgd, lambda values: ()
        case "momentum":
            return momentum, zeros
        case "adam":
            return adam, lambda values: (zeros(values), zeros(values), jnp.zeros((), jnp.int32))
        case name:
            raise ValueError(f"no update rule for JAX is written down here for {name}")
