"""Large layers whose products replicas compute together: for which layers, and which part each computes."""

from dataclasses import dataclass

import numpy as np
import pytest
from trainings import make_network

from nnlab.core.arrays import Array, Shape
from nnlab.core.threads import Workers
from nnlab.data.dataset import Dataset, Split
from nnlab.engine import joint_layer
from nnlab.engine.data_parallel import DataParallel, DataParallelLoss
from nnlab.engine.evaluation import Evaluation
from nnlab.engine.joint_layer import is_joint, part_of_weights
from nnlab.layers.activations import ReLU
from nnlab.layers.base import Layer
from nnlab.layers.linear import Linear
from nnlab.losses import CrossEntropy


@dataclass(kw_only=True)
class Doubled(Linear):
    """y = 2(xW + b)."""

    def forward(self, x: Array, *, training: bool) -> Array:
        return 2 * super().forward(x, training=training)

    def backward_parameters(self, dy: Array) -> None:
        super().backward_parameters(2 * dy)

    def backward(self, dy: Array) -> Array:
        self.backward_parameters(dy)
        return 2 * dy @ self.W.value.T


@dataclass(kw_only=True)
class WithShape(Linear):
    """A linear layer that has something to say before a batch is there, and a method of its own."""

    units: int = 4

    def build(self, in_shape: Shape) -> Shape:
        return super().build(in_shape)

    def largest_weight(self) -> float:
        return float(np.abs(self.W.value).max())


@dataclass(kw_only=True)
class Penalised(Linear):
    """A penalty of the last input."""

    def activity_penalty(self) -> float:
        return float((self._x**2).mean())


class PenaltyOfInput(Layer):
    """Methods for layers of another base."""

    def activity_penalty(self) -> float:
        return float((vars(self)["_x"] ** 2).mean())


@dataclass(kw_only=True)
class PenalisedByMixin(Linear, PenaltyOfInput):
    """A linear layer that takes a penalty from a class after its own."""


@pytest.fixture(autouse=True)
def every_size_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joint_layer, "JOINT_WEIGHTS", 12)


def test_large_trained_linear_layers_are_joint() -> None:
    network = make_network(
        [Linear(units=4), Linear(units=3, frozen=True), ReLU(), WithShape(), Linear(units=2)], (3,), 2
    )
    assert [is_joint(layer) for layer in network.layers] == [True, False, False, True, False]


@pytest.mark.parametrize("cls", [Doubled, Penalised, PenalisedByMixin])
def test_a_subclass_that_computes_or_reads_something_of_its_own_is_not_joint(cls: type[Linear]) -> None:
    assert not is_joint(make_network([cls(units=4), Linear(units=2)], (3,), 2).layers[0])


def test_a_subclass_with_another_forward_computes_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((7, 4)), rng.integers(3, size=7)
    whole, cut = (make_network([Doubled(units=5), ReLU(), Doubled(units=3)], (4,), 3) for _ in range(2))
    parallel, loss, of_parts = DataParallel(cut, 2, Workers(1)), CrossEntropy(), DataParallelLoss(CrossEntropy(), 2)
    np.testing.assert_allclose(parallel.forward(x, training=True), whole.forward(x, training=True), rtol=1e-12)
    for network, own in ((whole, loss), (parallel, of_parts)):
        own.forward(network.forward(x, training=True), labels)
        network.backward(own.backward())
    np.testing.assert_allclose(cut.flat.gradients, whole.flat.gradients, rtol=1e-10, atol=1e-14)
    dataset = Dataset(Split(x, labels), None, ("a", "b", "c"))
    rows = []
    for halved in (False, True):
        monkeypatch.setattr("nnlab.engine.chunked_evaluation.worth_splitting", lambda network, samples, to=halved: to)
        evaluation = Evaluation(whole, loss, [], dataset, "all", 100, Workers(1))
        rows.append(evaluation.row(0, 0.0, 0.1, lambda: (x, labels)))
    assert rows[1]["train_loss"] == pytest.approx(rows[0]["train_loss"], rel=1e-12)


def test_a_subclass_that_reads_its_last_input_has_that_of_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((7, 4)), rng.integers(3, size=7)
    monkeypatch.setattr("nnlab.engine.chunked_evaluation.worth_splitting", lambda network, samples: True)
    network = make_network([Penalised(units=5), ReLU(), Penalised(units=3)], (4,), 3)
    network.forward(x[:2] + 1, training=True)  # another batch before
    dataset = Dataset(Split(x, labels), None, ("a", "b", "c"))
    Evaluation(network, CrossEntropy(), [], dataset, "all", 7, Workers(1)).row(0, 0.0, 0.1, lambda: (x, labels))
    halves = [float((half**2).mean()) for half in (x[:4], x[4:])]
    assert network.layers[0].activity_penalty() in map(pytest.approx, halves)


@pytest.mark.parametrize(("size", "count"), [(7, 3), (2, 3), (8, 2)])
def test_parts_of_weights_cover_them_once(size: int, count: int) -> None:
    parts = [range(size)[part_of_weights(size, index, count)] for index in range(count)]
    assert [number for part in parts for number in part] == list(range(size))
