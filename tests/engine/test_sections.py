"""Large layers whose products are split between the replicas of a network: the same gradients as one network's."""

from copy import deepcopy

import numpy as np
import pytest
from trainings import make_network

from nnlab.core.arrays import Array, Shape
from nnlab.core.threads import Workers
from nnlab.engine import joint_layer
from nnlab.engine.data_parallel import DataParallel, DataParallelLoss
from nnlab.layers.activations import ReLU
from nnlab.layers.base import Layer
from nnlab.layers.conv import Conv2D
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear
from nnlab.layers.pool import MaxPool
from nnlab.layers.rnn import RNN
from nnlab.losses import CrossEntropy
from nnlab.models.network import Network

NETWORKS: dict[str, tuple[list[Layer], Shape, list[int]]] = {
    "first, middle and last": ([Linear(units=8), ReLU(), Linear(units=7), ReLU(), Linear(units=3)], (5,), [0, 1, 1]),
    "one after the other": ([Linear(units=8, bias=False), Linear(units=7), Linear(units=3)], (5,), [0, 0, 0]),
    "after images": (
        [Conv2D(filters=2), ReLU(), MaxPool(), Flatten(), Linear(units=6), ReLU(), Linear(units=3)],
        (2, 6, 6),
        [4, 1],
    ),
    "after frozen layers": (
        [Linear(units=8, frozen=True), ReLU(), Linear(units=7), ReLU(), Linear(units=3)],
        (5,),
        [2, 1],
    ),
    "with frozen layers between": (
        [Linear(units=8), Linear(units=6, frozen=True), ReLU(), Linear(units=3, frozen=True), ReLU()],
        (5,),
        [0, 4],
    ),
    "of sequences": ([Linear(units=6), RNN(units=4), Linear(units=5), ReLU(), Linear(units=3)], (4, 2), [0, 1, 1]),
}


def network_of(name: str) -> Network:
    layers, shape, _ = NETWORKS[name]
    out_shape = (4, 3) if name == "of sequences" else (3,)
    return make_network(deepcopy(layers), shape, out_shape)


def gradients(network: Network, loss: CrossEntropy | DataParallelLoss, x: Array, labels: Array) -> tuple[Array, Array]:
    network.flat.gradients.fill(0.0 if any(layer.frozen for layer in network.layers) else np.nan)
    loss.forward(network.forward(x, training=True), labels)
    network.backward(loss.backward())
    written = network.flat.gradients.copy()
    return written, network.input_gradient(loss.backward())


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("samples", [7, 2])
@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_are_those_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, name: str, samples: int, threads: int
) -> None:
    monkeypatch.setattr(joint_layer, "JOINT_WEIGHTS", 1)
    rng = np.random.default_rng(samples)
    whole, cut = network_of(name), network_of(name)
    x = rng.standard_normal((samples, *whole.in_shape))
    labels = rng.integers(3, size=(samples, *whole.out_shape[:-1]))
    parallel = DataParallel(cut, 3, Workers(threads))
    assert [section.stop - section.start for section in parallel._sections] == NETWORKS[name][2]
    expected = gradients(whole, CrossEntropy(), x, labels)
    for _ in range(2):  # what a step leaves behind changes nothing
        found = gradients(parallel, DataParallelLoss(CrossEntropy(), 3), x, labels)
        for own, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(own, other, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(parallel.forward(x, training=False), whole.forward(x, training=False), rtol=1e-12)


def test_threads_change_no_bit_where_products_are_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joint_layer, "JOINT_WEIGHTS", 100)
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((31, 40), np.float32), rng.integers(3, size=31)
    found = []
    for threads in (1, 2):
        layers = [Linear(units=33), ReLU(), Linear(units=17), ReLU(), Linear(units=3)]
        network = make_network(layers, (40,), 3, dtype="float32")
        parallel = DataParallel(network, 2, Workers(threads))
        gradients(parallel, DataParallelLoss(CrossEntropy(), 2), x, labels)
        found.append(network.flat.gradients.copy())
    np.testing.assert_array_equal(*found)


def test_small_layers_are_computed_part_by_part() -> None:
    (section,) = DataParallel(network_of("first, middle and last"), 2, Workers(1))._sections
    assert not section.joint
