"""The order of a comparison: by a metric or a spec key, named in full or by its ending."""

from collections.abc import Sequence

from nnlab.comparisons.conditions import full_keys
from nnlab.comparisons.entries import Entry
from nnlab.comparisons.usual_columns import UsualColumns, usual_columns
from nnlab.core.rows import SPLITS
from nnlab.errors import UsageError
from nnlab.metric_columns import higher_is_better, metric_called
from nnlab.text import format_value, near_hint, quote


def usual_columns_of(entries: Sequence[Entry]) -> UsualColumns:
    """The columns of a comparison of these entries."""
    return usual_columns([run for entry in entries for run in entry.runs])


def default_column(entries: Sequence[Entry]) -> str:
    """The primary metric on the samples that :func:`_deciding_column` says."""
    return _deciding_column(usual_columns_of(entries), entries)


def _deciding_column(usual: UsualColumns, entries: Sequence[Entry]) -> str:
    """A metric on validation samples where all entries have it, since the test set never chooses.

    Else on test samples where any has it, then on validation or training samples.
    """
    if all(usual.choosing in entry.measures for entry in entries):
        return usual.choosing
    known = (name for name in usual.reporting if any(name in entry.measures for entry in entries))
    return next(known, usual.reporting[0])


def sort_column(key: str | None, entries: Sequence[Entry], *, goal: str | None = None) -> str:
    """The metric or dotted spec key that ``key`` names in full or by its ending.

    A metric without a split, such as ``f1``, is that on the samples by which the primary metric would be sorted.
    None: the ``goal`` of a sweep, if any entry has it, else :func:`default_column`.

    ``lr`` is the spec's ``optimizer.lr``, as in the table, and not the column of that name in the metrics. The default
    stands in for a primary metric on test samples that no run has. Raises UsageError for a key that no run has.
    """
    measures = dict.fromkeys(name for entry in entries for name in entry.measures)
    settings = dict.fromkeys(name for entry in entries for name in entry.settings)
    if key is None and goal in measures:
        return goal
    usual = usual_columns_of(entries)
    if key is None or (key == usual.reporting[0] and key not in measures):
        return default_column(entries)
    if key in usual.reported or key in settings:
        return key
    endings = full_keys(key, settings)
    if len(endings) == 1:
        return endings[0]
    if key in measures:
        return key
    if metric_called(key) and any(f"{split}_{key}" in measures for split in SPLITS):
        return _deciding_column(UsualColumns(key), entries)
    hint = near_hint(key, [*dict.fromkeys((*usual.reported, *measures)), *settings])
    some = f"there are {', '.join(usual.reported)} and the spec's keys, such as optimizer.lr"
    raise UsageError(f"sort: no run has {quote(key)}; {hint}{some}")


def rank(entry: Entry, column: str) -> tuple[bool, int, float, str]:
    """The sort key of an entry, in ascending order.

    Metrics of which higher is better descend, everything else ascends; what has no value comes last.
    """
    spread = entry.measures.get(column)
    if spread is not None:
        return False, 0, -spread.mean if higher_is_better(column) else spread.mean, ""
    if column not in entry.settings:
        return True, 0, 0.0, ""
    value = entry.settings[column]
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value:
        return False, 0, value, ""
    return False, 1, 0.0, format_value(value)
