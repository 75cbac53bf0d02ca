"""Outputs and all gradients of layers in float64 equal those of PyTorch's modules."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlab.layers.activations import ReLU
from nnlab.layers.base import Layer
from nnlab.layers.conv import Conv2D
from nnlab.layers.pool import MaxPool
from nnlab.registry import layers

torch = pytest.importorskip("torch", reason="PyTorch is not installed; .ci/run installs it for these tests")
nn = torch.nn

Prepared = Callable[..., Any]
INCEPTION: dict[str, list[Layer]] = {
    "five": [Conv2D(filters=3, kernel=1), ReLU(), Conv2D(filters=4, kernel=5, padding="same"), ReLU()],
    "one": [Conv2D(filters=5, kernel=1), ReLU()],
    "pool": [MaxPool(size=3, stride=1, padding=1), Conv2D(filters=2, kernel=1)],
}


def inception() -> Any:
    """The branches of INCEPTION."""

    class Inception(nn.ModuleList):  # type: ignore[misc]  # torch is not there where types are checked
        def forward(self, x: Any) -> Any:
            return torch.cat([branch(x) for branch in self], dim=1)

    five = nn.Sequential(nn.Conv2d(6, 3, 1), nn.ReLU(), nn.Conv2d(3, 4, 5, padding="same"), nn.ReLU())
    one = nn.Sequential(nn.Conv2d(6, 5, 1), nn.ReLU())
    return Inception([five, one, nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(6, 2, 1))])


CASES: list[tuple[str, dict[str, Any], tuple[int, ...], Callable[[], Any]]] = [
    ("gelu", {}, (50,), nn.GELU),
    ("gelu", {"approximate": "tanh"}, (50,), lambda: nn.GELU("tanh")),
    ("swish", {}, (50,), nn.SiLU),
    ("softplus", {}, (50,), lambda: nn.Softplus(threshold=40)),
    ("prelu", {}, (50,), lambda: nn.PReLU(50)),
    ("prelu", {"shared": True}, (50,), lambda: nn.PReLU(1)),
    ("prelu", {}, (3, 5, 4), lambda: nn.PReLU(3)),
    ("group_norm", {"groups": 2}, (6, 5, 4), lambda: nn.GroupNorm(2, 6)),
    ("group_norm", {"groups": 2}, (12,), lambda: nn.GroupNorm(2, 12)),
    ("instance_norm", {}, (6, 5, 4), lambda: nn.InstanceNorm2d(6, affine=True)),
    ("layer_norm", {}, (6, 5, 4), lambda: nn.LayerNorm((6, 5, 4))),
    ("conv2d", {"filters": 8, "padding": 1}, (3, 9, 8), lambda: nn.Conv2d(3, 8, 3, padding=1)),
    (
        "conv2d",
        {"filters": 8, "kernel": [3, 5], "stride": [1, 2], "padding": [0, 1]},
        (3, 9, 8),
        lambda: nn.Conv2d(3, 8, (3, 5), (1, 2), (0, 1)),
    ),
    ("conv2d", {"filters": 8, "dilation": [2, 3]}, (3, 9, 8), lambda: nn.Conv2d(3, 8, 3, dilation=(2, 3))),
    ("conv2d", {"filters": 8, "groups": 2}, (4, 9, 8), lambda: nn.Conv2d(4, 8, 3, groups=2)),
    (
        "conv2d",
        {"filters": 8, "groups": 4, "dilation": 2, "padding": 2},
        (4, 9, 8),
        lambda: nn.Conv2d(4, 8, 3, padding=2, dilation=2, groups=4),
    ),
    ("conv1d", {"filters": 8, "stride": 2, "padding": 1}, (3, 20), lambda: nn.Conv1d(3, 8, 3, 2, 1)),
    (
        "conv1d",
        {"filters": 8, "dilation": 2, "groups": 2, "padding": "same"},
        (4, 20),
        lambda: nn.Conv1d(4, 8, 3, padding="same", dilation=2, groups=2),
    ),
    (
        "max_pool",
        {"size": [3, 2], "stride": [1, 2], "padding": [1, 0]},
        (3, 9, 8),
        lambda: nn.MaxPool2d((3, 2), (1, 2), (1, 0)),
    ),
    ("avg_pool", {"size": [2, 3]}, (3, 9, 8), lambda: nn.AvgPool2d((2, 3))),
    ("max_pool1d", {"size": 3, "stride": 2, "padding": 1}, (3, 20), lambda: nn.MaxPool1d(3, 2, 1)),
    ("avg_pool1d", {"size": 3, "stride": 2}, (3, 20), lambda: nn.AvgPool1d(3, 2)),
    ("global_avg_pool1d", {}, (3, 20), lambda: nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Flatten())),
    ("softmax", {}, (3, 20), lambda: nn.Softmax(dim=-1)),
    ("log_softmax", {}, (3, 20), lambda: nn.LogSoftmax(dim=-1)),
    ("concat", {"branches": INCEPTION}, (6, 9, 8), inception),
]


def assert_close(found: np.ndarray, expected: Any) -> None:
    """The difference is below 1e-13 of the norm."""
    array = expected.detach().numpy().reshape(found.shape)
    assert np.linalg.norm(found - array) <= 1e-13 * np.linalg.norm(array)


@pytest.mark.parametrize(("name", "keys", "in_shape", "make"), CASES, ids=lambda value: str(value)[:20])
def test_outputs_and_gradients(
    prepared: Prepared, name: str, keys: dict[str, Any], in_shape: tuple[int, ...], make: Callable[[], Any]
) -> None:
    rng = np.random.default_rng(0)
    layer, module = prepared(layers[name](**keys), in_shape), make().double()
    weights = list(module.parameters())
    for weight, parameter in zip(weights, layer.parameters, strict=True):
        parameter.value[...] = rng.standard_normal(parameter.shape)
        weight.data = torch.from_numpy(parameter.value.reshape(weight.shape).copy())
    x, dy = 2 * rng.standard_normal((16, *in_shape)), rng.standard_normal((16, *layer.out_shape))
    inputs = torch.from_numpy(x).requires_grad_()
    outputs = module(inputs)
    outputs.backward(torch.from_numpy(dy))
    assert_close(layer.forward(x, training=True), outputs)
    assert_close(layer.backward(dy), inputs.grad)
    for weight, parameter in zip(weights, layer.parameters, strict=True):
        assert_close(parameter.grad, weight.grad)
