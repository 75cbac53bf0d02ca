"""The results of the compared runs: curves, a table with standard deviations, and verdicts."""

from nnlab.comparisons.cells import DISPENSABLE, column_words, heading, measure_cell, measure_columns, shown_number
from nnlab.comparisons.comparison import Comparison
from nnlab.comparisons.entries import Entry
from nnlab.comparisons.seeds import standard_errors
from nnlab.comparisons.statistics_notes import (
    common_advice,
    no_seeds_in_common,
    sampling_error,
    statistics_notes,
    statistics_title,
)
from nnlab.language import in_language, tr
from nnlab.report.curves import curve_pictures
from nnlab.report.document import Block, Heading, Items, Paragraph, Table
from nnlab.report.gallery import Gallery
from nnlab.report.opening import MOST_ROWS, more_rows

MOST_COLUMNS = 7
MOST_AVERAGES = 5
MOST_VERDICTS = 20


def labels_of(comparison: Comparison) -> list[str]:
    """The label of each entry, without its number of seeds."""
    labels = zip(comparison.labels_without_seeds, comparison.entries, strict=True)
    return [label or entry.names for label, entry in labels]


def comparison_blocks(comparison: Comparison, gallery: Gallery, *, curves: bool = True) -> list[Block]:
    """The best entry in a sentence, curves, the table of results, verdicts."""
    blocks: list[Block] = best_sentence(comparison)
    blocks.append(results_table(comparison))
    blocks += more_rows(len(comparison.entries) - MOST_ROWS)
    blocks += _notes(comparison)
    blocks += verdict_blocks(comparison)
    if curves:
        blocks += curve_blocks(comparison, gallery)
    return blocks


def best_sentence(comparison: Comparison) -> list[Block]:
    """Which entry is the best by the column sorted by; nothing for a single entry."""
    if len(comparison.entries) < 2 or comparison.sort not in comparison.entries[0].measures:
        return []
    label, value = labels_of(comparison)[0], result_cell(comparison.entries[0], comparison.sort)
    words = column_words(comparison.sort)
    return [Paragraph(in_language(f"Best by {words}: {label}, {value}.", f"{words}が最良：{label}、{value}。"))]


def results_table(comparison: Comparison) -> Table:
    """Final metrics, averages with ± one standard deviation."""
    entries = comparison.entries[:MOST_ROWS]
    columns = [name for name in measure_columns(comparison) if any(name in entry.measures for entry in entries)]
    averaged = any(len(entry.runs) > 1 for entry in entries)
    for name in reversed(DISPENSABLE):
        crowded = len(columns) > (MOST_AVERAGES if averaged else MOST_COLUMNS)
        # Averages of times say little: the machine may have had other work.
        if name in columns and name != comparison.sort and (crowded or (averaged and name == "train_seconds")):
            columns.remove(name)
    heads = [
        tr("run"),
        *([in_language("seeds", "シード数")] if averaged else []),
        *map(heading, columns),
    ]
    rows = [
        [
            label,
            *([str(len(entry.runs))] if averaged else []),
            *(result_cell(entry, name) for name in columns),
        ]
        for label, entry in zip(labels_of(comparison), entries, strict=False)
    ]
    numbers = frozenset(range(1, len(heads)))
    if any(entry.status != "completed" for entry in entries):
        heads.append(tr("status"))
        rows = [[*row, tr(entry.status)] for row, entry in zip(rows, entries, strict=True)]
    caption = in_language("Results", "結果")
    if averaged:
        caption = in_language("Results, mean ± one standard deviation over seeds", "結果（シードの平均 ± 標準偏差）")
    best = 0 if len(entries) > 1 and comparison.sort in entries[0].measures else None
    return Table(caption, heads, rows, numbers, best)


def result_cell(entry: Entry, name: str) -> str:
    """A measured number as ``nnlab compare`` shows it; a standard deviation with the decimals of its mean."""
    spread = entry.measures.get(name)
    if spread is None or spread.std is None:
        return measure_cell(entry, name)
    mean = shown_number(name, spread.mean)
    decimals = len(mean.partition(".")[2]) if mean.replace(".", "").lstrip("-").isdigit() else None
    std = shown_number(name, spread.std) if decimals is None else f"{spread.std:.{decimals}f}"
    return f"{mean} ± {std}"


def _notes(comparison: Comparison) -> list[Block]:
    """The standard error that the size of the test set leaves, where no verdict mentions it."""
    if comparison.statistics is not None or not comparison.entries:
        return []
    errors = standard_errors(comparison.entries[0])
    return [
        Paragraph(
            in_language(
                f"Standard error of {column_words(column)} from the number of samples: ± {100 * error:.2f} points.",
                f"サンプル数による{column_words(column)}の標準誤差：± {100 * error:.2f} ポイント。",
            ),
            role="note",
        )
        for column, error in list(errors.items())[:1]
    ]


def verdict_blocks(comparison: Comparison) -> list[Block]:
    """What seeds in common show: the verdicts of ``nnlab compare``."""
    statistics = comparison.statistics
    if statistics is None:
        missing = no_seeds_in_common(comparison)
        return [Paragraph(missing, role="note")] if missing else []
    document = statistics.document(comparison.labels_without_seeds)
    kind = "finding" if common_advice(document) else "verdict"
    rows = [[str(one["label"]), str(one[kind])] for one in document["against"]]
    caption = statistics_title(statistics.column, str(document["best"])).rstrip(":：")
    head = [in_language("against", "比較相手"), in_language("verdict", "判定")]
    notes = statistics_notes(document, sampling_error(comparison))
    return [
        Table(caption, head, rows[:MOST_VERDICTS]),
        *more_rows(len(rows) - MOST_VERDICTS),
        *([Items(notes)] if notes else []),
    ]


def curve_blocks(comparison: Comparison, gallery: Gallery) -> list[Block]:
    """The curves of all entries, in one picture for each metric; of a single run its own."""
    runs = [run for entry in comparison.entries for run in entry.runs]
    settings = in_language(f"{len(comparison.entries)} settings", f"{len(comparison.entries)} 通りの設定")
    pictures = curve_pictures(runs, lambda: comparison, runs[0].name if len(runs) == 1 else settings, gallery)
    return [Heading(in_language("Learning curves", "学習曲線")), *pictures] if pictures else []
