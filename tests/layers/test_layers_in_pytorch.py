"""Outputs and all gradients of layers in float64 equal those of PyTorch's modules."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlab.registry import layers

torch = pytest.importorskip("torch", reason="PyTorch is not installed; .ci/run installs it for these tests")
nn = torch.nn

Prepared = Callable[..., Any]
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
    x, dy = 2 * rng.standard_normal((16, *in_shape)), rng.standard_normal((16, *in_shape))
    inputs = torch.from_numpy(x).requires_grad_()
    outputs = module(inputs)
    outputs.backward(torch.from_numpy(dy))
    assert_close(layer.forward(x, training=True), outputs)
    assert_close(layer.backward(dy), inputs.grad)
    for weight, parameter in zip(weights, layer.parameters, strict=True):
        assert_close(parameter.grad, weight.grad)
