"""The layers of a network by name, those inside others too."""

from collections.abc import Iterable, Iterator, Sequence

from nnlab.errors import UsageError
from nnlab.layers.base import Layer
from nnlab.layers.composite import Composite
from nnlab.models.network import Network
from nnlab.text import near_hint, quote


def named_layers(network: Network) -> Iterator[tuple[str, Layer]]:
    """Name and layer, in the order of the model; ``residual1`` comes before its inner ``residual1.linear1``."""
    yield from _with_inner(zip(network.names, network.layers, strict=True), "")


def _with_inner(named: Iterable[tuple[str, Layer]], prefix: str) -> Iterator[tuple[str, Layer]]:
    for name, layer in named:
        yield f"{prefix}{name}", layer
        yield from _with_inner(layer.inner(), f"{prefix}{name}.")


def outer_layers(network: Network, name: str) -> list[Composite]:
    """The layers that a layer is inside of, the innermost first."""
    layers, parts = dict(named_layers(network)), name.split(".")
    names = [".".join(parts[:length]) for length in range(len(parts) - 1, 0, -1)]
    return [layer for outer in names if isinstance(layer := layers.get(outer), Composite)]


def check_layer(name: str, names: Sequence[str]) -> None:
    """Raise UsageError for a name that no layer has."""
    if name not in names:
        raise UsageError(
            f"--layer: no layer is called {quote(name)}; {near_hint(name, names)}the layers are {', '.join(names)}"
        )


def is_part_of(name: str, layer: str | None) -> bool:
    """Whether a layer is the named one or inside it; None: every layer is."""
    return layer is None or name == layer or name.startswith(f"{layer}.")
