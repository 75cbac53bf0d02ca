"""``nnlab show`` of a sweep: its question, its best points and what its statistics say."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.cli.console import echo

if TYPE_CHECKING:
    from nnlab.records.sweep_folder import SweepRecord


def show_sweep(path: Path) -> None:
    """Print status, question, the best points with their settings and mean goal, verdicts, and what to do next."""
    from nnlab.cli.sweep_results import print_sweep
    from nnlab.records.formats import CRASHED
    from nnlab.records.sweep_folder import read_sweep, rebuilt
    from nnlab.text import one_line

    record = read_sweep(path)
    if record.status == CRASHED:  # the table may lack what its trials recorded before they were killed
        record = replace(record, trials=rebuilt(record))
    if question := _question(record.yaml):
        echo(f"# {one_line(question, 500)}")
    echo(f"{record.status}: {_progress(record)}")
    if record.summary["message"]:
        echo(one_line(record.summary["message"], 1000))
    if record.trials:
        print_sweep(record)
    for line in _next_steps(record):
        echo(line)


def _question(yaml: str) -> str:
    """The comment at the top of sweep.yaml, on one line; empty without one."""
    from nnlab.config.yaml_reader import leading_comment

    return " ".join(line.lstrip("# ") for line in leading_comment(yaml))


def _progress(record: "SweepRecord") -> str:
    """``15 of 15 trials (14 completed, 1 diverged), search grid, goal validation_accuracy``."""
    from nnlab.records.formats import ENDED_TRIALS, TRIAL_STATUSES
    from nnlab.text import one_line

    summary = record.summary
    found = Counter(row.status for row in record.trials)
    counts = [f"{found[status]:,} {status}" for status in TRIAL_STATUSES if found[status]]
    done = sum(found[status] for status in ENDED_TRIALS)
    by_status = f" ({', '.join(counts)})" if counts else ""
    parts = [f"{done:,} of {summary['trials']:,} trials{by_status}"]
    if summary["search"]:
        parts.append(f"search {one_line(summary['search'])}")
    if record.columns.goal:
        parts.append(f"goal {'highest' if record.maximize else 'lowest'} {record.columns.goal}")
    return ", ".join(parts)


def _next_steps(record: "SweepRecord") -> list[str]:
    from nnlab.records.formats import CRASHED
    from nnlab.storage.layout import BEST_FILE, trial_folder

    lines = []
    failed = any(row.status == "failed" for row in record.trials)
    best = record.path / BEST_FILE
    if record.summary["best"] and best.is_file():
        first = trial_folder(record.summary["best"]["trial"])
        lines.append(f"best: {record.path / first}; nnlab train {best} repeats it")
    if record.columns.goal is None:
        lines.append("no best point: the sweep has no goal; data.validation holds out samples to choose by")
    if record.status in {"interrupted", CRASHED, "failed"}:
        lines.append(f"resume: nnlab sweep --resume {record.path}{' --retry failed' * failed}")
    return lines
