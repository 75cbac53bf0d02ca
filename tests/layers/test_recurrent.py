"""What rnn, lstm and gru share: shapes, weights, memory, planning, parts of a batch."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from trainings import make_network

from nnlab.core.given_weights import GivenWeights
from nnlab.core.initialisers import Xavier
from nnlab.core.threads import Workers
from nnlab.engine.data_parallel import DataParallel, automatic_shards
from nnlab.errors import ShapeError
from nnlab.layers.gru import GRU
from nnlab.layers.linear import Linear
from nnlab.layers.lstm import LSTM
from nnlab.layers.planning import multiply_adds
from nnlab.layers.recurrent import RecurrentLayer
from nnlab.layers.rnn import RNN
from nnlab.layers.sequence import LastStep

Prepared = Callable[..., Any]
CELLS: list[type[RecurrentLayer]] = [RNN, LSTM, GRU]

cells = pytest.mark.parametrize("cell", CELLS)


def gradients(layer: Any, x: np.ndarray, dy: np.ndarray) -> dict[str, np.ndarray]:
    """Output, dx and the gradient of each parameter for a batch."""
    found = {"y": layer.forward(x, training=True).copy(), "dx": layer.backward(dy).copy()}
    return found | {parameter.name: parameter.grad.copy() for parameter in layer.parameters}


def close(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-10, atol=1e-13, err_msg=name)


@cells
def test_weights_of_all_gates_are_side_by_side(prepared: Prepared, cell: Any) -> None:
    layer = prepared(cell(units=4), (5, 3))
    gates = {RNN: 1, LSTM: 4, GRU: 3}[cell]
    shapes = {parameter.name: parameter.shape for parameter in layer.parameters}
    assert {"Wx": (3, gates * 4), "Wh": (4, gates * 4), "b": (gates * 4,)}.items() <= shapes.items()
    assert [parameter.name for parameter in layer.parameters if parameter.regularized] == ["Wx", "Wh"]
    assert multiply_adds(layer) == 5 * (3 + 4) * gates * 4
    np.testing.assert_allclose(layer.Wh.value @ layer.Wh.value.T, np.eye(4), atol=1e-12)
    own = prepared(cell(units=4, l1=0.1, l2=0.2), (5, 3)).regularizers()
    assert [(term.strength, W.name) for term, W in own] == [(0.1, "Wx"), (0.1, "Wh"), (0.2, "Wx"), (0.2, "Wh")]


@cells
def test_memory_order_of_inputs_and_gradients_changes_nothing(
    prepared: Prepared, frozen: Callable[..., Any], cell: Any
) -> None:
    layer = prepared(cell(units=4), (5, 3))
    rng = np.random.default_rng(0)
    x, dy = frozen(rng.standard_normal((6, 5, 3))), frozen(rng.standard_normal((6, 5, 4)))
    expected = gradients(layer, x, dy)
    gradients(layer, np.ones((9, 5, 3)), np.ones((9, 5, 4)))  # another batch size in the same memory
    by_step = [array.swapaxes(0, 1).copy().swapaxes(0, 1) for array in (x, dy)]
    close(gradients(layer, by_step[0], by_step[1]), expected)
    close(gradients(layer, np.pad(x, ((0, 0), (2, 1), (1, 0)))[:, 2:-1, 1:], dy[::-1][::-1]), expected)


@cells
def test_an_output_depends_on_no_later_input(prepared: Prepared, cell: Any) -> None:
    layer = prepared(cell(units=4), (5, 3))
    x = np.random.default_rng(0).standard_normal((2, 5, 3))
    y = layer.forward(x, training=False).copy()
    x[:, 3] += 1
    changed = layer.forward(x, training=False)
    np.testing.assert_array_equal(changed[:, :3], y[:, :3])
    assert (changed[:, 3:] != y[:, 3:]).all()


@cells
def test_frozen_cells_pass_gradients_and_write_none(prepared: Prepared, cell: Any) -> None:
    layer, trained = prepared(cell(units=4, frozen=True), (5, 3)), prepared(cell(units=4), (5, 3))
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((2, 5, 3)), rng.standard_normal((2, 5, 4))
    for parameter in layer.parameters:
        parameter.grad[...] = np.nan
    found, expected = gradients(layer, x, dy), gradients(trained, x, dy)
    np.testing.assert_array_equal(found["dx"], expected["dx"])
    assert np.isnan(found["Wx"]).all()
    assert np.isnan(found["Wh"]).all()
    trained.Wh.grad[...] = np.nan
    trained.backward_parameters(dy)
    np.testing.assert_array_equal(trained.Wh.grad, expected["Wh"])


@cells
def test_a_batch_in_parts_gives_the_gradients_of_the_whole(cell: Any) -> None:
    def make() -> Any:
        return make_network([cell(units=4), LastStep(), Linear(units=2)], (5, 3), 2)

    rng = np.random.default_rng(0)
    x, dscores = rng.standard_normal((7, 5, 3)), rng.standard_normal((7, 2))
    whole, parts = make(), make()
    for network in (whole, DataParallel(parts, 2, Workers(2))):
        network.forward(x, training=True)
        network.backward(dscores)
    np.testing.assert_allclose(parts.flat.gradients, whole.flat.gradients, rtol=1e-10, atol=1e-13)


def test_parts_pay_where_each_step_is_large() -> None:
    def shards(units: int) -> int:
        return automatic_shards(make_network([LSTM(units=units)], (50, 64), (50, units), dtype=None), 64, legacy=False)

    assert (shards(16), shards(128)) == (1, 2)


@pytest.mark.parametrize(
    ("in_shape", "message"),
    [
        ((1, 8, 8), "needs a sequence (T, D), got 1x8x8; put an image_rows layer before it"),
        ((8,), "needs a sequence (T, D), got 8; put a reshape layer before it, or an embedding if these are tokens"),
    ],
)
@cells
def test_samples_without_steps_are_refused(
    prepared: Prepared, cell: Any, in_shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ShapeError) as refusal:
        prepared(cell(units=2), in_shape)
    assert str(refusal.value) == f"layer 1 {cell.registered_name}: {message}"


def test_given_weights(prepared: Prepared) -> None:
    init, recurrent = GivenWeights(W=[[1.0], [2.0]], b=[3.0]), GivenWeights(W=[[0.5]])
    layer = prepared(RNN(units=1, init=init, recurrent_init=recurrent), (4, 2))
    assert (layer.Wx.value.tolist(), layer.Wh.value.tolist(), layer.b.value.tolist()) == ([[1], [2]], [[0.5]], [3])
    with pytest.raises(ShapeError, match=r"^layer 1 rnn: recurrent_init gives W of shape 1x1, but .* 2x2$"):
        prepared(RNN(units=2, init=Xavier(), recurrent_init=recurrent), (4, 2))
