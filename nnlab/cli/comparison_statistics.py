"""The statistics of a comparison or a sweep on the terminal: what the seeds that rows have in common show."""

from collections.abc import Mapping
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from nnlab.cli.console import results
from nnlab.cli.wrapping import wrapped
from nnlab.comparisons.comparison import Comparison
from nnlab.comparisons.statistics_notes import (
    common_advice,
    no_seeds_in_common,
    sampling_error,
    statistics_notes,
    statistics_title,
)
from nnlab.comparisons.verdicts import reworded
from nnlab.language import in_language
from nnlab.text import NO_BREAK_SPACE, one_line

# Comparisons in the terminal; the closest ones come first.
MOST_LINES = 10


def print_statistics(comparison: Comparison) -> None:
    """Print a verdict for each row that shares two seeds or more with the best one; nothing where none does."""
    console = results()
    statistics = comparison.statistics
    if statistics is not None:
        document = statistics.document(comparison.labels_without_seeds)
        console.print()
        for line in statistics_lines(document, console.width, sampling_error(comparison)):
            console.print(Text(line))
    elif line := no_seeds_in_common(comparison):
        console.print(Text(line))


def statistics_lines(document: Mapping[str, Any], width: int, note: str = "", most: int = MOST_LINES) -> list[str]:
    """Statistics as :func:`nnlab.comparisons.verdicts.as_document` gives them, in lines of at most ``width`` letters.

    A heading, a verdict for each of the ``most`` closest rows, then notes, ``note`` among them.
    """
    found = document["against"]
    shared = common_advice(document)
    shown = [
        (one_line(str(one["label"]), 200), one_line(str(one["finding" if shared else "verdict"]), 500))
        for one in found[:most]
    ]
    best = one_line(str(document["best"]), 200)
    lines = [statistics_title(str(document["column"]), best)]
    lines += _two_columns(shown, width)
    if len(found) > most:
        more = len(found) - most
        all_ = "nnlab compare --json"
        lines.append(in_language(f"  … and {more} more ({all_} has all)", f"  … 他 {more} 件（全件は {all_}）"))
    lines += statistics_notes(document, note)
    return [piece for line in lines for piece in (wrapped(line, width) if cell_len(line) > width else [line])]


def recorded_lines(statistics: object, width: int, most: int = MOST_LINES) -> list[str]:
    """The statistics of a sweep's summary.json in lines; none where it has none, or not as nnlab writes them."""
    try:
        return statistics_lines(reworded(statistics), width, most=most) if isinstance(statistics, dict) else []
    except (KeyError, TypeError, AttributeError, ValueError, ArithmeticError):
        return []


def _two_columns(rows: list[tuple[str, str]], width: int) -> list[str]:
    """Labels and verdicts side by side; below each other where that leaves verdicts less than half of the width."""
    indent = 4 + max((cell_len(label) for label, _ in rows), default=0)
    beside = indent <= width // 2
    lines = []
    for label, text in rows:
        together = text.replace("p = ", f"p{NO_BREAK_SPACE}={NO_BREAK_SPACE}")
        pieces = [piece.replace(NO_BREAK_SPACE, " ") for piece in wrapped(together, width - (indent if beside else 4))]
        if beside:
            first = f"  {label}{' ' * (indent - 2 - cell_len(label))}"
            lines += [first + pieces[0], *(" " * indent + piece for piece in pieces[1:])]
        else:
            lines += [*(f"  {piece}" for piece in wrapped(label, width - 2)), *(f"    {piece}" for piece in pieces)]
    return lines
