"""The results of a sweep as a table for the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from nnlab.cli.columns import Column, laid_out
from nnlab.cli.comparison_statistics import recorded_lines
from nnlab.cli.console import results
from nnlab.comparisons.cells import heading
from nnlab.comparisons.labels import setting_text
from nnlab.comparisons.sample_size import fewest_pairs
from nnlab.comparisons.verdicts import fewer_points
from nnlab.core.rows import REPORTING_SPLITS
from nnlab.core.statistics import mean_std
from nnlab.language import in_language, tr
from nnlab.metric_columns import format_column, names_in
from nnlab.metrics import LOSS
from nnlab.records.sweep_folder import SweepRecord
from nnlab.records.sweep_points import PointRows, points_of, ranked
from nnlab.storage.layout import TRIALS_FILE
from nnlab.text import one_line

MOST_ROWS = 10
MOST_VERDICTS = 5
MOST_NUMBERS = 6
WIDEST_SETTING = 40


def print_sweep(record: SweepRecord, most: int = MOST_ROWS) -> None:
    """Print the best points with mean ± standard deviation over their seeds; without a goal the first, in order.

    Points without a mean follow, of those that a search stopped the one with the longest training first, then the best.
    """
    points = points_of(record.trials, record.columns.goal)
    order = ranked(points, maximize=record.maximize)
    others = [point for point in points if point.goal is None]
    if goal := record.columns.goal:
        sign = -1 if record.maximize else 1
        others.sort(key=lambda point: (-_steps(point), sign * (_mean(point, goal) or 0.0)))
    order += others
    shown = order[:most]
    keys = [key for key in record.columns.keys if any(key in point.settings for point in shown)]
    columns = [
        Column(tr("trial"), [_numbers(point) for point in shown], numbers=True),
        *(Column(one_line(key, 60), [_setting(point.settings, key) for point in shown]) for key in keys),
        *(
            Column(heading(name), [_measured(point, name) for point in shown], numbers=True)
            for name in _metrics(record, shown)
        ),
        Column(tr("status"), [_statuses(point) for point in shown]),
    ]
    console = results()
    console.print(laid_out(columns, console.width), soft_wrap=False)
    if len(order) > len(shown):
        more = f"{len(order) - len(shown):,}"
        console.print(tr("... and {more} more in {file}", more=more, file=record.path / TRIALS_FILE))
    lines = recorded_lines(record.summary["statistics"], console.width, MOST_VERDICTS)
    if lines := lines or _advice_on_seeds(points):
        console.print()
        for line in lines:
            console.print(Text(line))


def _advice_on_seeds(points: Sequence[PointRows]) -> list[str]:
    """What a sweep with one seed per point cannot answer; nothing where there are more seeds, or no best point."""
    measured = [point for point in points if point.goal]
    if len(measured) < 2 or any(len(point.rows) > 1 for point in points):
        return []
    pairs = len(measured) * (len(measured) - 1) // 2
    seeds, fewer = f"--seeds {fewest_pairs(pairs)}", fewer_points(pairs)
    return [
        in_language(
            f"one seed per point: which is best may be luck; {seeds} can tell points apart{fewer}",
            f"各点のシードは 1 個：最良の点は偶然かもしれない。{seeds} なら区別できる{fewer}",
        )
    ]


def _metrics(record: SweepRecord, points: Sequence[PointRows]) -> list[str]:
    """The goal, and the headline metrics of the other splits."""
    measured = dict.fromkeys(name for point in points for row in point.rows for name in row.metrics)
    named = [name for name in names_in(measured) if name != LOSS]
    columns = [f"{split}_{name}" for split in REPORTING_SPLITS for name in named]
    goal = [record.columns.goal] if record.columns.goal else []
    return [*goal, *(column for column in columns if column in measured and column not in goal)]


def _steps(point: PointRows) -> int:
    return sum(row.steps or 0 for row in point.rows if row.status == "stopped")


def _numbers(point: PointRows) -> str:
    """``7``, ``7-9`` where the trials follow each other, ``7, 12, 17`` where they do not."""
    numbers = [row.number for row in point.rows]
    if len(numbers) > 1 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{numbers[0]}-{numbers[-1]}"
    return ", ".join(map(str, numbers[:MOST_NUMBERS])) + ", ..." * (len(numbers) > MOST_NUMBERS)


def _setting(settings: Mapping[str, Any], key: str) -> str:
    return one_line(setting_text(settings[key]), WIDEST_SETTING) if key in settings else ""


def _measured(point: PointRows, column: str) -> str:
    values = _values(point, column)
    if not values:
        return ""
    mean, std, _ = mean_std(values)
    return format_column(column, mean) + ("" if std is None else f" ± {format_column(column, std)}")


def _mean(point: PointRows, column: str) -> float | None:
    values = _values(point, column)
    return mean_std(values).mean if values else None


def _values(point: PointRows, column: str) -> list[float]:
    return [value for row in point.rows if (value := row.metrics.get(column)) is not None]


def _statuses(point: PointRows) -> str:
    found = dict.fromkeys(row.status for row in point.rows)
    return tr(", ").join(map(tr, found))
