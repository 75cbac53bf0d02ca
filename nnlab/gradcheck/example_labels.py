"""The examples of a component, and what they are called in the results of a gradient check."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from nnlab.core.arrays import Shape, shape_text
from nnlab.errors import UsageError
from nnlab.layers.base import Layer
from nnlab.text import format_value


def examples_of(component: type[Any]) -> list[Any]:
    """The examples of a layer, with the shapes of their inputs, or of a loss; raises UsageError where there is none."""
    found = [*component.examples()]
    if not found:
        name = component.__name__
        kind, some = "loss", f"some, such as [{name}()]"
        if issubclass(component, Layer):
            kind, some = "layer", f"some with the shape of a sample, such as [({name}(), (5,))]"
        raise UsageError(f"{name}.examples returns no {kind}, so there is nothing to check: return {some}")
    return found


def example_labels(name: str, examples: Sequence[object], shapes: Sequence[Shape] = ()) -> list[str]:
    """A component's examples by name and what sets them apart: ``conv2d kernel 2, stride 2 on 2x5x4``."""
    labels = []
    for index, example in enumerate(examples):
        parts = [
            f"{field.name} {format_value(getattr(example, field.name))}"
            for field in fields(example)  # type: ignore[arg-type]  # every component is a dataclass
            if _is_plain(getattr(example, field.name))
            and len({repr(getattr(other, field.name)) for other in examples}) > 1
        ]
        place = f" on {shape_text(shapes[index])}" if len(set(shapes)) > 1 else ""
        labels.append(f"{name} {', '.join(parts)}".rstrip() + place)
    return [label if labels.count(label) == 1 else f"{label} ({index})" for index, label in enumerate(labels, start=1)]


def _is_plain(value: object) -> bool:
    """Whether a value is a word, a number or a list of numbers."""
    numbers = isinstance(value, list) and value and all(isinstance(number, int | float) for number in value)
    return isinstance(value, str | int | float) or bool(numbers)
