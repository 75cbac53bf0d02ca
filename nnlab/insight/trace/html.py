"""A trace as one HTML page that loads nothing: the network, then the sections, with coloured numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import groupby

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from nnlab.html import POLICY, data_uri, printable
from nnlab.insight.trace.headline import comparison
from nnlab.insight.trace.numbers import cells, number
from nnlab.insight.trace.page_words import about, words
from nnlab.insight.trace.pictures import Picture, picture_of
from nnlab.insight.trace.sections import Phase, Section, Trace
from nnlab.insight.trace.tensors import Panel, Statistics, Tensor, index_text, panels
from nnlab.language import current_language, in_language

LEVELS = 6
"""Strengths of the colour of a number."""
MOST_COLUMNS = 10
OPEN_SECTIONS = 45
"""A page of more sections has its layers folded."""


@dataclass(frozen=True)
class Cell:
    """A number as text, and the class of its colour."""

    text: str
    colour: str


@dataclass(frozen=True)
class Matrix:
    """A panel of a tensor with headings and coloured cells."""

    title: str
    heads: list[str]
    rows: list[tuple[str, list[Cell]]]


@dataclass(frozen=True, eq=False)
class ShownTensor:
    """A tensor of the page: statistics as texts, its numbers, and a picture where not all numbers are shown."""

    name: str
    about: str
    shape: str
    dtype: str
    statistics: list[tuple[str, str]]
    matrices: list[Matrix]
    picture: Picture | None


@dataclass(frozen=True, eq=False)
class ShownSection:
    """A section of the page."""

    section: Section
    anchor: str
    flow: str
    numbers: list[tuple[str, str]]
    tensors: list[ShownTensor]
    agreement: str


@dataclass(frozen=True, eq=False)
class Group:
    """The sections of one phase."""

    phase: Phase
    title: str
    about: str
    sections: list[ShownSection]


def html_of(trace: Trace, most: int, digits: int) -> str:
    """The page of a trace; tensors of more than ``most`` numbers have a corner and a picture."""
    shown = [_shown(section, index, most, digits) for index, section in enumerate(trace.sections)]
    groups = [
        Group(phase, *about(phase), list(sections))
        for phase, sections in groupby(shown, key=lambda each: each.section.phase)
    ]
    anchors = {(each.section.phase, each.section.layer): each.anchor for each in reversed(shown)}
    return (
        _environment()
        .get_template("trace.html")
        .render(
            trace=trace,
            groups=groups,
            anchors=anchors,
            policy=POLICY,
            language=current_language(),
            objective="" if trace.objective is None else number(trace.objective, digits),
            comparison=comparison(trace),
            folded=len(shown) > OPEN_SECTIONS,
            number=partial(number, digits=3),
            levels=range(LEVELS, 0, -1),
            words=words(),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("nnlab.insight.trace"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_uri"] = data_uri
    return environment


def _shown(section: Section, index: int, most: int, digits: int) -> ShownSection:
    shapes = {tensor.name: tensor.shape_text for tensor in section.tensors}
    ends = ("x", "y") if section.phase == "forward" else ("dy", "dx")
    flow = " → ".join(shapes[end] for end in ends if end in shapes)
    return ShownSection(
        section,
        f"s{index}",
        flow if section.phase in {"forward", "backward"} else "",
        [(name, number(value, digits)) for name, value in section.numbers],
        [_tensor(tensor, most, digits) for tensor in section.tensors],
        "" if section.agreement is None else f"{section.agreement:.1e}",
    )


def _tensor(tensor: Tensor, most: int, digits: int) -> ShownTensor:
    statistics = []
    if tensor.has_statistics:
        found = Statistics.of(tensor.values)
        statistics = [(key, number(getattr(found, key), 4)) for key in ("min", "mean", "std", "max")]
        statistics += [
            (in_language("zeros", "0 の割合"), f"{found.zeros:.1%}"),
            (in_language("norm", "ノルム"), number(found.norm, 4)),
        ]
    largest = 0.0  # no colour for indices and labels
    if tensor.values.dtype.kind == "f":
        largest = float(np.abs(tensor.values, dtype=np.float64).max(initial=0.0))
    return ShownTensor(
        tensor.name,
        tensor.about_shown(most),
        tensor.shape_text,
        str(tensor.values.dtype),
        statistics,
        [part for panel in panels(tensor, most) for part in _matrices(panel, largest, digits)],
        picture_of(tensor) if tensor.values.size > most else None,
    )


def _matrices(panel: Panel, largest: float, digits: int) -> Iterator[Matrix]:
    """A panel, cut where it has more columns than a page has room for."""
    for start in range(0, len(panel.columns), MOST_COLUMNS):
        part = slice(start, start + MOST_COLUMNS)
        shown = replace(panel, values=panel.values[:, part], columns=panel.columns[part])
        yield _matrix(shown if start == 0 else replace(shown, place="", part=""), largest, digits)


def _matrix(panel: Panel, largest: float, digits: int) -> Matrix:
    rows = [
        [Cell(text, _colour(value, largest)) for text, value in zip(texts, values, strict=True)]
        for texts, values in zip(cells(panel.values, digits), np.asarray(panel.values).tolist(), strict=True)
    ]
    labels = [index_text(panel.row_axis, row) if panel.row_axis else "" for row in panel.rows]
    first, *others = panel.columns
    heads = [index_text(panel.column_axis, first), *map(str, others)]
    title = ", ".join(filter(None, (panel.place, panel.part)))
    return Matrix(title, heads, list(zip(labels, rows, strict=True)))


def _colour(value: float, largest: float) -> str:
    """p1 to p6 above zero, n1 to n6 below, by size; z for zero, w for what is not finite."""
    if value == 0 or largest == 0:
        return "z"
    if not np.isfinite(value) or not np.isfinite(largest):
        return "w"
    level = max(round(abs(value) / largest * LEVELS), 1)
    return f"{'p' if value > 0 else 'n'}{level}"
