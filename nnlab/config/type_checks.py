"""Type checks of spec values, with messages that describe the expected type in words."""

import re
import types
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import ConfigDict, TypeAdapter, ValidationError

from nnlab.registry import REGISTRIES, Component, FilePath, Hyperparameter, OptionalComponent, WeightsByName
from nnlab.text import near_name, quote, with_article

_STRICT = ConfigDict(strict=True, allow_inf_nan=False)
_WORDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    Any: "a number or a list of these",
}
_BOUND_MESSAGES = {
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "finite_number": "must be a finite number",
}


@cache
def type_adapter(annotation: Any) -> TypeAdapter[Any]:
    """The strict pydantic validator of a type: true is not coerced to 1.0; no NaN, no infinity."""
    return TypeAdapter(annotation, config=_STRICT)


def check(annotation: Any, value: object) -> tuple[Any, list[tuple[tuple[int, ...], str]]]:
    """The validated value, and its faults as (path inside the value, message)."""
    try:
        return type_adapter(annotation).validate_python(value), []
    except (ValidationError, OverflowError) as error:
        if isinstance(error, OverflowError) or _is_union(annotation):
            return None, [((), _mismatch(annotation, value))]
        problems = []
        for entry in error.errors(include_url=False):
            template = _BOUND_MESSAGES.get(entry["type"])
            context = {key: _number(bound) for key, bound in entry.get("ctx", {}).items()}
            path = tuple(part for part in entry["loc"] if isinstance(part, int))
            invalid = entry["input"]
            if template:
                problems.append((path, f"{template.format(**context)}, got {quote(invalid)}"))
            else:
                problems.append((path, _mismatch(_inner(annotation, path), invalid)))
        return None, problems


def describe_type(annotation: Any) -> str:
    """A type in words: ``a number above 0 and at most 1``."""
    return _in_words(*_parts(annotation))


def _in_words(base: Any, marks: tuple[Any, ...]) -> str:
    if get_origin(base) is Literal:
        return " or ".join(quote(option) for option in get_args(base))
    if _is_union(base):
        lists_last = sorted(map(_parts, get_args(base)), key=lambda option: get_origin(option[0]) is list)
        return " or ".join(_in_words(option, (*own, *marks)) for option, own in lists_last)
    if base is types.NoneType:
        return "null"
    if get_origin(base) is dict:
        return "a mapping of text" if get_args(base)[1] is str else "a mapping"
    is_list = get_origin(base) is list
    words = "a list" if is_list else _WORDS.get(base, getattr(base, "__name__", str(base)))
    kinds = [mark.func.__name__.removeprefix("is") for mark in marks if isinstance(mark, annotated_types.Predicate)]
    bounds = _bounds(marks, "items" if is_list else "characters")
    words = " ".join(filter(None, (*kinds, words, bounds)))
    return f"{words}, each {describe_type(get_args(base)[0])}" if is_list else words


def _bounds(marks: tuple[Any, ...], unit: str) -> str:
    """``above 0 and at most 1``, ``from 1 to 100``, ``of at most 10 items``."""
    sized = any(isinstance(mark, annotated_types.MinLen | annotated_types.MaxLen) for mark in marks)
    bounds = " and ".join(text for mark in marks if (text := _bound(mark)))
    bounds = re.sub(r"^at least (\S+) and at most (\S+)$", r"of \1 to \2" if sized else r"from \1 to \2", bounds)
    bounds = re.sub(r"^of (\S+) to \1$", r"of \1", bounds)
    bounds = re.sub(r"^at", "of at", bounds)
    return f"{bounds} {unit}" if sized else bounds


def describe_accepted(parameter: Hyperparameter) -> str:
    """The values that a hyper-parameter accepts, in words, including components."""
    if component := parameter.mark(Component):
        if component.many:
            if component.nested:
                return f"a list of lists of {component.kind}s, or a mapping of names to such lists"
            return f"a list of {component.kind}s"
        return with_article(component.kind)
    if optional := parameter.mark(OptionalComponent):
        return f"true, false or the keys of {optional.name}"
    if weights := parameter.mark(WeightsByName):
        return " or ".join(f"{name}: a number" for name in REGISTRIES[weights.kind].names())
    if parameter.mark(FilePath):
        return describe_type(parameter.annotation).replace("text", "a path")
    if parameter.section:
        return f"the keys of {parameter.name}"
    return describe_type(parameter.annotation)


def options(annotation: Any) -> list[str]:
    """The literal words that a type accepts."""
    base, _ = _parts(annotation)
    if get_origin(base) is Literal:
        return [option for option in get_args(base) if isinstance(option, str)]
    if _is_union(base):
        return [word for option in get_args(base) for word in options(option)]
    return ["true", "false"] if base is bool else []


def only_words(annotation: Any) -> bool:
    """Whether a type accepts nothing but the words of :func:`options`."""
    base, _ = _parts(annotation)
    if _is_union(base):
        return all(only_words(option) for option in get_args(base))
    return base is bool or get_origin(base) is Literal


def _mismatch(annotation: Any, value: object) -> str:
    message = f"must be {describe_type(annotation)}, got {quote(value)}"
    near = near_name(value, options(annotation)) if isinstance(value, str) else None
    return f"{message}; did you mean {near!r}?" if near else message


def _inner(annotation: Any, path: tuple[int, ...]) -> Any:
    """The item type at a path of list indices."""
    for _ in path:
        annotation = get_args(_parts(annotation)[0])[0]
    return annotation


def _parts(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """The bare type and the metadata of a type that may be ``Annotated``."""
    marks = getattr(annotation, "__metadata__", ())
    return (annotation.__origin__ if marks else annotation), marks


def _is_union(annotation: Any) -> bool:
    return get_origin(_parts(annotation)[0]) in {Union, types.UnionType}


def _bound(mark: object) -> str:
    match mark:
        case annotated_types.Gt(gt=bound):
            return f"above {_number(bound)}"
        case annotated_types.Ge(ge=bound) | annotated_types.MinLen(min_length=bound):
            return f"at least {_number(bound)}"
        case annotated_types.Lt(lt=bound):
            return f"below {_number(bound)}"
        case annotated_types.Le(le=bound) | annotated_types.MaxLen(max_length=bound):
            return f"at most {_number(bound)}"
    return ""


def _number(bound: object) -> str:
    return f"{bound:g}" if isinstance(bound, float) else str(bound)
