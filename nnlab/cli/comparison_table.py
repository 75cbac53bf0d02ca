"""A comparison as a table for the terminal."""

from textwrap import wrap

from rich.text import Text

from nnlab.cli.columns import GAP, Column, fits, laid_out, width_of
from nnlab.cli.comparison_statistics import print_statistics
from nnlab.cli.console import results
from nnlab.comparisons.cells import (
    DISPENSABLE,
    column_words,
    heading,
    measure_cell,
    measure_columns,
    setting_cell,
)
from nnlab.comparisons.comparison import Comparison
from nnlab.comparisons.labels import ABSENT
from nnlab.language import in_language, tr
from nnlab.text import NO_BREAK_SPACE, breaking_after_commas, one_line


def print_comparison(comparison: Comparison) -> None:
    """Print the entries with the spec keys in which they differ, and what was not compared.

    Keys that do not fit beside each other share one column, in words; where their lines do not fit into that either,
    they follow in a block below the table, by the number of the row. Then losses and time are left out.
    """
    console = results()
    runs = Column(tr("run"), list(comparison.titles))
    status = [Column(tr("status"), [tr(entry.status) for entry in comparison.entries])]
    if any(comparison.tags):
        status.append(Column(tr("tags"), [", ".join(tags) for tags in comparison.tags]))
    keys = _key_columns(comparison)
    measures = _measure_columns(comparison)
    left, below = [runs, *keys], []
    columns = [*left, *measures.values(), *status]
    if keys and not fits(columns, console.width):
        joined = _joined(keys)
        left = [runs, joined]
        columns = [*left, *measures.values(), *status]
        if width_of(columns) + joined.widest - joined.narrowest > console.width:
            numbers = Column("#", [str(number) for number, _ in enumerate(comparison.entries, 1)], numbers=True)
            left, below = [numbers, runs], [numbers, _wrapped(joined, console.width - numbers.widest - GAP)]
            columns = [*left, *measures.values(), *status]
    left_out = []
    further = [name for name in reversed(measures) if name not in comparison.usual_columns.table]
    for name in (*DISPENSABLE, *further):
        if name in measures and name != comparison.sort and not fits(columns, console.width):
            left_out.append(measures.pop(name).heading)
            columns = [*left, *measures.values(), *status]
    console.print(laid_out(columns, console.width), soft_wrap=False)
    if below:
        console.print()
        console.print(laid_out(below, console.width), soft_wrap=False)
    if left_out:
        listed = tr(", ").join(left_out)
        english = f"columns left out for lack of room: {listed} (--csv - has all)"
        console.print(in_language(english, f"幅が足りず省いた列：{listed}（--csv - には全列）"))
    if comparison.sort in comparison.usual_columns.optional:
        by = in_language(comparison.sort.replace("_", " "), column_words(comparison.sort))
        console.print(tr("sorted by {column}", column=by))
    print_statistics(comparison)
    for line in not_compared(comparison):
        console.print(Text(line))


def not_compared(comparison: Comparison) -> list[str]:
    """What was not compared, in lines: other folders by kind, then each damaged run with its damage."""
    counts = comparison.passed_over_counts
    skipped = [f"skipped: {counts}"] if counts else []
    return [*skipped, *(f"damaged, not compared: {run.message}" for run in comparison.damaged)]


def _wrapped(column: Column, width: int) -> Column:
    """A column of the block below in lines that end after a comma, not between a key and its value."""
    cells = ["\n".join(wrap(breaking_after_commas(cell), width)).replace(NO_BREAK_SPACE, " ") for cell in column.cells]
    return Column(column.heading, cells)


def _joined(keys: list[Column]) -> Column:
    rows = zip(*(column.cells for column in keys), strict=True)
    headings = [column.heading for column in keys]
    cells = [
        ", ".join(f"{heading} {cell}" for heading, cell in zip(headings, row, strict=True) if cell != ABSENT)
        for row in rows
    ]
    return Column(tr("differs in"), cells)


def _key_columns(comparison: Comparison) -> list[Column]:
    return [
        Column(one_line(comparison.short_keys[key]), [setting_cell(entry, key) for entry in comparison.entries])
        for key in comparison.keys
    ]


def _measure_columns(comparison: Comparison) -> dict[str, Column]:
    return {
        name: Column(heading(name), [measure_cell(entry, name) for entry in comparison.entries], numbers=True)
        for name in measure_columns(comparison)
    }
