import numpy as np
import pytest

from nnlab.insight.landscape.surface import Line
from nnlab.insight.landscape.wording import sentences_of_line

ALPHA = np.array([0, 0.5, 1, 1.5])


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([2, 1, 0.5, 0.4], "no barrier: the loss falls all the way from the initial weights"),
        ([2, 2.005, 0.5, 0.4], "no barrier: the loss falls all the way from the initial weights"),
        ([2, 2, 2, 1.5], "no barrier, but no fall either: the loss ends where it started"),
        ([2, 2.005, 2.001, 1.5], "no barrier, but no fall either: the loss ends where it started"),
        ([2, 2.5, 0.5, 0.4], "a barrier: the loss rises by 0.5 (25.0% of the initial loss)"),
        ([2, 1, 4, 0.4], "no barrier, but a rise by 3 that ends at the trained weights"),
    ],
)
def test_a_barrier_is_a_rise_on_the_way_to_the_trained_weights(losses: list[float], said: str) -> None:
    sentences = sentences_of_line(Line(ALPHA, np.array(losses)), losses[0])
    assert sentences[0].startswith(said)
    assert sentences[1] == (
        f"lowest loss on the line: {min(losses)} at α = 1.5 (α is 0 at the initial weights, 1 at the trained ones)"
    )


def test_a_line_between_equal_weights_neither_falls_nor_rises() -> None:
    sentences = sentences_of_line(Line(ALPHA, np.full(4, 2.0)), 2.0)
    assert sentences[0].startswith("the loss is the same all along the line: the saved weights are the initial ones")
    assert not any("lowest loss" in sentence for sentence in sentences)
