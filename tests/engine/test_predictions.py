"""Predictions against the scores of the network itself; the first layer's weights as images."""

from pathlib import Path

import numpy as np
import pytest
from trainings import make_network

from nnlab.data.dataset import Dataset, Split
from nnlab.engine.predictions import class_predictions, evaluation_split, first_layer_filters, predicted_classes
from nnlab.layers.activations import ReLU
from nnlab.layers.base import Layer
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.conv import Conv2D
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear
from nnlab.layers.pool import MaxPool
from nnlab.layers.reshape import ImageRows
from nnlab.layers.rnn import RNN


def points(count: int = 1200) -> Dataset:
    inputs = np.random.default_rng(0).normal(size=(count, 2))
    return Dataset(Split(inputs, np.arange(count) % 3), None, ("a", "b", "c"))


def test_predictions_are_the_highest_scores_in_chunks_as_in_one_pass() -> None:
    data, net = points(), make_network([Linear(units=3)], (2,), 3)
    scores = net.forward(data.train.inputs, training=False).copy()
    np.testing.assert_array_equal(predicted_classes(net, data.train.inputs), scores.argmax(axis=1))
    classes, probabilities = class_predictions(net, data.train.inputs, softmax=True)
    np.testing.assert_array_equal(classes, scores.argmax(axis=1))
    softmax = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, softmax.max(axis=1))
    _, highest = class_predictions(net, data.train.inputs, softmax=False)
    np.testing.assert_array_equal(highest, scores.max(axis=1))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_scores_that_are_not_finite_predict_no_class(value: float) -> None:
    net = make_network([Linear(units=3)], (2,), 3)
    net.flat.values[0] = value
    assert (predicted_classes(net, np.ones((5, 2))) == -1).all()


def test_the_evaluation_split_is_the_test_set_else_validation_else_training_samples() -> None:
    train, test, held_out = (Split(np.zeros((n, 2)), np.zeros(n, int)) for n in (5, 3, 2))
    for data, part, count in (
        (Dataset(train, test, ("a",), validation=held_out), "test", 3),
        (Dataset(train, None, ("a",), validation=held_out), "validation", 2),
        (Dataset(train, None, ("a",)), "train", 5),
    ):
        found, split = evaluation_split(data)
        assert (found, len(split)) == (part, count)


def test_linear_weights_become_images_of_their_units() -> None:
    net = make_network([Flatten(), ReLU(), Linear(units=3)], (2, 3, 4), 3)
    weights, (W, _) = first_layer_filters(net), net.parameters
    assert weights is not None
    x = np.random.default_rng(0).random((2, 3, 4))
    np.testing.assert_allclose((weights * x).sum(axis=(1, 2, 3)), x.reshape(-1) @ W.value)
    W.value[...] = 0
    assert weights.any(), "a copy, which training does not change"


def test_filters_of_a_convolution_are_images() -> None:
    layers = [Conv2D(filters=4, kernel=2), Flatten(), Linear(units=3)]
    net = make_network(layers, (3, 4, 4), 3)
    weights = first_layer_filters(net)
    assert weights is not None
    assert weights.shape == (4, 3, 2, 2)
    np.testing.assert_array_equal(weights, net.parameters[0].value)


@pytest.mark.parametrize(
    ("layers", "shape"),
    [([Linear(units=3)], (2,)), ([Conv2D(filters=3, kernel=4), Flatten(), BatchNorm()], (1, 4, 4))],
)
def test_only_the_first_weights_are_filters(layers: list[Layer], shape: tuple[int, ...], tmp_path: Path) -> None:
    assert (first_layer_filters(make_network(layers, shape, 3)) is None) is (len(shape) == 1)


@pytest.mark.parametrize("first", [Linear(units=3), RNN(units=3)])
def test_weights_of_the_rows_of_an_image_are_no_images(first: Layer) -> None:
    assert first_layer_filters(make_network([ImageRows(), first, Flatten(), Linear(units=2)], (1, 4, 5), 2)) is None


def test_predictions_are_made_in_evaluation_mode() -> None:
    data, net = points(50), make_network([Linear(units=3), BatchNorm()], (2,), 3)
    data.train.inputs[...] += 5  # far from the mean of 0 that a new batch normalisation has seen
    expected = net.forward(data.train.inputs, training=False).argmax(axis=1)
    before = {name: array.copy() for name, array in net.state().items()}
    np.testing.assert_array_equal(predicted_classes(net, data.train.inputs), expected)
    for name, array in net.state().items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize(
    "layers",
    [[MaxPool(size=2), Flatten(), Linear(units=3)], [MaxPool(size=2), Conv2D(filters=3, kernel=2), Flatten()]],
)
def test_weights_behind_a_pooling_are_no_images(layers: list[Layer]) -> None:
    assert first_layer_filters(make_network(layers, (1, 4, 4), 3)) is None
