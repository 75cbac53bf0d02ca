"""Entries of a comparison as cells of CSV and as JSON."""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

from nnlab.comparisons.entries import Entry, measured
from nnlab.comparisons.paired import PairedDifference
from nnlab.comparisons.seeds import standard_errors
from nnlab.core.statistics import MeanStd
from nnlab.records.formats import text_cell
from nnlab.records.reader import RunRecord
from nnlab.text import format_value, one_line

PAIRED_COLUMNS = ("seeds_paired", "difference", "difference_low", "difference_high", "won", "p", "adjusted_p")


def csv_heading(settings: Iterable[str], measures: Iterable[str], with_errors: Iterable[str]) -> list[str]:
    """The columns: run, name, status, n, settings, measures, standard errors, paired differences."""
    keys = [text_cell(one_line(key, 200)) for key in settings]
    numbers = [column for name in measures for column in (name, f"{name}_std")]
    errors = [f"{name}_standard_error" for name in with_errors]
    return ["run", "name", "status", "n", *keys, *numbers, *errors, *PAIRED_COLUMNS]


def csv_row(
    entry: Entry,
    settings: Iterable[str],
    measures: Iterable[str],
    with_errors: Iterable[str],
    paired: PairedDifference | None,
) -> list[str]:
    """The cells of an entry; ``paired`` is the best entry against it."""
    row = [text_cell(" ".join(entry.folders)), text_cell(entry.names), entry.status, str(len(entry.runs))]
    row += [_setting_cell(entry.settings[key]) if key in entry.settings else "" for key in settings]
    row += [cell for name in measures for cell in _cells(entry.measures.get(name))]
    errors = standard_errors(entry)
    return [*row, *(_digits(errors.get(name)) for name in with_errors), *_paired_cells(paired)]


def entry_document(entry: Entry, label: str, keys: Sequence[str]) -> dict[str, Any]:
    """An entry with its runs as plain values."""
    return {
        "label": label,
        "name": entry.names,
        "status": entry.status,
        "n": len(entry.runs),
        "spec": {key: entry.settings[key] for key in keys if key in entry.settings},
        "measures": {name: spread._asdict() for name, spread in entry.measures.items()},
        "standard_errors": standard_errors(entry),
        "runs": [_run_document(run) for run in entry.runs],
    }


def _setting_cell(value: object) -> str:
    text = one_line(format_value(value), 10_000)
    return text_cell(text) if isinstance(value, str) else text


def _cells(spread: MeanStd | None) -> tuple[str, str]:
    """Mean and standard deviation with all their digits; empty where there is none."""
    if spread is None:
        return "", ""
    return repr(spread.mean), _digits(spread.std)


def _digits(value: float | None) -> str:
    return "" if value is None else repr(value)


def _paired_cells(one: PairedDifference | None) -> list[str]:
    """The cells of PAIRED_COLUMNS."""
    if one is None:
        return [""] * len(PAIRED_COLUMNS)
    return [_digits(value) for value in (one.n, one.mean, one.low, one.high, one.won, one.p, one.adjusted_p)]


def _run_document(run: RunRecord) -> dict[str, Any]:
    return {
        "path": str(run.path),
        "name": run.name,
        "seed": run.spec["seed"],
        "status": run.status,
        "spec_sha256": run.summary["spec_sha256"],
        "tags": list(run.tags),
        "measures": measured(run),
    }


def plain(value: Any) -> Any:
    """A value as JSON; numbers that are not finite, which JSON lacks, become text."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return format_value(value) if isinstance(value, float) and not isfinite(value) else value
