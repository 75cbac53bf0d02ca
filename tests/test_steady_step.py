"""A steady-state training step allocates no large arrays."""

import tracemalloc
from collections.abc import Callable
from math import prod

import numpy as np
import pytest
from trainings import make_network, make_setup_on

from nnlab.core.task import CLASSES, Task
from nnlab.data.dataset import Dataset, Split
from nnlab.engine.loop import train
from nnlab.layers.activations import ReLU
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.conv import Conv2D
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear
from nnlab.layers.pool import MaxPool
from nnlab.losses import CrossEntropy
from nnlab.models.sequential import Sequential
from nnlab.optim.adam import Adam
from nnlab.registry import REGISTRIES, losses
from nnlab.regularizers import L1, L2, RegularizerTerm
from tests.test_contract_table import TABLE

pytestmark = pytest.mark.slow

LIMIT = 64 * 1024
# Where rows do not lie side by side, NumPy walks over them with three buffers of 8,192 numbers.
BUFFERS = 3 * 8192 * np.dtype(np.float32).itemsize
# Large enough that even one byte for each number of a batch is above both.
NUMBERS = 300_000


def allocated(step: Callable[[], object]) -> int:
    """Bytes in use at the worst moment of a step beyond those before it, once everything has been used."""
    step()
    step()
    tracemalloc.start()
    try:
        step()
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        step()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return peak - before


def test_short_lived_arrays_are_measured() -> None:
    x = np.zeros(LIMIT)
    assert allocated(lambda: (x + 1).sum()) >= x.nbytes
    assert allocated(lambda: np.add(x, 1, out=x)) < LIMIT / 8


@pytest.mark.parametrize("name", TABLE["layer"])
@pytest.mark.parametrize("order", ["channels first", "channels last"])
def test_layer_reuses_memory(name: str, order: str) -> None:
    keys, in_shape, out_shape = TABLE["layer"][name]
    network = make_network(
        [REGISTRIES["layer"][name](**keys), Flatten(), Linear(units=2)], in_shape, 2, dtype="float32"
    )
    layer = network.layers[0]
    N = NUMBERS // min(prod(in_shape), prod(out_shape))
    rng = np.random.default_rng(0)
    x = layer.example_inputs(rng, N).astype(np.float32)
    dy = rng.standard_normal((N, *out_shape)).astype(np.float32)
    if order == "channels last" and x.ndim == 4:
        x = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)

    def step() -> None:
        layer.forward(x, training=True)
        layer.activity_penalty()
        layer.backward(dy)

    assert allocated(step) < LIMIT + BUFFERS


@pytest.mark.parametrize(("name", "task"), [(name, task) for name in TABLE["loss"] for task in losses[name].tasks])
def test_loss_reuses_memory(name: str, task: Task) -> None:
    loss = losses[name](**TABLE["loss"][name])
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((1000, 100)).astype(np.float32)
    targets = rng.integers(100, size=1000) if task == CLASSES else rng.standard_normal((1000, 100))
    # Numbers are float64 in a network of float32 too: NumPy converts them in buffers.
    limit = LIMIT if task == CLASSES else LIMIT + 2 * BUFFERS
    assert limit < scores.nbytes
    assert allocated(lambda: (loss.forward(scores, targets), loss.backward())) < limit


@pytest.mark.parametrize("name", TABLE["penalty"])
def test_regularizer_reuses_memory(name: str) -> None:
    term = RegularizerTerm(REGISTRIES["penalty"][name](strength=0.1), *np.ones((2, 50_000), np.float32))
    assert allocated(lambda: (term.value(), term.add_gradient())) < LIMIT


@pytest.mark.parametrize("name", TABLE["optimizer"])
def test_optimizer_reuses_memory(name: str) -> None:
    keys = TABLE["optimizer"][name]
    rule = REGISTRIES["optimizer"][name](**keys[0] if isinstance(keys, tuple) else keys)
    rule.bind(*np.ones((2, 100_000), np.float32), regularized=90_000)
    assert allocated(rule.step) < LIMIT


@pytest.mark.parametrize(("shards", "threads"), [(1, 1), (2, 1), (2, 2)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_training_step_reuses_memory(dtype: str, shards: int, threads: int) -> None:
    layers = [Conv2D(filters=8), ReLU(), MaxPool(), Conv2D(filters=8), ReLU(), Flatten(), Linear(units=100)]
    layers += [ReLU(), Linear(units=10)] if shards > 1 else [BatchNorm(), ReLU(), Linear(units=10)]
    rng = np.random.default_rng(0)
    split = Split(rng.integers(256, size=(1000, 1, 28, 28), dtype=np.uint8), rng.integers(10, size=1000))
    setup = make_setup_on(
        Dataset(split, split.first(200), tuple("abcdefghij")),
        Sequential(layers=layers),
        Adam(),
        loss=CrossEntropy(smoothing=0.1),
        penalty=[L1(strength=1e-4), L2(strength=1e-4)],
        dtype=dtype,
        threads=threads,
        shards=shards,
        batch_size=100,
        iterations=8,
        eval_every=8,
        eval_train=200,
        clip_norm=1.0,
        clip_value=0.5,
    )

    class PatienceCounter:
        """Measures from the end of one update to the end of the next."""

        def __init__(self) -> None:
            self.peaks: list[int] = []

        def on_step(self, step: int, objective: float) -> None:
            current, peak = tracemalloc.get_traced_memory()
            self.peaks.append(peak - self.before if step > 1 else 0)
            self.before = current
            tracemalloc.reset_peak()

        def on_evaluation(self, row: object) -> None:
            """Evaluations come first and last only."""

    watch = PatienceCounter()
    tracemalloc.start()
    try:
        train(setup, [watch], lambda: False)
    finally:
        tracemalloc.stop()
    assert len(watch.peaks) == 8
    assert max(watch.peaks[4:]) < LIMIT + shards * BUFFERS * np.dtype(dtype).itemsize // 4
