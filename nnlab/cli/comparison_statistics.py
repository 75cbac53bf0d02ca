"""The statistics of a comparison or a sweep on the terminal: what the seeds that rows have in common show."""

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from nnlab.cli.console import results
from nnlab.comparisons.comparison import Comparison
from nnlab.comparisons.sample_size import fewest_pairs
from nnlab.comparisons.seeds import samples_of, standard_errors
from nnlab.metric_columns import BEST, metric_of
from nnlab.text import NO_BREAK_SPACE, one_line

# Comparisons in the terminal; the closest ones come first.
MOST_LINES = 10

SIX_SEEDS = f"-s seed=0..{fewest_pairs() - 1}"


def print_statistics(comparison: Comparison) -> None:
    """Print a verdict for each row that shares two seeds or more with the best one; nothing where none does."""
    console = results()
    statistics = comparison.statistics
    if statistics is not None:
        document = statistics.document(comparison.labels_without_seeds)
        console.print()
        for line in statistics_lines(document, console.width, _sampling_error(comparison)):
            console.print(Text(line))
    elif sum(len(entry.runs) > 1 for entry in comparison.entries) > 1:
        console.print(Text(f"no seeds in common; train each with {SIX_SEEDS} (nnlab sweep) to compare them"))


def statistics_lines(document: Mapping[str, Any], width: int, note: str = "", most: int = MOST_LINES) -> list[str]:
    """Statistics as :func:`nnlab.comparisons.verdicts.as_document` gives them, in lines of at most ``width`` letters.

    A heading, a verdict for each of the ``most`` closest rows, then notes, ``note`` among them.
    """
    found = document["against"]
    advices = {str(one["advice"]) for one in found}
    shared = next(iter(advices)) if len(advices) == 1 and len(found) > 1 else ""
    shown = [
        (one_line(str(one["label"]), 200), one_line(str(one["finding" if shared else "verdict"]), 500))
        for one in found[:most]
    ]
    best = one_line(str(document["best"]), 200)
    lines = [f"{column_words(str(document['column']))} of {best} against the others, runs paired on seeds:"]
    lines += _two_columns(shown, width)
    if len(found) > most:
        lines.append(f"  … and {len(found) - most} more (nnlab compare --json has all)")
    lines += _notes(document, note, one_line(shared, 500))
    return [piece for line in lines for piece in (wrap(line, width) if cell_len(line) > width else [line])]


def recorded_lines(statistics: object, width: int, most: int = MOST_LINES) -> list[str]:
    """The statistics of a sweep's summary.json in lines; none where it has none, or not as nnlab writes them."""
    try:
        return statistics_lines(statistics, width, most=most) if isinstance(statistics, dict) else []
    except (KeyError, TypeError, AttributeError):
        return []


def _two_columns(rows: list[tuple[str, str]], width: int) -> list[str]:
    """Labels and verdicts side by side; below each other where that leaves verdicts less than half of the width."""
    indent = 4 + max((cell_len(label) for label, _ in rows), default=0)
    beside = indent <= width // 2
    lines = []
    for label, text in rows:
        together = text.replace("p = ", f"p{NO_BREAK_SPACE}={NO_BREAK_SPACE}")
        pieces = [piece.replace(NO_BREAK_SPACE, " ") for piece in wrap(together, width - (indent if beside else 4))]
        if beside:
            first = f"  {label}{' ' * (indent - 2 - cell_len(label))}"
            lines += [first + pieces[0], *(" " * indent + piece for piece in pieces[1:])]
        else:
            lines += [*(f"  {piece}" for piece in wrap(label, width - 2)), *(f"    {piece}" for piece in pieces)]
    return lines


def _notes(document: Mapping[str, Any], note: str, advice: str) -> list[str]:
    """Advice that holds for all lines, how the numbers were computed, and rows without a partner."""
    notes = [advice] if advice else []
    if any(one["low"] is not None for one in document["against"]):
        pairs = document["comparisons"]
        corrected = f", corrected for {pairs:,} pairs (Holm)" if pairs > 1 else ""
        notes.append(f"95 % intervals: BCa bootstrap; p: sign-flip test{corrected}")
    notes += [note] if note else []
    if unpaired := len(document["unpaired"]):
        rows = "1 has" if unpaired == 1 else f"{unpaired} have"
        notes.append(f"not paired: {rows} fewer than two seeds in common with it; train each with {SIX_SEEDS}")
    return notes


def _sampling_error(comparison: Comparison) -> str:
    """The standard error of the best row's accuracy that follows from the number of its samples."""
    if comparison.statistics is None:
        return ""
    column = comparison.statistics.column
    best = comparison.entries[comparison.statistics.found.best]
    error = standard_errors(best).get(column)
    if error is None:
        return ""
    split = column.partition("_")[0]
    return (
        f"standard error of one run from {samples_of(best.runs[0])[split]:,} {split} samples: {100 * error:.2f} points"
    )


def column_words(column: str) -> str:
    """A column in words: ``validation accuracy``."""
    metric = metric_of(column)
    if metric is None:
        return "training time" if column == "train_seconds" else one_line(column)
    return f"{'best ' * column.startswith(BEST)}{column.removeprefix(BEST).partition('_')[0]} {metric.label}"
