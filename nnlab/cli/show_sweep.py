"""``nnlab show`` of a sweep: its question, its best points and what its statistics say."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.cli.console import echo
from nnlab.language import in_language, tr

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
    echo(tr("{name}: {parts}", name=tr(record.status), parts=_progress(record)))
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
    counts = [
        tr("{count} {status}", count=f"{found[status]:,}", status=tr(status))
        for status in TRIAL_STATUSES
        if found[status]
    ]
    done = sum(found[status] for status in ENDED_TRIALS)
    progress = tr("{done} of {trials} trials", done=f"{done:,}", trials=f"{summary['trials']:,}")
    parts = [tr("{title} ({notes})", title=progress, notes=tr(", ").join(counts)) if counts else progress]
    if summary["search"]:
        parts.append(tr("search {name}", name=one_line(summary["search"])))
    if (column := record.columns.goal) and record.maximize:
        parts.append(tr("goal highest {column}", column=column))
    elif column:
        parts.append(tr("goal lowest {column}", column=column))
    return tr(", ").join(parts)


def _next_steps(record: "SweepRecord") -> list[str]:
    from nnlab.records.formats import CRASHED
    from nnlab.storage.layout import BEST_FILE, trial_folder

    lines = []
    failed = any(row.status == "failed" for row in record.trials)
    best = record.path / BEST_FILE
    if record.summary["best"] and best.is_file():
        first = trial_folder(record.summary["best"]["trial"])
        lines.append(tr("best: {path}; {command} repeats it", path=record.path / first, command=f"nnlab train {best}"))
    if record.columns.goal is None:
        lines.append(
            in_language(
                "no best point: the sweep has no goal; data.validation holds out samples to choose by",
                "最良の点はありません：目標がないスイープです。data.validation で検証データを取り分けられます",
            )
        )
    if record.status in {"interrupted", CRASHED, "failed"}:
        command = f"nnlab sweep --resume {record.path}{' --retry failed' * failed}"
        lines.append(tr("resume: {command}", command=command))
    return lines
