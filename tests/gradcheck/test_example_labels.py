"""Examples are called by what sets them apart."""

from nnlab.gradcheck.example_labels import example_labels
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear


def test_examples_are_labelled_by_difference_or_number() -> None:
    examples = [Linear(units=4), Linear(units=4, bias=False), Linear(units=4)]
    assert example_labels("linear", examples) == ["linear bias true (1)", "linear bias false", "linear bias true (3)"]
    assert example_labels("flatten", [Flatten(), Flatten()], [(2, 3), (4,)]) == ["flatten on 2x3", "flatten on 4"]
    assert example_labels("flatten", [Flatten()], [(2, 3)]) == ["flatten"]
