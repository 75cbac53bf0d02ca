"""Which layers a wrong gradient points to."""

from collections.abc import Collection

import pytest
from trainings import make_network

from nnlab.insight.sanity.checked_gradients import suspects
from nnlab.layers.activations import ReLU
from nnlab.layers.linear import Linear


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (["linear1.W"], ["linear1"]),
        (["linear1.W", "linear1.b"], ["linear1", "relu1", "linear2"]),
        (["linear1.W", "linear1.b", "linear2.b"], ["linear2"]),
        (["linear1.W", "linear1.b", "linear2.W", "linear2.b"], ["linear2", "the loss"]),
    ],
)
def test_a_wrong_gradient_points_to_the_layer_and_those_that_give_it_its_gradient(
    wrong: Collection[str], expected: list[str]
) -> None:
    network = make_network([Linear(units=3), ReLU(), Linear(units=2)], (4,), 2)
    assert suspects(network, wrong) == expected
