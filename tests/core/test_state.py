"""A copy of the weights at an earlier step."""

from collections.abc import Mapping

import numpy as np
import pytest

from nnlab.core.arrays import Array, copy_arrays
from nnlab.core.state import KeptWeights
from nnlab.errors import ShapeError


class TwoArrays:
    """A network of which only the state matters."""

    def __init__(self) -> None:
        self.W, self.mean = np.zeros((2, 3)), np.zeros(3)

    def state(self) -> dict[str, Array]:
        return {"W": self.W, "mean": self.mean}

    def load_state(self, state: Mapping[str, Array]) -> None:
        copy_arrays(state, self.state(), "saved model")


def test_nothing_is_restored_before_anything_was_kept() -> None:
    network = TwoArrays()
    network.W[:] = 7
    assert KeptWeights(network).restore() is None
    assert (network.W == 7).all()


def test_parameters_and_buffers_of_the_last_kept_step_are_restored() -> None:
    network = TwoArrays()
    kept = KeptWeights(network)
    for step in (4, 9):
        network.W[:], network.mean[:] = step, -step
        kept.keep(step)
    memory = kept.arrays["W"]
    network.W[:], network.mean[:] = 0, 0
    assert kept.restore() == kept.step == 9
    assert (network.W == 9).all()
    assert (network.mean == -9).all()
    kept.keep(10)
    assert kept.arrays["W"] is memory  # no second copy is made
    assert not np.shares_memory(memory, network.W)


def test_saved_weights_are_loaded_all_or_none() -> None:
    network = TwoArrays()
    kept = KeptWeights(network)
    kept.keep(3)
    with pytest.raises(ShapeError, match="saved best weights: mean: expected shape 3, found 2"):
        kept.load(5, {"W": np.ones((2, 3)), "mean": np.ones(2)}, "saved best weights")
    assert (kept.step, kept.arrays["W"].tolist()) == (3, [[0] * 3] * 2)
    kept.load(5, {"W": np.ones((2, 3)), "mean": np.ones(3)}, "saved best weights")
    assert kept.restore() == 5
    assert (network.W == 1).all()
