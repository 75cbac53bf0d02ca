"""The layers of a network as a table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnlab.core.arrays import shape_text
from nnlab.layers.planning import multiply_adds

if TYPE_CHECKING:
    from nnlab.models.network import Network

HEADINGS = ("", "layer", "output shape", "parameters", "multiply-adds")
NUMBERS = (0, 3, 4)
"""The columns that are aligned right."""


def layer_rows(network: "Network") -> list[Sequence[str]]:
    """A row for the input and one for each layer, with output shape, parameters and multiply-adds a sample."""
    rows: list[Sequence[str]] = [("", "input", shape_text(network.in_shape), "", "")]
    for index, (name, layer) in enumerate(zip(network.names, network.layers, strict=True), start=1):
        parts = " + ".join(f"{parameter.name} {shape_text(parameter.shape)}" for parameter in layer.parameters)
        count = sum(parameter.size for parameter in layer.parameters)
        parameters = f"{count:,} ({parts})" if parts else "0"
        rows.append((str(index), name, shape_text(layer.out_shape), parameters, f"{multiply_adds(layer):,}"))
    return rows
