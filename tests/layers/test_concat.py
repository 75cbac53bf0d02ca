"""Concatenated branches: outputs, gradients, names, random numbers, refusals, and their form in a spec."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trainings import make_experiment, make_network

from nnlab.errors import ShapeError, SpecError
from nnlab.layers.activations import Identity, ReLU
from nnlab.layers.base import Layer
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.composite import replica
from nnlab.layers.concat import Concat
from nnlab.layers.conv import Conv2D
from nnlab.layers.dropout import Dropout
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear
from nnlab.layers.planning import activation_memory, multiply_adds, smallest_batch
from nnlab.layers.pool import MaxPool
from nnlab.layers.residual import Residual

Prepared = Callable[..., Any]


def randomised(layer: Any) -> dict[str, np.ndarray]:
    """Random parameters in the layer, by name."""
    rng = np.random.default_rng(0)
    for parameter in layer.parameters:
        parameter.value[...] = rng.standard_normal(parameter.shape)
    return {parameter.name: parameter.value for parameter in layer.parameters}


def close(array: Any, expected: Any) -> None:
    np.testing.assert_allclose(array, expected, rtol=1e-12, atol=1e-12)


def test_features_by_matrices(prepared: Prepared, frozen: Callable[..., Any]) -> None:
    layer = prepared(Concat(branches=[[Linear(units=4), ReLU()], [], [Linear(units=2, bias=False)]]), (3,))
    assert layer.out_shape == (9,)
    at = randomised(layer)
    assert list(at) == ["branch1.linear1.W", "branch1.linear1.b", "branch3.linear1.W"]
    rng = np.random.default_rng(1)
    x, dy = rng.standard_normal((5, 3)), rng.standard_normal((5, 9))
    z = x @ at["branch1.linear1.W"] + at["branch1.linear1.b"]
    expected = np.hstack([np.where(z > 0, z, 0), x, x @ at["branch3.linear1.W"]])
    close(layer.forward(frozen(x), training=True), expected)
    dz = dy[:, :4] * (z > 0)
    close(
        layer.backward(frozen(dy)),
        dz @ at["branch1.linear1.W"].T + dy[:, 4:7] + dy[:, 7:] @ at["branch3.linear1.W"].T,
    )
    written = {parameter.name: parameter.grad for parameter in layer.parameters}
    close(written["branch1.linear1.W"], x.T @ dz)
    close(written["branch1.linear1.b"], dz.sum(axis=0))
    close(written["branch3.linear1.W"], x.T @ dy[:, 7:])


@pytest.mark.parametrize("order", ["channels first", "channels last", "cropped"])
def test_channels_of_images_by_loops(prepared: Prepared, laid_out: Callable[..., Any], order: str) -> None:
    branches: list[list[Layer]] = [[MaxPool(size=3, stride=1, padding=1)], [Conv2D(filters=2, kernel=1)]]
    layer = prepared(Concat(branches=branches), (3, 4, 5))
    assert layer.out_shape == (5, 4, 5)
    at = randomised(layer)
    W, b = at["branch2.conv2d1.W"][:, :, 0, 0], at["branch2.conv2d1.b"]
    rng = np.random.default_rng(1)
    x, dy = rng.standard_normal((2, 3, 4, 5)), rng.standard_normal((2, 5, 4, 5))
    expected, dx = np.zeros((2, 5, 4, 5)), np.einsum("fc,nfij->ncij", W, dy[:, 3:])
    expected[:, 3:] = np.einsum("fc,ncij->nfij", W, x) + b[:, None, None]
    for n, c, i, j in np.ndindex(2, 3, 4, 5):
        window = {
            (u, v): x[n, c, u, v] for u in range(i - 1, i + 2) for v in range(j - 1, j + 2) if 0 <= u < 4 and 0 <= v < 5
        }
        place = max(window, key=lambda place: window[place])
        expected[n, c, i, j] = window[place]
        dx[n, c, *place] += dy[n, c, i, j]
    close(layer.forward(laid_out(x, order), training=True), expected)
    close(layer.backward(laid_out(dy, order)), dx)


@pytest.mark.parametrize(
    ("branches", "in_shape", "message"),
    [
        (
            [[Conv2D(filters=3)], [], [MaxPool()]],
            (2, 6, 6),
            "layer 3 concat: the branches give 3x4x4, 2x6x6, 2x3x3; only the first size (channels) may differ",
        ),
        (
            [[Flatten()], []],
            (2, 2, 2),
            "layer 3 concat: the branches give 8, 2x2x2; only the first size (channels) may differ",
        ),
        (
            [[], [ReLU(), Linear(units=2)]],
            (1, 3, 3),
            "layer 3 concat: branch2: layer 2 linear: needs a flat input, got 1x3x3; put a flatten layer before it",
        ),
    ],
)
def test_branches_that_do_not_fit_are_refused(
    prepared: Prepared, branches: list[list[Layer]], in_shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ShapeError) as refusal:
        prepared(Concat(branches=branches), in_shape, index=2)
    assert str(refusal.value) == message


@pytest.mark.parametrize("branch", [[], [Identity()], [Dropout(rate=0.0)]])
def test_branches_that_are_the_identity(prepared: Prepared, frozen: Callable[..., Any], branch: list[Layer]) -> None:
    layer = prepared(Concat(branches=[branch, branch]), (3,))
    x, dy = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(2, 6)
    np.testing.assert_array_equal(layer.forward(frozen(x), training=True), np.hstack([x, x]))
    np.testing.assert_array_equal(layer.backward(frozen(dy)), dy[:, :3] + dy[:, 3:])


def test_what_a_network_needs_to_know_is_that_of_the_layers_inside(prepared: Prepared) -> None:
    branches: list[list[Layer]] = [[Conv2D(filters=4, padding=1, l2=0.1)], [Conv2D(filters=2, kernel=1), BatchNorm()]]
    layer = prepared(Concat(branches=branches), (3, 5, 5))
    assert multiply_adds(layer) == 25 * 3 * (4 * 9 + 2)
    assert activation_memory(layer) == 25 * (2 * 6 + 3 * 4 + 3 * 3 + 3 * 2)
    assert smallest_batch(layer) == 1
    assert smallest_batch(prepared(Concat(branches=[[], [BatchNorm()]]), (4,))) == 2
    assert [(penalty.strength, weight.name) for penalty, weight in layer.regularizers()] == [(0.1, "branch1.conv2d1.W")]
    assert list(layer.buffers) == [
        "branch2.batch_norm1.running_mean",
        "branch2.batch_norm1.running_variance",
    ]


def test_a_replica_shares_parameters_and_statistics_and_no_memory(prepared: Prepared) -> None:
    layer = prepared(Concat(branches=[[Linear(units=2), BatchNorm()], [Residual(layers=[Linear(units=3)])]]), (3,))
    other = replica(layer, layer.streams, {id(parameter): parameter for parameter in layer.parameters})
    rng = np.random.default_rng(0)
    x, more = rng.standard_normal((2, 6, 3))
    y = layer.forward(x, training=True)
    kept = y.copy()
    other.forward(more, training=True)
    np.testing.assert_array_equal(y, kept)
    np.testing.assert_array_equal(other.forward(x, training=False), layer.forward(x, training=False))


def test_no_two_dropouts_in_branches_and_blocks_share_a_mask() -> None:
    inner: list[Layer] = [Dropout(), Dropout()]
    layers = [
        Dropout(),
        Concat(branches=[[*inner], [*inner], [Residual(layers=[*inner]), Concat(branches=[[Dropout()], []])]]),
        Residual(layers=[Dropout(), Residual(layers=[Dropout()]), Concat(branches=[[Dropout()]])]),
    ]
    masks: list[bytes] = []
    draw = Dropout._draw_mask

    def spy(self: Dropout, x: Any) -> Any:
        mask = draw(self, x)
        masks.append((mask.reshape(-1)[:200] != 0).tobytes())
        return mask

    network = make_network([*layers, Linear(units=2)], (64,), 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Dropout, "_draw_mask", spy)
        network.forward(np.ones((20, 64)), training=True)
    assert len(masks) == len(set(masks)) == 1 + 2 + 2 + 2 + 1 + 3


SPEC = """\
data: {name: spiral, points: 10}
model:
  name: sequential
  layers:
    - {name: concat, branches: %s}
    - {name: linear, units: 3}
optimizer: adam
train: {iterations: 1}
"""


LISTS = "must be a list of 1 to 100 lists of layers, or a mapping of names to such lists"


@pytest.mark.parametrize("order", [("one", "pool"), ("pool", "one")])
def test_a_spec_may_name_the_branches(tmp_path: Path, order: tuple[str, str]) -> None:
    written = {"one": "[{name: linear, units: 4}]", "pool": "[{name: linear, units: 2, bias: false}, tanh]"}
    branches = ", ".join(f"{name}: {written[name]}" for name in order)
    experiment = make_experiment(tmp_path, SPEC % f"{{{branches}}}")
    network = make_network(experiment.model, (2,), 3, dtype=None)
    assert [(name, weight.shape) for name, weight in network.named_parameters()][:3] == [
        ("concat1.one.linear1.W", (2, 4)),
        ("concat1.one.linear1.b", (4,)),
        ("concat1.pool.linear1.W", (2, 2)),
    ]
    again = make_experiment(tmp_path, experiment.to_yaml())
    assert again.sha256() == experiment.sha256()
    assert list(again.resolved()["model"]["layers"][0]["branches"]) == list(order)


def test_names_change_no_number(prepared: Prepared) -> None:
    parts: list[list[Layer]] = [[Linear(units=4), ReLU(), Dropout(rate=0.5)], [], [Linear(units=2)]]
    listed = prepared(Concat(branches=parts), (3,))
    named = prepared(Concat(branches=dict(zip("abc", parts, strict=True))), (3,))
    x = np.random.default_rng(0).standard_normal((5, 3))
    np.testing.assert_array_equal(named.forward(x, training=True), listed.forward(x, training=True))
    assert [parameter.name for parameter in named.parameters] == [
        "a.linear1.W",
        "a.linear1.b",
        "c.linear1.W",
        "c.linear1.b",
    ]


def test_a_branch_that_does_not_fit_is_named(prepared: Prepared) -> None:
    with pytest.raises(ShapeError, match=r"^layer 1 concat: wide: layer 1 conv2d: kernel 9 exceeds input 4x4$"):
        prepared(Concat(branches={"wide": [Conv2D(filters=1, kernel=9)], "input": []}), (1, 4, 4))


def test_a_spec_writes_each_branch_as_a_list(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path, SPEC % "[[{name: linear, units: 4}, relu], [], [tanh]]")
    network = make_network(experiment.model, (2,), 3, dtype=None)
    assert network.layers[0].out_shape == (4 + 2 + 2,)
    assert [name for name, _ in network.named_parameters()] == [
        "concat1.branch1.linear1.W",
        "concat1.branch1.linear1.b",
        "linear1.W",
        "linear1.b",
    ]


@pytest.mark.parametrize(
    ("branches", "message"),
    [
        ("[]", f"branches: {LISTS}, got []"),
        ("relu", f"branches: {LISTS}, got 'relu'"),
        ("{}", f"branches: {LISTS}, got {{}}"),
        ("{left: relu}", "branches.left: must be a list of layers, got 'relu'"),
        ("{left: [reul]}", "branches.left.0: no layer is called 'reul'; did you mean 'relu'?"),
        ("{left.1: []}", "branches.left.1: must be a name of letters, digits and _ that begins with a letter"),
        ("{名: []}", "branches.名: must be a name of letters, digits and _ that begins with a letter"),
        ("[relu]", "branches.0: must be a list of layers, got 'relu'"),
        ("[[], [reul]]", "branches.1.0: no layer is called 'reul'; did you mean 'relu'?"),
        ("[[{name: linear, unit: 3}]]", "branches.0.0.unit: unknown key; did you mean 'units'?"),
    ],
)
def test_what_is_no_list_of_branches(tmp_path: Path, branches: str, message: str) -> None:
    with pytest.raises(SpecError) as refusal:
        make_experiment(tmp_path, SPEC % branches)
    assert f": model.layers.0.{message}" in str(refusal.value)
