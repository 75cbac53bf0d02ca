import math

import numpy as np
import pytest

from nnlab.core.random import AddressedStreams, Purpose
from nnlab.data.sources.toy import MOST_SAMPLES, Moons, Spiral, Xor
from nnlab.errors import DataError, UsageError

TOYS = [Spiral, Moons, Xor]


def streams() -> np.random.Generator:
    return AddressedStreams(7).rng(Purpose.DATASET)


def test_spiral_matches_published_points():
    state = np.random.RandomState(0)
    noise = [[0.2 * value for value in state.randn(100)] for _ in range(3)]
    expected, labels = [], []
    for j in range(3):
        for i in range(100):
            r, t = i / 99, 4 * j + 4 * i / 99 + noise[j][i]
            expected.append((r * math.sin(t), r * math.cos(t)))
            labels.append(j)
    dataset = Spiral().load(np.random.RandomState(0))
    np.testing.assert_allclose(dataset.train.inputs, expected, rtol=0, atol=1e-14)
    assert dataset.train.targets.tolist() == labels
    assert dataset.test is None
    # Written down from the published recipe run with NumPy's RandomState(0).
    np.testing.assert_allclose(
        dataset.train.inputs[[1, 50, 150, 299]],
        [
            (0.0012135813, 0.0100278425),
            (0.4867108725, -0.1348648927),
            (-0.1379378159, 0.4858489185),
            (-0.4727063849, 0.8812199917),
        ],
        rtol=0,
        atol=1e-8,
    )


def test_spiral_linear_classifier_has_published_losses():
    # CS231n, "Neural Networks Case Study": https://cs231n.github.io/neural-networks-case-study/
    state = np.random.RandomState(0)
    samples = Spiral().load(state).train
    W, b = 0.01 * state.randn(2, 3), np.zeros(3)
    rows = np.arange(300)
    losses = []
    for _ in range(200):
        scores = np.exp(samples.inputs @ W + b)
        probabilities = scores / scores.sum(1, keepdims=True)
        losses.append(-np.log(probabilities[rows, samples.targets]).mean() + 0.5e-3 * (W * W).sum())
        probabilities[rows, samples.targets] -= 1
        W, b = W - samples.inputs.T @ probabilities / 300 - 1e-3 * W, b - probabilities.mean(0)
    published = {0: 1.096919, 10: 0.917310, 20: 0.851535, 30: 0.822352, 40: 0.807594, 190: 0.786302}
    assert {i: round(losses[i], 6) for i in published} == published


def test_spiral_test_samples_are_drawn_after_the_training_samples():
    whole = Spiral(points=20, test_points=5, classes=4).load(np.random.RandomState(3))
    state = np.random.RandomState(3)
    train = Spiral(points=20, classes=4).load(state).train
    test = Spiral(points=5, classes=4).load(state).train
    np.testing.assert_array_equal(whole.train.inputs, train.inputs)
    np.testing.assert_array_equal(whole.test.inputs, test.inputs)
    assert np.bincount(whole.test.targets).tolist() == [5] * 4
    assert whole.class_names == ("0", "1", "2", "3")


@pytest.mark.parametrize("toy", TOYS)
def test_same_seed_gives_same_points(toy):
    one, two = (toy(points=9, test_points=4).load(streams()) for _ in range(2))
    np.testing.assert_array_equal(one.train.inputs, two.train.inputs)
    np.testing.assert_array_equal(one.test.inputs, two.test.inputs)
    assert not np.array_equal(one.train.inputs[: len(one.test)], one.test.inputs)
    assert one.train.inputs.dtype == np.float64
    assert one.train.targets.dtype == np.intp
    assert one.sample_shape == (2,)
    assert one.checksums == {}


@pytest.mark.parametrize("toy", TOYS)
def test_one_point_and_no_test_set(toy):
    dataset = toy(points=1).load(np.random.RandomState(0))
    assert len(dataset.train) == toy().groups
    assert dataset.test is None
    with pytest.raises(DataError, match="no test samples"):
        toy(points=1, test_size=1).load(np.random.RandomState(0))


def test_moons_without_noise_are_half_circles():
    samples = Moons(points=200, noise=0).load(streams()).train
    upper, lower = (samples.inputs[samples.targets == label] for label in (0, 1))
    assert len(upper) == len(lower) == 200
    np.testing.assert_allclose(np.hypot(*upper.T), 1)
    assert upper[:, 1].min() >= 0
    np.testing.assert_allclose(np.hypot(lower[:, 0] - 1, lower[:, 1] - 0.5), 1)
    assert lower[:, 1].max() <= 0.5
    # All of each arc is covered.
    assert upper[:, 0].min() < -0.9 < 0.9 < upper[:, 0].max()
    assert lower[:, 0].min() < 0.1 < 1.9 < lower[:, 0].max()


def test_moons_noise_has_given_std():
    clean, noisy = (Moons(points=5000, noise=noise).load(streams()).train.inputs for noise in (0, 0.3))
    np.testing.assert_allclose((noisy - clean).std(axis=0), 0.3, rtol=0.05)


def test_xor_clusters_and_labels():
    samples = Xor(points=1000, noise=0.1).load(streams()).train
    assert len(samples) == 4000
    signs = np.sign(samples.inputs)
    np.testing.assert_array_equal(samples.targets, signs[:, 0] * signs[:, 1] < 0)
    quadrants, counts = np.unique(signs, axis=0, return_counts=True)
    assert len(quadrants) == 4
    assert set(counts) == {1000}
    np.testing.assert_allclose((samples.inputs - signs).std(axis=0), 0.1, rtol=0.05)


def test_xor_without_noise_is_four_centres():
    samples = Xor(points=3, noise=0).load(streams()).train
    assert {(*map(float, row), int(k)) for row, k in zip(samples.inputs, samples.targets, strict=True)} == {
        (1.0, 1.0, 0),
        (-1.0, -1.0, 0),
        (1.0, -1.0, 1),
        (-1.0, 1.0, 1),
    }


@pytest.mark.parametrize("toy", [Moons, Xor])
def test_first_samples_are_balanced(toy):
    samples = toy(points=50, train_size=20).load(streams()).train
    assert np.bincount(samples.targets).tolist() == [10, 10]


@pytest.mark.parametrize(
    "toy",
    [
        Spiral(points=1_000_000, classes=1000),
        Spiral(points=10, test_points=1_000_000, classes=10),
        Xor(points=2_000_000, test_points=1_000_000),
    ],
)
def test_too_many_samples_are_rejected(toy):
    ((key, message),) = toy.conflicts()
    assert key == ("points",)
    assert str(MOST_SAMPLES) in message
    with pytest.raises(UsageError, match=r"data\.points: .* the limit is 10000000") as caught:
        toy.load(np.random.RandomState(0))
    assert caught.value.exit_code == 2


def test_defaults_have_no_conflicts():
    assert [list(toy().conflicts()) for toy in TOYS] == [[], [], []]
