"""A module of PyTorch as source text, with the arrays of its state_dict."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nnlab.core.arrays import Array

INDENT = "    "


@dataclass(frozen=True)
class Module:
    """A module: the call that makes it, the arrays of its own, and for a container the modules inside, by name."""

    call: str
    state: Mapping[str, Array] = field(default_factory=dict)
    inside: "Mapping[str, Module] | None" = None

    def source(self, indent: str = "") -> str:
        """The expression that makes it, over several lines for a container."""
        if self.inside is None:
            return self.call
        deeper = indent + INDENT
        lines = [f"{deeper}{name}={module.source(deeper)},\n" for name, module in self.inside.items()]
        return f"{self.call}(OrderedDict(\n{''.join(lines)}{indent}))"

    def state_dict(self, prefix: str = "") -> dict[str, Array]:
        """All arrays by the names of PyTorch, such as ``linear1.weight``."""
        found = {prefix + name: array for name, array in self.state.items()}
        for name, module in (self.inside or {}).items():
            found |= module.state_dict(f"{prefix}{name}.")
        return found

    def calls(self) -> set[str]:
        """The calls of it and all modules inside."""
        return {self.call}.union(*(module.calls() for module in (self.inside or {}).values()))


def plain(call: str) -> Callable[[Any], Module]:
    """Of a layer whatever its settings, the module that a call makes."""
    return lambda layer: Module(call)


def unless(condition: object, text: str) -> str:
    """A text that is left out where the condition holds."""
    return "" if condition else text


def weights(layer: Any) -> dict[str, Array]:
    """weight and bias of a layer with W and b; of linear layers PyTorch keeps the transpose (D_out, D_in)."""
    W = layer.W.value
    state = {"weight": W.T if W.ndim == 2 else W}
    return state if layer.b is None else state | {"bias": layer.b.value}
