"""Divergence: the last finite weights are restored and saved."""

from collections.abc import Mapping

import numpy as np
import pytest
from trainings import make_network

from nnlab.core.arrays import arrays_under
from nnlab.core.initialisers import He, Initialiser, Orthogonal
from nnlab.engine.divergence import LastFinite
from nnlab.layers.activations import Tanh
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.linear import Linear
from nnlab.models.network import Network


def test_the_last_finite_weights_are_saved_only_where_the_network_has_others_by_now() -> None:
    network, resumed = two_layers(), two_layers()
    network.flat.values[:] = resumed.flat.values[:] = 0.5
    last, again = LastFinite(network), LastFinite(resumed)
    assert last.state() == {}
    last.keep(4)
    assert list(last.state()) == ["step"]
    again.load_state(last.state())  # the weights of step 4 are those of the resumed network
    resumed.flat.values[:] = 9.0
    assert again.restore() == 4
    assert (resumed.flat.values == 0.5).all()
    network.flat.values[:] = 7.0
    saved = last.state()
    assert sorted(saved) == sorted(["step", *(f"weights.{name}" for name in network.state())])
    resumed.flat.values[:] = 7.0
    again.load_state(saved)
    assert again.restore() == 4
    assert (resumed.flat.values == 0.5).all()


@pytest.mark.parametrize("batch_norm", [False, True])
def test_drawn_weights_are_not_copied_and_drawn_again_with_their_buffers(batch_norm: bool) -> None:
    network, saved = two_layers(batch_norm=batch_norm), {}
    initial = {name: array.copy() for name, array in network.state().items()}
    last = LastFinite(network)
    for checkpoint in (False, True):
        last.keep(0)
        assert not last.arrays
        change(network)
        changed = {name: array.copy() for name, array in network.state().items()}
        if checkpoint:
            saved = last.state()
            assert_equal_states(network.state(), changed)  # a checkpoint leaves the network as it is
            assert_equal_states(arrays_under("weights", saved), initial)
        assert last.restore() == 0
        assert_equal_states(network.state(), initial)
    again = LastFinite(other := two_layers(batch_norm=batch_norm))
    change(other)
    again.load_state(saved)
    assert again.restore() == 0
    assert_equal_states(other.state(), initial)


@pytest.mark.parametrize("given", ["loaded", "legacy", "orthogonal"])
def test_initial_weights_that_cannot_be_drawn_again_are_copied(given: str) -> None:
    network = two_layers(
        rng="legacy" if given == "legacy" else "streams", init=Orthogonal() if given == "orthogonal" else He()
    )
    if given == "loaded":
        network.load_state({name: array + 1 for name, array in network.state().items()})
    initial = {name: array.copy() for name, array in network.state().items()}
    last = LastFinite(network)
    last.keep(0)
    assert_equal_states(last.arrays, initial)
    change(network)
    assert last.restore() == 0
    assert_equal_states(network.state(), initial)


def test_weights_that_no_update_follows_are_those_of_the_network() -> None:
    network = two_layers()
    last = LastFinite(network)
    last.keep(4)
    change(network)
    last.keep(8, unchanged=True)
    assert not last.arrays
    assert last.state() == {"step": 8}
    now = {name: array.copy() for name, array in network.state().items()}
    assert last.restore() == 8
    assert_equal_states(network.state(), now)


def two_layers(*, batch_norm: bool = False, rng: str = "streams", init: Initialiser | None = None) -> Network:
    normal = [BatchNorm()] if batch_norm else []
    layers = [Linear(units=3, init=init or He()), *normal, Tanh(), Linear(units=2, init=init or He())]
    return make_network(layers, (4,), 2, rng=rng, seed=5, dtype="float32")


def change(network: Network) -> None:
    for array in network.state().values():
        array += 1


def assert_equal_states(found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    assert all(np.array_equal(array, expected[name]) for name, array in found.items())
