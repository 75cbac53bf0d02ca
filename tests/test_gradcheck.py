"""gradcheck passes correct gradients and fails wrong ones, with both methods."""

from collections.abc import Callable

import numpy as np
import pytest
from trainings import make_network

from nnlab import gradcheck
from nnlab.core.arrays import Array
from nnlab.core.initialisers import Normal
from nnlab.core.random import AddressedStreams
from nnlab.errors import UsageError
from nnlab.gradcheck import (
    TOLERANCES,
    AtKinkError,
    Method,
    Subject,
    check,
    check_components,
    component_subjects,
    layer_subject,
    loss_subject,
    model_subject,
    regularizer_subject,
    sweep,
)
from nnlab.layers.activations import ReLU, Sigmoid
from nnlab.layers.base import Layer
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.conv import Conv2D
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear
from nnlab.layers.pool import MaxPool
from nnlab.losses import CrossEntropy
from nnlab.models.mlp import MLP
from nnlab.registry import layers, losses, regularizers
from nnlab.regularizers import L1, L2

METHODS: list[Method] = ["central", "complex"]


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_every_registered_component_passes_far_below_tolerance(method: Method) -> None:
    results = check_components(method)
    assert all(result.passed for result in results), [result for result in results if not result.passed]
    checked = {result.component.split(" ")[0] for result in results}
    assert checked == {*layers.names(), *losses.names(), *regularizers.names()}
    assert max(result.error for result in results) < TOLERANCES[method] / 100


def test_every_parameter_and_the_input_of_a_layer_are_checked() -> None:
    tensors = {result.tensor for result in check_components(names=["batch_norm"])}
    assert tensors == {"x", "gamma", "beta"}


def test_loss_is_checked_with_smoothing_and_class_weights() -> None:
    assert [result.component for result in check_components(names=["cross_entropy"])] == [
        "cross_entropy smoothing 0.0",
        "cross_entropy smoothing 0.1",
        "cross_entropy smoothing 0.0, class_weights [0.5, 2, 1, 0, 3]",
        "cross_entropy smoothing 0.1, class_weights [3, 0.5, 0.25, 1, 2]",
    ]


@pytest.mark.parametrize("method", METHODS)
def test_gradient_without_smoothing_fails(method: Method, monkeypatch: pytest.MonkeyPatch) -> None:
    smoothed = CrossEntropy(smoothing=0.1)

    def unsmoothed(self: CrossEntropy) -> Array:
        self.smoothing = 0.0
        gradient = right(self)
        self.smoothing = 0.1
        return gradient

    right = CrossEntropy.backward
    monkeypatch.setattr(CrossEntropy, "backward", unsmoothed)
    assert failed(lambda seed: loss_subject("broken", smoothed, seed), method) == {"scores"}


def test_unknown_name_suggests_near_name() -> None:
    with pytest.raises(UsageError, match="'sigmoyd'; did you mean 'sigmoid'"):
        check_components(names=["sigmoyd"])


Mutation = Callable[[Array], Array]
MUTATIONS: dict[str, Mutation] = {
    "wrong sign": lambda gradient: -gradient,
    "scale 1 + 1e-6": lambda gradient: gradient * (1 + 1e-6),
    "missing term": lambda gradient: np.concatenate([0 * gradient[:1], gradient[1:]]),
    "wrong axis": lambda gradient: gradient[::-1],
    "NaN": lambda gradient: gradient * np.nan,
}


def failed(make: Callable[[int], Subject], method: Method) -> set[str]:
    return {result.tensor for result in check(make, method) if not result.passed}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS.keys())
@pytest.mark.parametrize("layer", [Linear(units=3), Sigmoid(), ReLU(), BatchNorm()], ids=lambda la: type(la).__name__)
def test_wrong_input_gradient_fails(
    layer: Layer, mutation: Mutation, method: Method, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = type(layer).backward
    monkeypatch.setattr(type(layer), "backward", lambda self, dy: mutation(right(self, dy)))
    assert failed(lambda seed: layer_subject("broken", layer, (4,), seed), method) == {"x"}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS.keys())
@pytest.mark.parametrize("tensor", ["W", "b"])
def test_wrong_parameter_gradient_fails(
    tensor: str, mutation: Mutation, method: Method, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Linear.backward_parameters

    def broken(self: Linear, dy: Array) -> None:
        right(self, dy)
        for parameter in self.parameters:
            if parameter.name == tensor:
                parameter.grad[...] = mutation(parameter.grad.copy())

    monkeypatch.setattr(Linear, "backward_parameters", broken)
    assert failed(lambda seed: layer_subject("broken", Linear(units=3), (4,), seed), method) == {tensor}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS.keys())
def test_wrong_loss_and_penalty_gradients_fail(
    mutation: Mutation, method: Method, monkeypatch: pytest.MonkeyPatch
) -> None:
    right_loss, right_penalty = CrossEntropy.backward, L2.gradient
    monkeypatch.setattr(CrossEntropy, "backward", lambda self: mutation(right_loss(self)))
    monkeypatch.setattr(L2, "gradient", lambda self, W, out: mutation(right_penalty(self, W, out)))
    assert failed(lambda seed: loss_subject("broken", CrossEntropy(), seed), method) == {"scores"}
    assert failed(lambda seed: regularizer_subject("broken", L2(strength=0.1), seed), method) == {"W"}


@pytest.mark.parametrize("method", METHODS)
def test_batch_norm_without_gradient_of_statistics_fails(method: Method, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_mean_term(self: BatchNorm, dy: Array) -> Array:
        right(self, dy)
        inverse_std: Array = self._inverse_std
        return dy * self.gamma.value * inverse_std

    right = BatchNorm.backward
    monkeypatch.setattr(BatchNorm, "backward", without_mean_term)
    assert failed(lambda seed: layer_subject("broken", BatchNorm(), (4,), seed), method) == {"x"}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("activation", [Sigmoid(), ReLU()])
def test_network_with_regularizers_passes(activation: Sigmoid | ReLU, method: Method) -> None:
    model = MLP(hidden=[8, 7, 6], activation=activation, batch_norm=BatchNorm(), dropout=0.2)
    terms = [L1(strength=0.01), L2(strength=0.1)]
    results = check(
        lambda seed: model_subject("mlp", make_network(model, (6,), 4, dtype=None), CrossEntropy(), terms, seed),
        method,
        sampled=10,
    )
    assert all(result.passed for result in results)
    assert {result.checked for result in results if result.size > 10} == {10}
    assert {"x", "linear1.W", "linear4.b", "batch_norm3.gamma"} <= {result.tensor for result in results}


def test_network_is_checked_at_variance_preserving_weights() -> None:
    stack: list[Layer] = [Conv2D(filters=50, kernel=5), Flatten(), Linear(units=100)]
    made = make_network(stack, (2, 6, 7), 100, dtype=None)
    tensors = model_subject("convnet", made, CrossEntropy(), [], 0).tensors
    assert tensors["conv2d1.W"].std() == pytest.approx((2 / (2 * 5 * 5)) ** 0.5, rel=0.05)
    assert tensors["linear1.W"].std() == pytest.approx((2 / (50 * 2 * 3)) ** 0.5, rel=0.05)


@pytest.mark.parametrize("method", METHODS)
def test_network_with_one_wrong_layer_fails(method: Method, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Sigmoid.backward
    monkeypatch.setattr(Sigmoid, "backward", lambda self, dy: right(self, dy) * (1 + 1e-6))
    model = MLP(hidden=[8, 7], activation=Sigmoid())
    results = check(
        lambda seed: model_subject("mlp", make_network(model, (6,), 4, dtype=None), CrossEntropy(), [], seed), method
    )
    passed = {result.tensor for result in results if result.passed}
    assert passed == {"linear3.W", "linear3.b"}  # the layer behind the last sigmoid is right


def test_smaller_step_near_a_kink() -> None:
    x = np.array([[1e-4, -0.5, 3e-5, 1.0]])

    def subject(seed: int) -> Subject:
        made = layer_subject("relu", ReLU(), (4,), seed)
        return Subject("relu", {"x": np.repeat(x, 4, axis=0)}, made.value, made.gradients, made.kink_sides)

    (result,) = check(subject, "central")
    assert result.passed
    assert result.checked == 16


def test_point_on_a_kink_is_redrawn_up_to_ten_times() -> None:
    tried = []

    def always_on_the_kink(seed: int) -> Subject:
        tried.append(seed)
        made = layer_subject("relu", ReLU(), (4,), seed)
        return Subject("relu", {"x": np.zeros((4, 4))}, made.value, made.gradients, made.kink_sides)

    with pytest.raises(AtKinkError, match="kinks"):
        check(always_on_the_kink, "central")
    assert tried[:10] == list(range(10))

    def on_the_kink_at_first(seed: int) -> Subject:
        return layer_subject("relu", ReLU(), (4,), seed) if seed > 0 else always_on_the_kink(seed)

    (result,) = check(on_the_kink_at_first, "central")
    assert result.passed


def test_complex_forward_that_differs_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Sigmoid.forward

    def forward(self: Sigmoid, x: Array, *, training: bool) -> Array:
        y = right(self, x, training=training)
        return y + 0.1 if np.iscomplexobj(x) else y

    monkeypatch.setattr(Sigmoid, "forward", forward)
    assert failed(lambda seed: layer_subject("broken", Sigmoid(), (4,), seed), "complex") == {"x"}


def test_documented_tolerances() -> None:
    assert gradcheck.TOLERANCES == {"central": 1e-7, "complex": 1e-10}


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("l2", [0.0, 1e6])
def test_correct_gradients_pass_at_many_points(l2: float, method: Method) -> None:
    """Biases in front of a batch normalisation have no gradient, and a huge penalty swamps the loss."""
    model = MLP(hidden=[30, 20], batch_norm=BatchNorm(), init=Normal(std=0.01), dropout=0.3)
    for seed in range(15):
        results = check(
            lambda point: model_subject(
                "mlp", make_network(model, (6,), 4, dtype=None), CrossEntropy(), [L2(strength=l2)], point
            ),
            method,
            seed,
            sampled=5,
        )
        assert all(result.passed for result in results), (seed, results)


def test_h_sweep_shows_truncation_and_rounding() -> None:
    (_, make), *_ = component_subjects(["tanh"])
    found = sweep("tanh", make)
    for method, low, high, error in (("forward", 1e-9, 1e-6, 1e-6), ("central", 1e-6, 1e-4, 1e-9)):
        h, smallest = found.best(method)
        assert low < h < high
        assert smallest < error
        assert found.errors[method][0] > 1e-3, "rounding"
        assert found.errors[method][-1] > 1e-3, "truncation"
    assert found.errors["complex"][found.steps < 1e-9].max() < 1e-14
    slopes = {
        method: np.polyfit(*np.log([found.steps[inner], errors[inner]]), 1)[0]
        for method, errors in found.errors.items()
        if (inner := (found.steps > 1e-4) & (found.steps < 1e-2)).any()
    }
    assert slopes == pytest.approx({"forward": 1, "central": 2, "complex": 2}, abs=0.05)


@pytest.mark.slow
def test_training_mode_memory_and_size_variants_are_checked() -> None:
    labels = {result.component for result in check_components(names=["batch_norm", "flatten", "conv2d", "max_pool"])}
    assert {"batch_norm on 5 in evaluation", "flatten channels last"} <= labels
    assert any(label.startswith("max_pool") and label.endswith("channels last") for label in labels)
    pieces = [layer for layer, _ in Conv2D.examples() if layer.column_bytes == 1]
    assert len(pieces) == 3


def test_max_pool_ties_give_gradient_to_one_element() -> None:
    # A number among equals has no derivative of its own; all of them together have.
    layer = MaxPool()
    layer.setup((1, 2, 2), AddressedStreams(0))
    x = np.array([[[[3.0, 1.0], [3.0, 3.0]]]])
    tied = x == 3
    layer.forward(x, training=True)
    dx = layer.backward(np.array([[[[2.0]]]])).copy()
    values = [layer.forward(x + h * tied, training=True).item() for h in (1e-3, -1e-3)]
    assert 2.0 * (values[0] - values[1]) / 2e-3 == pytest.approx(dx.sum(), rel=1e-12)
    assert np.count_nonzero(dx) == 1


def test_l1_at_0_has_symmetric_derivative() -> None:
    penalty, W = L1(strength=0.5), np.array([0.0, -2.0, 0.0, 3.0])
    shifts = 1e-3 * np.eye(4)
    numerical = [(penalty.value(W + h).real - penalty.value(W - h).real) / 2e-3 for h in shifts]
    np.testing.assert_allclose(penalty.gradient(W, np.empty(4)), numerical, atol=1e-12)
