"""Trainings on numbers, and on a target for each step."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from nnlab.core.arrays import Array, Shape
from nnlab.data.dataset import Dataset, Split
from nnlab.data.input_format import InputFormat
from nnlab.data.target_columns import TargetColumns
from nnlab.engine.loop import train
from nnlab.errors import ShapeError, UsageError
from nnlab.layers.base import Layer
from nnlab.layers.linear import Linear
from nnlab.losses import CrossEntropy, MeanSquaredError
from nnlab.models.mlp import Softmax
from nnlab.models.sequential import Sequential
from nnlab.optim.sgd import SGD
from tests.support.trainings import Recorder, make_setup_on

RNG = np.random.default_rng(3)
X = RNG.standard_normal((40, 3))


def regression() -> Dataset:
    """y = x A + 5 in units of thousands, exactly linear."""
    y = 1000 * (X @ np.array([[1.0, -2.0], [0.5, 3.0], [2.0, 1.0]]) + 5)
    numbers = TargetColumns.standardising(("a", "b"), y)
    return Dataset(Split(X, numbers.apply(y)), None, (), numbers=numbers)


def test_linear_regression_reaches_the_least_squares_solution() -> None:
    dataset = regression()
    setup = make_setup_on(
        dataset, Softmax(), SGD(lr=0.5), loss=MeanSquaredError(), iterations=600, batch_size="full", eval_every=600
    )
    recorder = Recorder()
    train(setup, [recorder], lambda: False)
    A = np.column_stack([X, np.ones(len(X))])
    expected = np.linalg.lstsq(A, dataset.train.targets, rcond=None)[0]
    found = np.vstack([parameter.value for parameter in setup.network.parameters])
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert recorder.rows[-1]["train_loss"] < 1e-18
    assert recorder.rows[0]["train_accuracy"] is None


def test_loss_of_classes_on_numbers_is_rejected() -> None:
    with pytest.raises(UsageError, match="is for classes, but the targets are numbers"):
        make_setup_on(regression(), Softmax(), SGD(lr=0.1), loss=CrossEntropy(), iterations=1)


@dataclass(kw_only=True)
class EachStep(Layer):
    """y_t = x_t W: a linear layer on each step."""

    registered_name = "each_step"

    def build(self, in_shape: Shape) -> Shape:
        self.W = self.constant("W", (in_shape[1], 2), 0.1)
        self.W.regularized = True
        return in_shape[0], 2

    def forward(self, x: Array, *, training: bool) -> Array:
        self._x = x
        return x @ self.W.value

    def backward(self, dy: Array) -> Array:
        np.einsum("ntd,ntk->dk", self._x, dy, out=self.W.grad)
        return dy @ self.W.value.T


def steps_dataset() -> Dataset:
    x = RNG.standard_normal((12, 4, 3))
    return Dataset(Split(x, (x.sum(axis=2) > 0).astype(np.intp)), None, ("low", "high"))


@pytest.mark.parametrize("shards", [1, 3])
def test_training_on_steps_equals_training_on_each_step_as_a_sample(shards: int) -> None:
    dataset = steps_dataset()
    assert (dataset.out_shape, dataset.class_counts.sum()) == ((4, 2), 48)
    flat = Dataset(Split(dataset.train.inputs.reshape(-1, 3), dataset.train.targets.reshape(-1)), None, ("low", "high"))
    weights = []
    for data, layer in ((dataset, EachStep()), (flat, Linear(units=2, bias=False))):
        model = Sequential(layers=[layer])
        setup = make_setup_on(
            data, model, SGD(lr=1.0), iterations=5, batch_size="full", eval_every=5, shards=shards, threads=1
        )
        setup.network.parameters[0].value[...] = 0.1
        recorder = Recorder()
        train(setup, [recorder], lambda: False)
        weights.append((setup.network.parameters[0].value.copy(), recorder.rows[0]["train_loss"]))
    (steps, first), (samples, same) = weights
    assert first == pytest.approx(same, rel=1e-12) == pytest.approx(np.log(2), rel=1e-12)
    np.testing.assert_allclose(steps, samples, rtol=1e-12)
    assert not np.allclose(steps, 0.1)


def test_scores_for_samples_where_steps_have_targets_are_rejected() -> None:
    with pytest.raises(ShapeError, match=r"gives 2 values a sample, but the data has 2 classes at each of 4 steps"):
        make_setup_on(steps_dataset(), Softmax(), SGD(lr=1.0), iterations=1)


def test_input_format_keeps_targets_and_steps(tmp_path: Path) -> None:
    numbers = InputFormat.from_plain(regression().inputs.as_plain())
    assert (numbers.task, numbers.out_shape, numbers.targets and numbers.targets.names) == ("numbers", (2,), ("a", "b"))
    steps = InputFormat.from_plain(steps_dataset().inputs.as_plain())
    assert (steps.task, steps.out_shape) == ("classes", (4, 2))
    with pytest.raises(ValueError, match="steps must be"):
        InputFormat.from_plain(steps.as_plain() | {"steps": 0})
