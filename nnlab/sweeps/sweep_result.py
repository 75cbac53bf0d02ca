"""What a sweep gives in Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from nnlab.comparisons.cells import heading
from nnlab.comparisons.labels import setting_text
from nnlab.core.arrays import Array
from nnlab.html import block, line, table
from nnlab.language import Language
from nnlab.metric_columns import format_column, metric_of
from nnlab.records.result_line import sweep_line
from nnlab.records.sweep_folder import read_sweep as read_record
from nnlab.records.sweep_table import is_metric
from nnlab.train.trained_run import data_frame

if TYPE_CHECKING:
    import pandas

    from nnlab.plots.plot_style import Style
    from nnlab.plots.shown_figure import Figures, ShownFigure

MOST_ROWS = 30


@dataclass(frozen=True, repr=False)
class SweepResult:
    """Where a sweep was written, its summary, and the columns of trials.csv as arrays, an entry for each trial.

    Numbers are float64, NaN where there is none; texts and lists are arrays of objects.
    """

    path: Path
    summary: Mapping[str, Any]
    trials: Mapping[str, Array]

    def __repr__(self) -> str:
        return sweep_line(self.path.name, self.status, self.summary)

    def _repr_html_(self) -> str:
        """The first trials, in order."""
        total = len(self.trials["trial"])
        rows = [[_cell(name, column[index]) for name, column in self.trials.items()] for index in range(total)]
        headings = [heading(name) if metric_of(name) else name for name in self.trials]
        numbers = [index for index, column in enumerate(self.trials.values()) if column.dtype != object]
        more = line(f"… and {total - MOST_ROWS:,} more trials in trials.csv") if total > MOST_ROWS else ""
        shown = table(headings, rows[:MOST_ROWS], numbers=numbers)
        return block(line(repr(self)), shown, more, line(self.path, small=True))

    @property
    def status(self) -> str:
        """How it ended."""
        return str(self.summary["status"])

    @overload
    def plot(self, kind: str, *, style: "Style" = "light", language: Language = "en") -> "ShownFigure": ...

    @overload
    def plot(self, kind: None = None, *, style: "Style" = "light", language: Language = "en") -> "Figures": ...

    def plot(
        self, kind: str | None = None, *, style: "Style" = "light", language: Language = "en"
    ) -> "ShownFigure | Figures":
        """A picture of ``nnlab plot`` as a matplotlib figure: ``sweep.plot("heatmap")``.

        Without ``kind`` a list of those that suit its keys. Nothing is written. Raises UsageError for an unknown kind
        and for one that this sweep cannot have.
        """
        from nnlab.figures.sweep_figures import sweep_figures  # loads matplotlib

        figures = sweep_figures(self.path, None if kind is None else [kind], style, language)
        return figures if kind is None else figures[0]

    def to_frame(self) -> "pandas.DataFrame":
        """The rows of trials.csv as a DataFrame; raises UsageError without pandas."""
        return data_frame(self.trials)


def read_sweep(folder: Path | str) -> SweepResult:
    """Read the folder of a sweep: its summary and its trials; raises RunError naming file and line."""
    record = read_record(folder)
    return SweepResult(record.path, {**record.summary, "status": record.status}, record.arrays)


def _cell(name: str, value: object) -> str:
    """A cell of trials.csv as it is shown; empty where there is no value."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and is_metric(name):
        return format_column(name, float(value))
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return setting_text(value.item() if hasattr(value, "item") else value)
