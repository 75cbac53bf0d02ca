"""The values or the range of one swept key, from a sweep file or from the text of ``-s``."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from sys import float_info
from typing import Any, cast

from nnlab.config.completions import dotted_keys
from nnlab.config.positions import KeyPath, Position, YamlTree
from nnlab.config.scalars import scalar
from nnlab.config.value_lists import COUNT, RANGE, RANGES, split_values
from nnlab.config.yaml_parser import parse_collecting_problems
from nnlab.core.plain_values import canonical
from nnlab.core.rows import MOST_TRIALS
from nnlab.search.space import Range
from nnlab.text import near_name, one_line, quote

# Larger whole numbers are not exact as floating-point numbers.
LARGEST_WHOLE = 2**53
_ONE_OR_RANGE = (
    "must be a list of values, whole numbers such as 0..4, or a range: {log: [1e-4, 1e-1]}, {uniform: [0, 1]}, "
    "{int: [1, 9]}"
)


class NotSweptError(Exception):
    """What was given is no list of values and no range; the message follows the key."""

    def __init__(self, message: str, inner: KeyPath = ()) -> None:
        super().__init__(message)
        self.inner = inner


@dataclass(frozen=True)
class SweptKey:
    """A dotted spec key with its values, each with its positions, or with its range."""

    key: str
    position: Position
    values: tuple[YamlTree, ...] = ()
    range: Range | None = None


def from_yaml(
    key: str, position: Position, given: YamlTree, *, together: bool = False, most: int = MOST_TRIALS
) -> SweptKey:
    """A swept key of a file: a list of values, ``0..4``, or ``{log: [1e-4, 1e-1]}``; raises NotSweptError."""
    value = given.value
    if isinstance(value, str) and COUNT.fullmatch(value.strip()):
        return SweptKey(key, position, tuple(YamlTree(number) for number in whole_numbers(value, most)))
    if isinstance(value, dict):
        return SweptKey(key, position, range=_range_of(key, value))
    if not isinstance(value, list):
        raise NotSweptError(f"{_ONE_OR_RANGE}; got {quote(value)}{_suggestion(value)}")
    values = tuple(given.children().values())
    _check_values([item.value for item in values], together=together)
    return SweptKey(key, position, values)


def from_text(key: str, position: Position, text: str, *, together: bool = False, most: int = MOST_TRIALS) -> SweptKey:
    """A key with the value, values or range of ``-s KEY=TEXT``; raises NotSweptError."""
    parts = split_values(text)
    if found := RANGE.fullmatch(text.strip()):
        low, dots, high = found[2].partition("..")
        if not dots:
            raise NotSweptError(f"{found[1]}: needs two numbers, such as {found[1]}:1..10; got {quote(found[2])}")
        return SweptKey(key, position, range=make_range(found[1], scalar(low.strip()), scalar(high.strip())))
    values: list[YamlTree] = []
    for part in parts:
        stripped = part.strip()
        if len(parts) > 1 and not stripped:
            raise NotSweptError("an empty value; remove the comma, or write null")
        if COUNT.fullmatch(stripped):
            values += (YamlTree(number) for number in whole_numbers(stripped, most - len(values)))
            continue
        _check_dots(stripped, several=len(parts) > 1)
        tree = parse_collecting_problems(part, "value")
        if tree.problems:
            _, inner, message = tree.problems[0]
            raise NotSweptError(message, inner)
        values.append(YamlTree(tree.value, typos=tree.typos))
    _check_values([item.value for item in values], together=together)
    return SweptKey(key, position, tuple(values))


def whole_numbers(text: str, most: int) -> Iterable[int]:
    """The whole numbers of ``A..B``; raises NotSweptError where they do not count up or are too many."""
    low, high = (int(number) if len(number) < 20 else inf for number in text.strip().split(".."))
    if high < low:
        raise NotSweptError(f"{one_line(text)}: counts up; write {high}..{low}")
    if not isinstance(low, int) or not isinstance(high, int) or high - low >= most:
        raise NotSweptError(
            f"{one_line(text)}: more than {MOST_TRIALS:,} values in all; a range is drawn from: int:A..B"
        )
    return range(low, high + 1)


def make_range(scale: str, low: object, high: object) -> Range:
    """A range with its bounds checked; raises NotSweptError."""
    for bound in (low, high):
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise NotSweptError(f"{scale}: needs two numbers, got {quote(bound)}")
        if abs(bound) > LARGEST_WHOLE and scale == "int":
            raise NotSweptError(f"int: must be within ±{LARGEST_WHOLE:,}, got {quote(bound)}")
        if not abs(bound) <= float_info.max:
            raise NotSweptError(f"{scale}: needs two finite numbers, got {quote(bound)}")
        if scale == "int" and bound != int(bound):
            raise NotSweptError(f"int: needs two whole numbers, got {quote(bound)}")
        if scale == "log" and bound <= 0:
            raise NotSweptError(f"log: bounds must be above 0, got {quote(bound)}")
    low, high = cast(float, low), cast(float, high)
    if low >= high:
        raise NotSweptError(f"{scale}: the first bound must be below the second, got {quote(low)} and {quote(high)}")
    return Range(cast(Any, scale), low, high)


def _range_of(key: str, value: dict[str, object]) -> Range:
    if len(value) != 1 or next(iter(value)) not in RANGES:
        nested = next((f"{key}.{inner}" for inner in value if f"{key}.{inner}" in dotted_keys()), "")
        near = near_name(next(iter(value)), RANGES) if len(value) == 1 else None
        hint = f"; write a nested key with a dot: {nested}: [...]" if nested else ""
        raise NotSweptError(f"{_ONE_OR_RANGE}; got {quote(value)}{f'; did you mean {near!r}?' if near else hint}")
    ((scale, bounds),) = value.items()
    if not isinstance(bounds, list) or len(bounds) != 2:
        raise NotSweptError(f"must be a list of two numbers, such as [1, 10]; got {quote(bounds)}", (scale,))
    try:
        return make_range(scale, *bounds)
    except NotSweptError as error:
        raise NotSweptError(str(error).removeprefix(f"{scale}: "), (scale,)) from None


def _check_values(values: list[object], *, together: bool) -> None:
    """Raise NotSweptError for no values, and for equal ones unless the key moves together with others."""
    if not values:
        raise NotSweptError("needs at least one value, got []")
    if together:
        return
    seen: set[str] = set()
    for value in values:
        text = canonical(value)
        if text in seen:
            raise NotSweptError(f"{quote(value)} is given twice; keep one")
        seen.add(text)


def _check_dots(part: str, *, several: bool) -> None:
    """Raise NotSweptError for what looks like a range or count, but is none."""
    if part[:1] in {"'", '"', "[", "{"} or "/" in part or "\\" in part:
        return
    scale, colon, rest = part.rpartition(":")
    low, dots, high = rest.partition("..")
    if not dots or not low or not high:
        return
    quoted = "; text goes in quotes"
    if colon:
        near = near_name(scale, RANGES)
        mixed = several and scale in RANGES
        raise NotSweptError(
            f"{one_line(part)}: a range stands alone, without further values"
            if mixed
            else f"{one_line(part)}: ranges are log:A..B, uniform:A..B and int:A..B"
            f"{f'; did you mean {near!r}?' if near else quoted}"
        )
    numbers = all(isinstance(scalar(end), int | float) for end in (low, high))
    advice = f"a range is uniform:{part} or log:{part}" if numbers else quoted[2:]
    raise NotSweptError(f"{one_line(part)}: A..B counts whole numbers, such as 0..4; {one_line(advice)}")


def _suggestion(value: object) -> str:
    """How a file writes what a text means on the command line."""
    if not isinstance(value, str):
        return f"; for one value set: has the key, or write [{quote(value)}]"
    try:
        found = from_text("", Position(inf, 0, ""), value)
    except NotSweptError:
        return ""
    if found.range:
        return f"; write {{{found.range.scale}: [{quote(found.range.low)}, {quote(found.range.high)}]}}"
    return f"; write {quote([item.value for item in found.values], 100)}"
