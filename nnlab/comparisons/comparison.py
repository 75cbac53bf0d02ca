"""Comparison of runs: the spec keys in which they differ, and their final metrics."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from nnlab.comparisons.differences import differing_keys
from nnlab.comparisons.entries import Entry, make_entries
from nnlab.comparisons.labels import distinguishing_labels, short_keys
from nnlab.comparisons.order import rank, sort_column, usual_columns_of
from nnlab.comparisons.reading import Damaged, PassedOver, read_runs, selected
from nnlab.comparisons.seeds import ALWAYS_WITH_ERRORS, SeedStatistics, seed_statistics, standard_errors
from nnlab.comparisons.serialisation import csv_heading, csv_row, entry_document, plain
from nnlab.comparisons.usual_columns import UsualColumns
from nnlab.errors import UsageError
from nnlab.language import speaking
from nnlab.metric_columns import metric_of
from nnlab.records.run_names import NOUNS
from nnlab.storage.folder_names import without_time


@dataclass(frozen=True, eq=False)
class Comparison:
    """Sorted entries, the runs that could not be read, the folders that are no training runs, unfinished trials.

    ``hidden`` is the number of entries that ``top`` cut off.
    """

    entries: tuple[Entry, ...]
    damaged: tuple[Damaged, ...]
    sort: str
    passed_over: tuple[PassedOver, ...] = ()
    unfinished: tuple[Path, ...] = ()
    hidden: int = 0

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

    @property
    def labels(self) -> tuple[str, ...]:
        """``labels_without_seeds`` with the number of seeds, in the current language."""
        return tuple(label + entry.seeds for label, entry in zip(self.labels_without_seeds, self.entries, strict=True))

    @cached_property
    def labels_without_seeds(self) -> tuple[str, ...]:
        """A short label of each entry's distinguishing settings: ``optimizer adam, lr 0.01``."""
        # Beside averages over seeds, the seed of a single run does not distinguish it.
        keys = set(self.keys) - ({"seed"} if any(entry.seeds for entry in self.entries) else set())
        rows = [
            {key: value for key, value in entry.settings.items() if key in keys and entry.shares(key)}
            for entry in self.entries
        ]
        titles = [entry.names if entry.seeds else title for entry, title in zip(self.entries, self.titles, strict=True)]
        return tuple(distinguishing_labels(rows, self.short_keys, titles))

    @cached_property
    def usual_columns(self) -> UsualColumns:
        """The numbers that it reports whatever else was measured."""
        return usual_columns_of(self.entries)

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """The numbers to report: the usual ones and those of further metrics that any run measured."""
        usual, found = self.usual_columns.reported, [name for entry in self.entries for name in entry.measures]
        return (*usual, *dict.fromkeys(name for name in found if name not in usual and metric_of(name)))

    @cached_property
    def statistics(self) -> SeedStatistics | None:
        """The best entry against each other one on equal seeds; None where no two share two of them."""
        return seed_statistics(self.entries, self.sort, self.hidden)

    @cached_property
    def _known_errors(self) -> list[str]:
        """The columns of which a standard error is known, those that every comparison has first."""
        known = (name for entry in self.entries for name in standard_errors(entry))
        return list(dict.fromkeys((*ALWAYS_WITH_ERRORS, *known)))

    @cached_property
    def tags(self) -> tuple[tuple[str, ...], ...]:
        """The tags of each entry: of an average, those of any of its runs."""
        return tuple(tuple(sorted({tag for run in entry.runs for tag in run.tags})) for entry in self.entries)

    @property
    def passed_over_counts(self) -> str:
        """What was skipped, counted: ``2 descents, 1 unfinished trial``; empty without any."""
        counts = Counter(NOUNS[found.kind] for found in self.passed_over)
        counts["unfinished trial"] = len(self.unfinished)
        return ", ".join(f"{count} {noun}{'s' * (count > 1)}" for noun, count in counts.items() if count)

    def to_csv(self) -> str:
        """The entries as CSV: means, standard deviations and, under ``n``, the number of runs, with all digits.

        The last columns are the standard errors, where they are known, and, paired on seeds, best entry − this one.
        """
        settings = [key for key in self.keys if key != "name"]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(csv_heading(settings, self.measures, self._known_errors))
        paired = {one.against: one for one in self.statistics.found.differences} if self.statistics else {}
        for index, entry in enumerate(self.entries):
            writer.writerow(csv_row(entry, settings, self.measures, self._known_errors, paired.get(index)))
        return text.getvalue()

    def to_json(self) -> str:
        """The entries, their runs and the damaged runs as JSON, with all digits; the same in every language."""
        with speaking("en"):
            document = self._document()
        return json.dumps(plain(document), indent=2, allow_nan=False) + "\n"

    def _document(self) -> dict[str, Any]:
        return {
            "sort": self.sort,
            "differing": self.keys,
            "entries": [
                entry_document(entry, label, self.keys) for label, entry in zip(self.labels, self.entries, strict=True)
            ],
            "statistics": self.statistics and self.statistics.document(self.labels_without_seeds),
            "damaged": [{"path": str(run.path), "message": run.message} for run in self.damaged],
            "passed_over": [{"path": str(found.path), "kind": found.kind} for found in self.passed_over],
            "unfinished": [str(path) for path in self.unfinished],
        }


def compare(
    paths: Iterable[Path | str],
    *,
    sort: str | None = None,
    top: int | None = None,
    where: Iterable[str] = (),
    tag: str | None = None,
) -> Comparison:
    """Read runs and compare them, best first; duplicate paths count once.

    A sweep stands for its finished trials. Files next to folds or trials are ignored, so that ``FOLDER/*`` names the
    folds of a cross-validation and the trials of a sweep; descents and cross-validations are skipped.

    ``sort`` is a metric or a spec key: metrics of which higher is better descend, everything else ascends, what has no
    value comes last. By default the goal decides where only sweeps with the same goal are compared, else
    the primary metric on validation samples, or on test samples for display
    (:func:`nnlab.comparisons.order.default_column`). ``top`` keeps the
    first ``top`` entries, ``where`` the runs that meet all of these conditions, such as ``optimizer.lr<0.1``
    (:mod:`nnlab.comparisons.conditions`), ``tag`` those with this tag. Raises UsageError for a key that no run has, and
    RunError when no run could be read or none is left.
    """
    if top is not None and top < 1:
        raise UsageError(f"top: must be at least 1, got {top}")
    found = read_runs(map(Path, paths))
    records = selected(found.records, where, tag)
    entries = make_entries(records)
    column = sort_column(sort, entries, goal=found.goal)
    entries.sort(key=lambda entry: rank(entry, column))
    shown = tuple(entries[:top])
    hidden = len(entries) - len(shown)
    return Comparison(shown, found.damaged, column, found.passed_over, found.unfinished, hidden)
