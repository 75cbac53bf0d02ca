"""``nnlab show`` of a sweep: its question, its best points and what its statistics say."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlab.cli.console import echo

if TYPE_CHECKING:
    from nnlab.cli.comparison_table import Column
    from nnlab.records.sweep_folder import SweepRecord
    from nnlab.records.sweep_points import PointRows

MOST_POINTS = 10
MOST_VERDICTS = 3


def show_sweep(path: Path) -> None:
    """Print status, question, the best points with their settings and mean goal, verdicts, and what to do next."""
    from nnlab.records.sweep_folder import read_sweep
    from nnlab.text import one_line

    record = read_sweep(path)
    if question := _question(record.yaml):
        echo(f"# {one_line(question, 500)}")
    echo(f"{record.status}: {_progress(record)}")
    if record.summary["message"]:
        echo(one_line(record.summary["message"], 1000))
    _print_points(record)
    _print_verdicts(record.summary["statistics"])
    for line in _next_steps(record):
        echo(line)


def _question(yaml: str) -> str:
    """The comment at the top of sweep.yaml, on one line; empty without one."""
    lines = []
    for line in yaml.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return " ".join(lines)


def _progress(record: "SweepRecord") -> str:
    """``15 of 15 trials (14 completed, 1 diverged), search grid, goal validation_accuracy``."""
    from nnlab.records.formats import ENDED_TRIALS, TRIAL_STATUSES
    from nnlab.text import one_line

    summary = record.summary
    counts = [f"{summary['counts'][name]:,} {name}" for name in TRIAL_STATUSES if summary["counts"].get(name)]
    done = sum(summary["counts"].get(status, 0) for status in ENDED_TRIALS)
    by_status = f" ({', '.join(counts)})" if counts else ""
    parts = [f"{done:,} of {summary['trials']:,} trials{by_status}"]
    if summary["search"]:
        parts.append(f"search {one_line(summary['search'])}")
    if record.columns.goal:
        parts.append(f"goal {'highest' if record.maximize else 'lowest'} {record.columns.goal}")
    return ", ".join(parts)


def _print_points(record: "SweepRecord") -> None:
    from nnlab.cli.comparison_table import laid_out
    from nnlab.cli.console import results
    from nnlab.records.sweep_points import points_of, ranked

    points = points_of(record.trials, record.columns.goal)
    best = ranked(points, maximize=record.maximize)
    shown = (best or points)[:MOST_POINTS]
    if not shown:
        return
    console = results()
    console.print(laid_out(_columns(record, shown), console.width), soft_wrap=False)
    if left := len(points) - len(shown):
        echo(f"… and {left:,} more point{'s' * (left > 1)}; nnlab compare {record.path} has all finished trials")


def _columns(record: "SweepRecord", points: Sequence["PointRows"]) -> "list[Column]":
    from nnlab.cli.comparison_table import Column, heading, shown_number
    from nnlab.compare.labels import ABSENT, short_keys
    from nnlab.records.sweep_points import SEED
    from nnlab.text import format_value, one_line

    keys = [key for key in record.columns.keys if key != SEED]
    columns = [Column("trials", [_trials(point) for point in points])]
    for key, short in short_keys(keys).items():
        cells = [one_line(format_value(point.settings[key])) if key in point.settings else ABSENT for point in points]
        columns.append(Column(one_line(short), cells))
    if goal := record.columns.goal:
        cells = []
        for point in points:
            mean = ABSENT if point.goal is None else shown_number(goal, point.goal.mean)
            spread = point.goal and point.goal.std
            cells.append(mean if spread is None else f"{mean} ±{shown_number(goal, spread)}")
        columns.append(Column(heading(goal), cells, numbers=True))
    columns.append(Column("status", [", ".join(dict.fromkeys(row.status for row in point.rows)) for point in points]))
    return columns


def _trials(point: "PointRows") -> str:
    """``7``, ``7-9`` where the numbers follow each other, ``7, 12``."""
    numbers = [row.number for row in point.rows]
    if len(numbers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        return f"{numbers[0]}-{numbers[-1]}"
    return ", ".join(map(str, numbers[:6])) + ", …" * (len(numbers) > 6)


def _print_verdicts(statistics: Mapping[str, Any] | None) -> None:
    """The best point against the closest others, as the summary words it."""
    from nnlab.text import one_line

    against = (statistics or {}).get("against")
    for entry in against[:MOST_VERDICTS] if isinstance(against, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("verdict"), str):
            best, label = (one_line(str(text), 100) for text in ((statistics or {}).get("best"), entry.get("label")))
            echo(f"{best} against {label}: {one_line(entry['verdict'], 500)}")


def _next_steps(record: "SweepRecord") -> list[str]:
    from nnlab.storage.layout import BEST_FILE, trial_folder

    lines = []
    best = record.path / BEST_FILE
    if record.summary["best"] and best.is_file():
        first = trial_folder(record.summary["best"]["trial"])
        lines.append(f"best: {record.path / first}; nnlab train {best} repeats it")
    if record.columns.goal is None:
        lines.append("no best point: the sweep has no goal; data.validation holds out samples to choose by")
    if record.status in {"interrupted", "crashed", "failed"}:
        lines.append(f"resume: nnlab sweep --resume {record.path}")
    return lines
