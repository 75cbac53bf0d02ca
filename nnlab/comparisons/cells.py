"""A comparison as the cells of a table: which columns it has, their headings, and numbers as they are shown."""

from nnlab.comparisons.comparison import Comparison
from nnlab.comparisons.entries import Entry
from nnlab.comparisons.labels import ABSENT
from nnlab.core.rows import SPLITS
from nnlab.language import in_language, tr
from nnlab.metric_columns import BEST, format_column, metric_of
from nnlab.metrics import LOSS
from nnlab.text import format_value, one_line

# Left out in this order where there is no room.
DISPENSABLE = (*(f"{split}_{LOSS}" for split in SPLITS), "train_seconds")


def measure_columns(comparison: Comparison) -> list[str]:
    """The usual numbers, those of further metrics, and the one that was sorted by."""
    measured = {name for entry in comparison.entries for name in entry.measures}
    usual = comparison.usual_columns
    further = [name for name in comparison.measures if name not in usual.reported]
    names = dict.fromkeys(name for name in (*usual.table, *further) if name in measured or name not in usual.optional)
    if comparison.sort in measured:
        names |= {comparison.sort: None}
    return [name for name in names if name != "best_step"]


def setting_cell(entry: Entry, key: str, limit: int = 60) -> str:
    """An entry's value of a spec key."""
    return one_line(format_value(entry.settings[key]), limit) if key in entry.settings else ABSENT


def measure_cell(entry: Entry, name: str) -> str:
    """A measured number: ``0.9430``, of an average ``0.9430 ±0.0012``, of the best evaluation ``0.9430 @90``."""
    spread = entry.measures.get(name)
    if spread is None:
        return ABSENT
    if spread.std is not None:
        return f"{shown_number(name, spread.mean)} ±{shown_number(name, spread.std)}"
    if name.startswith(BEST):
        return f"{shown_number(name, spread.mean)} @{entry.measures['best_step'].mean:.0f}"
    return shown_number(name, spread.mean)


def heading(name: str) -> str:
    """The heading of a column of measured numbers."""
    if metric := metric_of(name):
        split, best = name.removeprefix(BEST).partition("_")[0], name.startswith(BEST)
        english = f"{split} {metric.heading}{' @best step' * best}"
        return in_language(english, f"{'最良時 ' * best}{tr(split)}{metric.label_ja}")
    if name == "train_seconds":
        return in_language("seconds", "秒")
    return one_line(name)


def column_words(column: str) -> str:
    """A column in words: ``validation accuracy``."""
    metric = metric_of(column)
    if metric is None:
        return in_language("training time", "訓練時間") if column == "train_seconds" else one_line(column)
    split, best = column.removeprefix(BEST).partition("_")[0], column.startswith(BEST)
    return in_language(f"{'best ' * best}{split} {metric.label}", f"{'最良の' * best}{tr(split)}{metric.label_ja}")


def shown_number(name: str, value: float) -> str:
    """A measured number with as many digits as are of use."""
    return f"{value:.2f}" if name.endswith("seconds") else format_column(name, value)
