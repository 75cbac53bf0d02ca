"""Comparison of runs: the spec keys in which they differ, and their final metrics."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from nnlab.compare.differences import differing_keys
from nnlab.compare.entries import MEASURES, Entry, make_entries, measured
from nnlab.compare.labels import distinguishing_labels, short_keys
from nnlab.core.rows import REPORTING_SPLITS
from nnlab.core.statistics import MeanStd
from nnlab.errors import RunError, UsageError
from nnlab.metric_columns import higher_is_better, metric_of
from nnlab.metrics import PRIMARY
from nnlab.records.formats import FolderKind, distinct_folders, is_crossval_folder, is_sweep_folder, kind_of, text_cell
from nnlab.records.reader import RunRecord, read_run
from nnlab.records.run_names import NOUNS
from nnlab.records.sweep_folder import finished_trials
from nnlab.storage.folder_names import without_time
from nnlab.storage.layout import PLOTS_FOLDER
from nnlab.text import format_value, near_hint, one_line, quote

DEFAULT_SORT = f"{REPORTING_SPLITS[0]}_{PRIMARY}"


class Damaged(NamedTuple):
    """A run that could not be read, and the error with file and line."""

    path: Path
    message: str


class PassedOver(NamedTuple):
    """A descent or cross-validation among the runs, and the error of reading it as a run."""

    path: Path
    kind: FolderKind
    message: str


@dataclass(frozen=True, eq=False)
class Comparison:
    """Sorted entries, the runs that could not be read, the folders that are no training runs, unfinished trials."""

    entries: tuple[Entry, ...]
    damaged: tuple[Damaged, ...]
    sort: str
    passed_over: tuple[PassedOver, ...] = ()
    unfinished: tuple[Path, ...] = ()

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The dotted spec keys in which entries differ; ``name`` only where nothing else does.

        Keys that follow from another difference are left out: the betas of the only Adam at their defaults.
        """
        differing = differing_keys([entry.settings for entry in self.entries])
        return tuple(key for key in differing if key != "name") or tuple(differing)

    @cached_property
    def short_keys(self) -> dict[str, str]:
        """The shortest unambiguous form of each differing key."""
        return short_keys(self.keys)

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """The title of each entry: its run folder, without the time if unambiguous; name and seeds of an average."""
        full = [entry.names + entry.seeds if entry.seeds else entry.folders[0] for entry in self.entries]
        short = [without_time(title) for title in full]
        return tuple(short if len(set(short)) == len(set(full)) else full)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """A short label of each entry's distinguishing settings: ``optimizer adam, lr 0.01``."""
        # Beside averages over seeds, the seed of a single run does not distinguish it.
        keys = set(self.keys) - ({"seed"} if any(entry.seeds for entry in self.entries) else set())
        rows = [
            {key: value for key, value in entry.settings.items() if key in keys and entry.shares(key)}
            for entry in self.entries
        ]
        titles = [entry.names if entry.seeds else title for entry, title in zip(self.entries, self.titles, strict=True)]
        labels = distinguishing_labels(rows, self.short_keys, titles)
        return tuple(label + entry.seeds for label, entry in zip(labels, self.entries, strict=True))

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """The numbers to report: ``MEASURES`` and those of further metrics that any run measured."""
        found = dict.fromkeys(name for entry in self.entries for name in entry.measures)
        return (*MEASURES, *(name for name in found if name not in MEASURES and metric_of(name)))

    @property
    def passed_over_counts(self) -> str:
        """What was skipped, counted: ``2 descents, 1 unfinished trial``; empty without any."""
        counts = Counter(NOUNS[found.kind] for found in self.passed_over)
        counts["unfinished trial"] = len(self.unfinished)
        return ", ".join(f"{count} {noun}{'s' * (count > 1)}" for noun, count in counts.items() if count)

    def to_csv(self) -> str:
        """The entries as CSV: means, standard deviations and, under ``n``, the number of runs, with all digits."""
        settings = [key for key in self.keys if key != "name"]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        names = self.measures
        measures = [column for name in names for column in (name, f"{name}_std")]
        keys = [text_cell(one_line(key, 200)) for key in settings]
        writer.writerow(["run", "name", "status", "n", *keys, *measures])
        for entry in self.entries:
            row = [text_cell(" ".join(entry.folders)), text_cell(entry.names), entry.status, str(len(entry.runs))]
            row += [_setting_cell(entry.settings[key]) if key in entry.settings else "" for key in settings]
            row += [cell for name in names for cell in _cells(entry.measures.get(name))]
            writer.writerow(row)
        return text.getvalue()

    def to_json(self) -> str:
        """The entries, their runs and the damaged runs as JSON, with all digits."""
        document = {
            "sort": self.sort,
            "differing": self.keys,
            "entries": [
                {
                    "label": label,
                    "name": entry.names,
                    "status": entry.status,
                    "n": len(entry.runs),
                    "spec": {key: entry.settings[key] for key in self.keys if key in entry.settings},
                    "measures": {name: spread._asdict() for name, spread in entry.measures.items()},
                    "runs": [_run_document(run) for run in entry.runs],
                }
                for label, entry in zip(self.labels, self.entries, strict=True)
            ],
            "damaged": [{"path": str(run.path), "message": run.message} for run in self.damaged],
            "passed_over": [{"path": str(found.path), "kind": found.kind} for found in self.passed_over],
            "unfinished": [str(path) for path in self.unfinished],
        }
        return json.dumps(_plain(document), indent=2, allow_nan=False) + "\n"


def compare(paths: Iterable[Path | str], *, sort: str = DEFAULT_SORT, top: int | None = None) -> Comparison:
    """Read runs and compare them, best first; duplicate paths count once.

    A sweep stands for its finished trials. Files next to folds or trials are ignored, so that ``FOLDER/*`` names the
    folds of a cross-validation and the trials of a sweep; descents and cross-validations are skipped.

    ``sort`` is a metric or a spec key: metrics of which higher is better descend, everything else ascends, what has no
    value comes last. Where no run has the default metric on a test set, validation or training samples stand in.
    ``top`` keeps the first ``top`` entries. Raises UsageError for a key that no run has and RunError when no run
    could be read.
    """
    if top is not None and top < 1:
        raise UsageError(f"top: must be at least 1, got {top}")
    records: list[RunRecord] = []
    damaged: list[Damaged] = []
    passed_over: list[PassedOver] = []
    named, unfinished = _with_trials(path for path in map(Path, paths) if not _is_beside_runs(path))
    for path in distinct_folders(named):
        try:
            record = read_run(path)
            record.steps  # noqa: B018  # reading is what finds damage
            records.append(record)
        except RunError as error:
            kind = kind_of(path) or "run"
            if kind == "run":
                damaged.append(Damaged(path, str(error)))
            else:
                passed_over.append(PassedOver(path, kind, str(error)))
    if not records:
        messages = [run.message for run in damaged] + [found.message for found in passed_over]
        messages += [f"{path}: is not finished" for path in unfinished]
        raise RunError("\n".join(messages) or "no run was named")
    entries = make_entries(records)
    key = _sort_key(sort, entries)
    if key == DEFAULT_SORT:
        columns = [f"{split}_{PRIMARY}" for split in REPORTING_SPLITS]
        key = next((name for name in columns if any(name in entry.measures for entry in entries)), key)
    entries.sort(key=lambda entry: _rank(entry, key))
    return Comparison(tuple(entries[:top]), tuple(damaged), key, tuple(passed_over), tuple(unfinished))


def _with_trials(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """The paths with each sweep replaced by its finished trials, and the unfinished trials."""
    named: list[Path] = []
    unfinished: list[Path] = []
    for path in paths:
        try:
            finished, others = finished_trials(path) if is_sweep_folder(path) else ([path], [])
        except (OSError, ValueError):  # reading it will say why
            finished, others = [path], []
        named += finished
        unfinished += others
        if not finished and not others:
            raise RunError(f"{path}: no trial of this sweep has begun")
    return named, unfinished


def _is_beside_runs(path: Path) -> bool:
    """Whether a path is a file, or the folder of pictures, beside the folds of a cross-validation or trials."""
    try:
        return (path.is_file() or path.name == PLOTS_FOLDER) and bool(
            is_crossval_folder(path.parent) or is_sweep_folder(path.parent)
        )
    except (OSError, ValueError):  # reading it will say why
        return False


def _sort_key(key: str, entries: Sequence[Entry]) -> str:
    """The metric or dotted spec key that ``key`` names in full or by its ending.

    ``lr`` is the spec's ``optimizer.lr``, as in the table, and not the column of that name in the metrics.
    """
    measures = dict.fromkeys(name for entry in entries for name in entry.measures)
    settings = dict.fromkeys(name for entry in entries for name in entry.settings)
    if key in MEASURES or key in settings:
        return key
    endings = [name for name in settings if f".{name.removesuffix('.name')}".endswith(f".{key}")]
    if len(endings) == 1:
        return endings[0]
    if key in measures:
        return key
    hint = near_hint(key, [*dict.fromkeys((*MEASURES, *measures)), *settings])
    some = f"there are {', '.join(MEASURES)} and the spec's keys, such as optimizer.lr"
    raise UsageError(f"sort: no run has {quote(key)}; {hint}{some}")


def _rank(entry: Entry, key: str) -> tuple[bool, int, float, str]:
    """The sort key of an entry, in ascending order."""
    spread = entry.measures.get(key)
    if spread is not None:
        return False, 0, -spread.mean if higher_is_better(key) else spread.mean, ""
    if key not in entry.settings:
        return True, 0, 0.0, ""
    value = entry.settings[key]
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value:
        return False, 0, value, ""
    return False, 1, 0.0, format_value(value)


def _setting_cell(value: object) -> str:
    text = one_line(format_value(value), 10_000)
    return text_cell(text) if isinstance(value, str) else text


def _cells(spread: MeanStd | None) -> tuple[str, str]:
    """Mean and standard deviation with all their digits; empty where there is none."""
    if spread is None:
        return "", ""
    return repr(spread.mean), "" if spread.std is None else repr(spread.std)


def _run_document(run: RunRecord) -> dict[str, Any]:
    return {
        "path": str(run.path),
        "name": run.name,
        "seed": run.spec["seed"],
        "status": run.status,
        "spec_sha256": run.summary["spec_sha256"],
        "measures": measured(run),
    }


def _plain(value: Any) -> Any:
    """A value as JSON; numbers that are not finite, which JSON lacks, become text."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return format_value(value) if isinstance(value, float) and not isfinite(value) else value
