"""Data parallelism: the objective and the gradients of the parts of a batch are those of the whole."""

from itertools import permutations

import numpy as np
import pytest
from trainings import make_network

from nnlab.core.arrays import Array
from nnlab.core.threads import Workers
from nnlab.engine.data_parallel import DataParallel, DataParallelLoss, MeanOfParts, automatic_shards, split_batch
from nnlab.layers.activations import ReLU
from nnlab.layers.activity import ActivityL1, ActivityL2
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.concat import Concat
from nnlab.layers.conv import Conv2D
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear
from nnlab.layers.pool import MaxPool
from nnlab.layers.residual import Residual
from nnlab.losses import CrossEntropy, Loss, MeanSquaredError
from nnlab.models.network import Network

SHAPE = (2, 6, 6)


def network_with_blocks() -> Network:
    layers = [
        Conv2D(filters=3),
        ReLU(),
        MaxPool(),
        ActivityL2(strength=0.2),
        Flatten(),
        Residual(layers=[Linear(units=10), ActivityL1(strength=0.3)]),  # 12 to 10: with a projection
        Residual(layers=[Residual(layers=[Linear(units=10), ActivityL2(strength=0.1)])]),
        Concat(branches=[[Linear(units=4), ActivityL2(strength=0.1)], [], [Residual(layers=[ReLU()])]]),
        Linear(units=3),
    ]
    return make_network(layers, SHAPE, 3)


def backpropagated(network: Network, loss: Loss | DataParallelLoss, x: Array, labels: Array) -> float:
    """The mean loss with the activity penalties; the gradients are written."""
    objective = loss.forward(network.forward(x, training=True), labels) + network.activity_penalty()
    network.backward(loss.backward())
    return objective


def test_what_needs_a_whole_batch_is_found_however_deep() -> None:
    deep = Residual(layers=[Residual(layers=[Linear(units=3), BatchNorm()])])
    network = make_network([deep, Linear(units=2)], (3,), 2, dtype=None)
    assert network.needs_batch() == "batch_norm in layer 1 residual"
    assert automatic_shards(network, 10**9, legacy=False) == 1


def test_a_network_is_as_it_was_after_a_batch_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.engine.joint_layer.JOINT_WEIGHTS", 1)
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((6, *SHAPE)), rng.integers(3, size=6)
    network, other, loss = network_with_blocks(), network_with_blocks(), CrossEntropy()
    backpropagated(DataParallel(network, 2, Workers(1)), DataParallelLoss(loss, 2), x, labels)
    for each in (network, other):
        each.flat.gradients.fill(np.nan)
        backpropagated(each, loss, x, labels)
    np.testing.assert_array_equal(network.flat.gradients, other.flat.gradients)


@pytest.mark.parametrize("joint_weights", [1, 2**19])
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("samples", [9, 7, 2, 1])
@pytest.mark.parametrize("loss", [CrossEntropy(), CrossEntropy(smoothing=0.1), MeanSquaredError()], ids=str)
def test_parts_add_up_to_the_whole(
    monkeypatch: pytest.MonkeyPatch, loss: Loss, samples: int, threads: int, joint_weights: int
) -> None:
    monkeypatch.setattr("nnlab.engine.joint_layer.JOINT_WEIGHTS", joint_weights)
    rng = np.random.default_rng(samples)
    x, labels = rng.standard_normal((samples, *SHAPE)), rng.integers(3, size=samples)
    whole, cut = network_with_blocks(), network_with_blocks()
    whole.flat.gradients.fill(np.nan)
    cut.flat.gradients.fill(np.nan)
    expected = backpropagated(whole, loss, x, labels)
    # Another batch first, of another size: nothing of it may be left.
    parallel, loss_of_parts = DataParallel(cut, 3, Workers(threads)), DataParallelLoss(loss, 3)
    backpropagated(parallel, loss_of_parts, np.concatenate([x, x]), np.concatenate([labels, labels]))
    assert backpropagated(parallel, loss_of_parts, x, labels) == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(cut.flat.gradients, whole.flat.gradients, rtol=1e-10, atol=1e-14)


def test_loss_and_activity_penalty_are_added_part_by_part_before_the_mean() -> None:
    """The last digits of steps.csv depend on the order of the sums."""
    rng, network = np.random.default_rng(0), network_with_blocks()
    parallel, loss = DataParallel(network, 2, Workers(1)), DataParallelLoss(CrossEntropy(), 2)
    otherwise = 0
    for _ in range(20):
        x, labels = rng.standard_normal((7, *SHAPE)), rng.integers(3, size=7)
        objective = loss.forward(parallel.forward(x, training=True), labels) + parallel.activity_penalty()
        means, penalties, one = [], [], CrossEntropy()
        for part in (slice(0, 4), slice(4, 7)):
            means.append(one.forward(network.forward(x[part], training=True), labels[part]))
            penalties.append(network.activity_penalty())
        assert objective == 4 / 7 * (means[0] + penalties[0]) + 3 / 7 * (means[1] + penalties[1])
        mean, penalty = (4 / 7 * first + 3 / 7 * second for first, second in (means, penalties))
        otherwise += objective != mean + penalty
    assert otherwise > 0


def test_outside_of_training_and_its_replicas_it_is_the_network_itself() -> None:
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((6, *SHAPE)), rng.integers(3, size=6)
    network, loss = network_with_blocks(), CrossEntropy()
    parallel = DataParallel(network, 2, Workers(2))
    parallel.forward(x, training=True)
    whole = network.forward(x, training=False).copy()
    np.testing.assert_array_equal(parallel.forward(x, training=False), whole)
    assert parallel.activity_penalty() == network.activity_penalty()
    backpropagated(network, loss, x, labels)
    expected, network.flat.gradients[:] = network.flat.gradients.copy(), np.nan
    backpropagated(parallel.replica(), loss, x, labels)
    np.testing.assert_array_equal(network.flat.gradients, expected)


def test_input_gradients_of_the_parts_are_joined() -> None:
    rng = np.random.default_rng(0)
    x, dscores = rng.standard_normal((7, *SHAPE)), rng.standard_normal((7, 3))
    whole, cut = network_with_blocks(), network_with_blocks()
    parallel = DataParallel(cut, 3, Workers(2))
    whole.forward(x, training=True)
    parallel.forward(x, training=True)
    np.testing.assert_allclose(parallel.input_gradient(dscores), whole.input_gradient(dscores), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(cut.flat.gradients, whole.flat.gradients, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("joint_weights", [1, 2**19])
def test_gradients_after_an_evaluation_are_of_its_samples(monkeypatch: pytest.MonkeyPatch, joint_weights: int) -> None:
    monkeypatch.setattr("nnlab.engine.joint_layer.JOINT_WEIGHTS", joint_weights)
    rng = np.random.default_rng(0)
    x, other, dscores = rng.standard_normal((5, *SHAPE)), rng.standard_normal((8, *SHAPE)), rng.standard_normal((5, 3))
    whole, cut = network_with_blocks(), network_with_blocks()
    parallel = DataParallel(cut, 2, Workers(2))
    whole.forward(x, training=False)
    expected = whole.input_gradient(dscores).copy()
    for trained in (False, True):
        if trained:
            parallel.forward(other, training=True)
        parallel.forward(x, training=False)
        cut.flat.gradients.fill(np.nan)
        np.testing.assert_array_equal(parallel.input_gradient(dscores), expected)
        np.testing.assert_array_equal(cut.flat.gradients, whole.flat.gradients)
        cut.flat.gradients.fill(np.nan)
        parallel.backward(dscores)
        np.testing.assert_allclose(cut.flat.gradients, whole.flat.gradients, rtol=1e-12, atol=1e-15)


def test_the_gradient_of_a_batch_in_parts_is_the_numerical_one() -> None:
    rng = np.random.default_rng(3)
    x, labels = rng.standard_normal((7, *SHAPE)), rng.integers(3, size=7)
    network = network_with_blocks()
    parallel, loss = DataParallel(network, 3, Workers(1)), DataParallelLoss(CrossEntropy(), 3)
    values = network.flat.values
    backpropagated(parallel, loss, x, labels)
    gradient = network.flat.gradients.copy()
    for index in range(0, len(values), len(values) // 40):
        start, found = values[index], []
        for h in (1e-6, -1e-6):
            values[index] = start + h
            found.append(backpropagated(parallel, loss, x, labels))
        values[index] = start
        assert gradient[index] == pytest.approx((found[0] - found[1]) / 2e-6, rel=1e-5, abs=1e-8)


def test_a_mean_of_parts_is_added_to_means_and_numbers_in_any_order() -> None:
    parts = split_batch(7, 2)
    loss, activity, penalty = MeanOfParts([0.1, 0.5], parts), MeanOfParts([0.1, 0.6], parts), 0.2
    expected = 4 / 7 * (0.1 + 0.1) + 3 / 7 * (0.5 + 0.6) + penalty
    assert expected not in {sum(map(float, terms)) for terms in permutations((loss, activity, penalty))}
    for terms in permutations((loss, activity, penalty)):
        assert sum(terms) == expected
        assert terms[0] + (terms[1] + terms[2]) == expected
