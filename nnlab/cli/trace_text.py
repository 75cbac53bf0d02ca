"""A trace as text of 80 columns, with the signs of numbers in colour on a terminal."""

from collections.abc import Iterator
from textwrap import wrap

from rich.text import Text

from nnlab.insight.trace.headline import comparison, headline, phase_name
from nnlab.insight.trace.numbers import cells, number
from nnlab.insight.trace.sections import Section, Trace
from nnlab.insight.trace.tensors import Panel, Statistics, Tensor, index_text, panels
from nnlab.language import in_language

WIDTH = 80
INDENT = "  "
POSITIVE, NEGATIVE, ZERO = "cyan", "red", "dim"


def trace_lines(trace: Trace, most: int, digits: int) -> Iterator[Text]:
    """The lines of a trace; tensors of more than ``most`` numbers are cut to a corner."""
    for line in headline(trace, digits):
        yield from _paragraph(line, "")
    for section in trace.sections:
        yield Text()
        yield from _section(section, trace.dtype, most, digits)
    yield Text()
    for line in comparison(trace):
        yield from _paragraph(line, "")


def _section(section: Section, dtype: str, most: int, digits: int) -> Iterator[Text]:
    kind = section.kind if section.kind and section.kind not in section.title else ""
    title = "  ".join(filter(None, (phase_name(section), section.title, kind)))
    yield Text(f"── {title} ".ljust(WIDTH, "─"), style="bold")
    yield from _paragraph(section.about, INDENT)
    for formula in section.formulas:
        yield from _paragraph(formula, INDENT * 2)
    for note in section.notes:
        yield from _paragraph(note, INDENT)
    for name, value in section.numbers:
        yield Text(f"{INDENT}{name} = {number(value, digits)}", style="bold")
    for code in section.code:
        yield Text(f"{INDENT}{code.name}:", style="dim")
        for line in code.text.splitlines():
            yield Text(f"{INDENT * 2}{line}", style="green")
    for tensor in section.tensors:
        yield from _tensor(tensor, dtype, most, digits)
    if section.agreement is not None:
        yield Text(
            INDENT
            + in_language("largest relative difference from the textbook class", "テキスト実装との最大相対誤差")
            + f": {section.agreement:.1e}",
            style="dim",
        )


def _paragraph(text: str, indent: str) -> Iterator[Text]:
    for line in wrap(text, WIDTH - len(indent)):
        yield Text(f"{indent}{line}")


def _tensor(tensor: Tensor, dtype: str, most: int, digits: int) -> Iterator[Text]:
    about = f": {tensor.about_shown(most)}" if tensor.about else ""
    other = "" if str(tensor.values.dtype) == dtype else f" {tensor.values.dtype}"
    yield Text(f"{INDENT}{tensor.name} {tensor.shape_text}{other}{about}", style="bold")
    if tensor.has_statistics:
        found = Statistics.of(tensor.values)
        parts = [f"{key} {number(getattr(found, key), 3)}" for key in ("min", "mean", "std", "max", "norm")]
        zeros = in_language(f"{found.zeros:.1%} zeros", f"0 が {found.zeros:.1%}")
        for line in wrap(f"{', '.join(parts)}, {zeros}", WIDTH - 2 * len(INDENT)):
            yield Text(f"{INDENT * 2}{line}", style="dim")
    for panel in panels(tensor, most):
        yield from _panel(panel, digits)


def _panel(panel: Panel, digits: int) -> Iterator[Text]:
    title = ", ".join(filter(None, (panel.place, panel.part)))
    if title:
        yield Text(f"{INDENT * 2}{title}")
    texts = cells(panel.values, digits)
    width = max(digits + 3, *(len(text) for row in texts for text in row), *(len(str(at)) for at in panel.columns)) + 2
    labels = [index_text(panel.row_axis, row) for row in panel.rows]
    if len(panel.rows) == 1 and not panel.row_axis:
        labels = [""]
    longest = max(map(len, labels))
    margin = longest + 2 * len(INDENT)
    across = max((WIDTH - margin) // width, 1)
    for start in range(0, len(panel.columns), across):
        part = slice(start, start + across)
        if len(panel.columns) > 1:
            first, *others = panel.columns[part]
            heads = [index_text(panel.column_axis, first), *map(str, others)]
            yield Text(" " * margin + "".join(head.rjust(width) for head in heads), style="dim")
        for name, row in zip(labels, texts, strict=True):
            line = Text(f"{INDENT * 2}{name.rjust(longest)}", style="dim")
            for text in row[part]:
                sign = ZERO if text == "0" else NEGATIVE if text.startswith("-") else POSITIVE
                line.append(text.rjust(width), style=f"not dim {sign}" if sign != ZERO else sign)
            yield line
