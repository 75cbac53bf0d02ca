"""Hyper-parameters: the fields of a component's dataclass, and the marks in their types.

The annotation of a field has the type, the bounds (``annotated_types``) and a one-line :class:`Doc`. Validation,
``nnlab list``, ``nnlab schema`` and the constructor read these fields, so that nothing is declared twice.
"""

import dataclasses
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar, cast, get_type_hints

T = TypeVar("T")


@dataclass(frozen=True)
class Doc:
    """The one-line description of a hyper-parameter, in its ``Annotated`` type."""

    text: str


@dataclass(frozen=True)
class OmittedAtDefault:
    """Marks a field that a resolved spec names only where it is not the default.

    A key that is added to a component keeps the spec.yaml and the SHA-256 of specs that were written before it.
    """


@dataclass(frozen=True)
class Component:
    """Marks a field that holds a registered component of ``kind``: with ``many`` a list.

    With ``nested`` it is a list of lists, or a mapping of names to lists.
    """

    kind: str
    many: bool = False
    nested: bool = False


@dataclass(frozen=True)
class OptionalComponent:
    """Marks an optional component, which a spec enables with ``true`` or with its keys."""

    kind: str
    name: str


@dataclass(frozen=True)
class WeightsByName:
    """Marks a field that maps registered names of ``kind`` to their ``strength``."""

    kind: str


@dataclass(frozen=True)
class Forbidden:
    """Marks forbidden values, with the reason."""

    values: Container[object]
    reason: str


@dataclass(frozen=True)
class OneOf:
    """Marks a text field that accepts these words only, looked up whenever the field is: they may be registered."""

    values: Iterable[str]


NOT_A_KEY: Mapping[str, Any] = MappingProxyType({"key": False})
"""Metadata of a dataclass field that is no hyper-parameter: no key of a spec, neither validated nor written."""


@dataclass(frozen=True)
class FilePath:
    """Marks the path of a file or folder; relative paths are resolved against the spec's folder first."""


@dataclass(frozen=True)
class Hyperparameter:
    """A field of a component, for validation and documentation."""

    name: str
    annotation: Any
    base: Any
    metadata: tuple[Any, ...]
    default: Any
    required: bool

    @property
    def doc(self) -> str:
        """The one-line description."""
        return next((mark.text for mark in self.metadata if isinstance(mark, Doc)), "")

    @property
    def section(self) -> type[Any] | None:
        """The dataclass of a section of the spec, where this is one; None for components and plain values."""
        is_section = isinstance(self.base, type) and dataclasses.is_dataclass(self.base) and not self.mark(Component)
        return self.base if is_section else None

    def mark(self, kind: type[T]) -> T | None:
        """The first metadata entry of the given class, or None."""
        return next((mark for mark in self.metadata if isinstance(mark, kind)), None)


def hyperparameters(component: type[Any]) -> list[Hyperparameter]:
    """The hyper-parameters of a component class, in declaration order."""
    hints = _hints(component)  # type: ignore[arg-type]  # mypy does not take type[Any] for hashable
    found = []
    for field in dataclasses.fields(component):
        if not field.init or not field.metadata.get("key", True):
            continue
        annotation = _with_words(hints[field.name])
        default: Any = None
        required = False
        if field.default is not dataclasses.MISSING:
            default = field.default
        elif field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        else:
            required = True
        found.append(
            Hyperparameter(
                name=field.name,
                annotation=annotation,
                base=getattr(annotation, "__origin__", annotation) if _is_annotated(annotation) else annotation,
                metadata=tuple(getattr(annotation, "__metadata__", ())),
                default=default,
                required=required,
            )
        )
    return found


def hyperparameter_names(component: type[Any]) -> list[str]:
    """The keys of a component class or section, in declaration order."""
    return [parameter.name for parameter in hyperparameters(component)]


@cache
def _hints(component: type[Any]) -> dict[str, Any]:
    return get_type_hints(component, include_extras=True)


def _with_words(annotation: Any) -> Any:
    """A type with the words of :class:`OneOf` as the ``Literal`` that they are."""
    marks = getattr(annotation, "__metadata__", ())
    words = next((mark.values for mark in marks if isinstance(mark, OneOf)), None)
    literal, annotated = cast(Any, Literal), cast(Any, Annotated)
    return annotation if words is None else annotated[literal[tuple(words)], *marks]


def _is_annotated(annotation: Any) -> bool:
    return hasattr(annotation, "__metadata__")
