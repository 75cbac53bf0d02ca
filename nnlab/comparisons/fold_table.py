"""The folds of a cross-validation as a table."""

from collections.abc import Mapping, Sequence
from typing import Any

from nnlab.comparisons.cells import heading, shown_number
from nnlab.language import tr


def fold_headings(summary: Mapping[str, Any]) -> list[str]:
    """The headings: fold, steps, metrics, status."""
    return [tr("fold"), tr("steps"), *map(heading, _metrics(summary)), tr("status")]


def fold_rows(summary: Mapping[str, Any]) -> list[Sequence[str]]:
    """A row for each fold."""
    return [
        [
            run["folder"],
            f"{run['steps']:,}",
            *(_cell(key, (run["final"] or {}).get(key)) for key in _metrics(summary)),
            tr(run["status"]),
        ]
        for run in summary["runs"]
    ]


def mean_rows(summary: Mapping[str, Any]) -> list[Sequence[str]]:
    """Mean and sample standard deviation over the folds that completed."""
    metrics = _metrics(summary)
    return [
        [text, "", *(_cell(key, value[part]) for key, value in metrics.items()), ""]
        for text, part in ((tr("mean"), "mean"), (tr("± std"), "std"))
    ]


def fold_title(name: str, summary: Mapping[str, Any]) -> str:
    """What the table shows."""
    folds = summary["folds"]
    return tr("{name}: {folds} folds, mean ± standard deviation of those completed", name=name, folds=folds)


def _metrics(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in summary["metrics"].items() if key != "objective"}


def _cell(key: str, value: float | None) -> str:
    return "" if value is None else shown_number(key, value)
