"""Comparisons in Python: of runs by path, name or pattern, shown as a table, as a figure and as a DataFrame."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from nnlab.comparisons.cells import column_words, heading, measure_cell, measure_columns, setting_cell, shown_number
from nnlab.comparisons.comparison import Comparison
from nnlab.comparisons.comparison import compare as compare_folders
from nnlab.errors import UsageError
from nnlab.extras import needed
from nnlab.html import block, line, table
from nnlab.inference.trained_network import HasPath
from nnlab.language import Language
from nnlab.records.run_names import find_run
from nnlab.storage.patterns import expanded
from nnlab.text import near_hint, one_line, quote

if TYPE_CHECKING:
    import pandas

    from nnlab.plots.plot_style import Style
    from nnlab.plots.shown_figure import ShownFigure


Compared = str | Path | HasPath
"""A run or sweep: its folder, its short name, a pattern of folders, or what ``run()``, ``sweep()``... returned."""


class ComparedRuns(Comparison):
    """A comparison with its table, figure and verdicts."""

    def __repr__(self) -> str:
        runs = sum(len(entry.runs) for entry in self.entries)
        best = self.entries[0]
        measured = best.measures.get(self.sort)
        value = "" if measured is None else f" with {column_words(self.sort)} {shown_number(self.sort, measured.mean)}"
        return f"Comparison of {runs:,} run{'s' * (runs != 1)}: first {one_line(self.labels[0], 100)}{value}"

    def _repr_html_(self) -> str:
        """The table of ``nnlab compare``, its verdicts, and what was not compared."""
        headings, rows, numbers = self._cells()
        judged = "".join(line(f"{label}: {verdict}") for label, verdict in self.verdicts.items())
        if judged and self.statistics:
            judged = line(f"{column_words(self.statistics.column)} of {self._best} against the others:") + judged
        left_out = [self.passed_over_counts and f"skipped: {self.passed_over_counts}"]
        left_out += [f"damaged, not compared: {run.message}" for run in self.damaged]
        below = "".join(line(text, small=True) for text in left_out if text)
        return block(table(headings, rows, numbers=numbers), judged, below)

    def table(self) -> str:
        """The table of ``nnlab compare`` as text, with all columns: ``print(comparison.table())``."""
        headings, rows, numbers = self._cells()
        widths = [max(cell_len(row[index]) for row in (headings, *rows)) for index in range(len(headings))]
        lines = []
        for row in (headings, ["─" * width for width in widths], *rows):
            blank = [" " * (width - cell_len(cell)) for width, cell in zip(widths, row, strict=True)]
            padded = [
                space + cell if index in numbers else cell + space
                for index, (space, cell) in enumerate(zip(blank, row, strict=True))
            ]
            lines.append("  ".join(padded).rstrip())
        return "\n".join(lines)

    @property
    def verdicts(self) -> Mapping[str, str]:
        """What the first entry shows against each other one on equal seeds, by label; empty without common seeds."""
        if self.statistics is None:
            return {}
        document = self.statistics.document(self.labels_without_seeds)
        return {str(one["label"]): str(one["verdict"]) for one in document["against"]}

    def plot(self, metric: str | None = None, *, style: "Style" = "light", language: Language = "en") -> "ShownFigure":
        """The curves of a metric of all entries as a matplotlib figure, by default of the first one measured.

        Nothing is written. Raises UsageError for a metric that no run measured.
        """
        from nnlab.plots.comparison import plot_comparison
        from nnlab.plots.palette import drawn_as
        from nnlab.plots.plot_style import PlotStyle
        from nnlab.plots.shown_figure import figures_kept

        known = list(dict.fromkeys(name for entry in self.entries for run in entry.runs for name in run.metric_names))
        chosen = known[0] if metric is None else metric
        if chosen not in known:
            raise UsageError(f"no run measured {quote(chosen)}; {near_hint(chosen, known)}there are {', '.join(known)}")
        with figures_kept() as figures, drawn_as(PlotStyle("png", style, language)):
            plot_comparison(self, self.entries[0].runs[0].path, [chosen])
        return figures[0]

    def to_frame(self) -> "pandas.DataFrame":
        """A row for each entry: label, settings that differ, means and standard deviations; raises UsageError."""
        rows: list[dict[str, Any]] = []
        for label, entry in zip(self.labels, self.entries, strict=True):
            row: dict[str, Any] = {"label": label, "status": entry.status, "runs": len(entry.runs)}
            row |= {key: entry.settings.get(key) for key in self.keys if key != "name"}
            for name in measure_columns(self):
                spread = entry.measures.get(name)
                row[name] = None if spread is None else spread.mean
                if any(len(other.runs) > 1 for other in self.entries):
                    row[f"{name}_std"] = None if spread is None else spread.std
            rows.append(row)
        return needed("pandas", None, "to_frame").DataFrame(rows)

    @property
    def _best(self) -> str:
        return self.labels_without_seeds[0 if self.statistics is None else self.statistics.found.best]

    def _cells(self) -> tuple[list[str], list[list[str]], range]:
        """The headings and cells of the table, and which columns are numbers."""
        keys, measures = self.keys, measure_columns(self)
        headings = ["run", *(self.short_keys[key] for key in keys), *map(heading, measures), "status"]
        rows = [
            [
                title,
                *(setting_cell(entry, key) for key in keys),
                *(measure_cell(entry, name) for name in measures),
                entry.status,
            ]
            for title, entry in zip(self.titles, self.entries, strict=True)
        ]
        return headings, rows, range(1 + len(keys), 1 + len(keys) + len(measures))


def compare(
    chosen: Compared | Iterable[Compared],
    *,
    sort: str | None = None,
    top: int | None = None,
    where: Iterable[str] = (),
    tag: str | None = None,
    runs: Path | str = "runs",
) -> ComparedRuns:
    """Compare runs, best first: ``compare(["adam", "momentum"])``, ``compare("runs/*")``, ``compare([a, b])``.

    ``chosen`` are folders, patterns, short names of runs or sweeps in the folder ``runs``, and what ``run()``,
    ``sweep()`` or ``read_run()`` returned. A sweep stands for its finished trials. The other arguments are those of
    ``nnlab compare``: see :func:`nnlab.comparisons.comparison.compare`, which says what is raised.
    """
    paths = [path for one in _listed(chosen) for path in _paths(one, Path(runs))]
    conditions = [where] if isinstance(where, str) else where
    found = compare_folders(paths, sort=sort, top=top, where=conditions, tag=tag)
    return ComparedRuns(**{field.name: getattr(found, field.name) for field in fields(found)})


def _listed(chosen: Compared | Iterable[Compared]) -> list[Compared]:
    if isinstance(chosen, str | Path) or not isinstance(chosen, Iterable):
        return [chosen]
    return list(chosen)


def _paths(one: Compared, runs: Path) -> list[Path]:
    if not isinstance(one, str | Path):
        path = getattr(one, "path", None)
        if not isinstance(path, Path):
            raise UsageError(f"compare: expected a folder, a name or a result, got {quote(repr(one))}")
        return [path]
    return [find_run(name, runs, "run", "sweep") for name in expanded([str(one)])]
