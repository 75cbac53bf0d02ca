"""A trace as data: sections in the order of the algorithm, which terminal, HTML and JSON render alike."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from nnlab.core.arrays import Array
from nnlab.errors import UsageError
from nnlab.insight.trace.formulas import Code
from nnlab.insight.trace.tensors import Tensor
from nnlab.text import near_or_known, quote

Phase = Literal["batch", "forward", "loss", "backward", "regularisation", "clipping", "update"]


@dataclass(frozen=True, eq=False)
class Section:
    """A part of the step: a layer's forward or backward, the loss, a penalty, the clipping or an update.

    ``layer`` is its name, such as ``residual1.linear1``; ``kind`` and ``about`` are name and sentence of the component.
    ``numbers`` are values with what they are. ``agreement`` is the largest relative difference from the textbook class,
    where it was computed.
    """

    phase: Phase
    title: str
    layer: str = ""
    kind: str = ""
    about: str = ""
    formulas: Sequence[str] = ()
    code: Sequence[Code] = ()
    tensors: Sequence[Tensor] = ()
    numbers: Sequence[tuple[str, float]] = ()
    notes: Sequence[str] = ()
    agreement: float | None = None

    @property
    def depth(self) -> int:
        """How deep inside other layers it is."""
        return self.layer.count(".")


@dataclass(frozen=True, eq=False)
class Trace:
    """One training step: ``recorded`` is the loss of this step in a run's steps.csv, ``failure`` what went wrong in it.

    ``tensor("linear1.dW")`` is one of its arrays; ``sections`` have all, in the order of the algorithm.
    """

    name: str
    source: str
    step: int
    iterations: int
    dtype: str
    parameters: int
    objective: float | None
    sections: Sequence[Section]
    notes: Sequence[str] = ()
    recorded: float | None = None
    failure: str = ""
    sample: int | None = None
    boxes: Sequence["Box"] = field(default_factory=tuple)

    def __repr__(self) -> str:
        return f"Trace of step {self.step} of {self.name}: {len(self.sections)} sections, objective {self.objective}"

    @property
    def names(self) -> list[str]:
        """The names of all tensors."""
        return [name for name, _ in self._named()]

    def tensor(self, name: str) -> Array:
        """The array with a name such as ``linear1.y``, ``linear1.dW`` or ``loss.dscores``; raises UsageError."""
        found = dict(self._named())
        if name not in found:
            raise UsageError(f"no tensor is called {quote(name)}; {near_or_known(name, list(found), 'tensors')}")
        return found[name].values

    @property
    def agreement(self) -> float | None:
        """The largest relative difference from the textbook in any section; None where none was compared."""
        found = [section.agreement for section in self.sections if section.agreement is not None]
        return max(found) if found else None

    def _named(self) -> Iterator[tuple[str, Tensor]]:
        for section in self.sections:
            for tensor in section.tensors:
                yield f"{section.layer or section.phase}.{tensor.name}", tensor


@dataclass(frozen=True)
class Box:
    """A layer in the picture of the network; ``shape`` is that of an output sample."""

    name: str
    kind: str
    shape: str
    parameters: int
    gradient: float | None
