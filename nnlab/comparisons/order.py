"""The order of a comparison: by a metric or a spec key, named in full or by its ending."""

from collections.abc import Sequence

from nnlab.comparisons.conditions import full_keys
from nnlab.comparisons.entries import MEASURES, Entry
from nnlab.core.rows import REPORTING_SPLITS
from nnlab.errors import UsageError
from nnlab.metric_columns import higher_is_better
from nnlab.metrics import PRIMARY
from nnlab.text import format_value, near_hint, quote

CHOOSING = f"validation_{PRIMARY}"
REPORTING = tuple(f"{split}_{PRIMARY}" for split in REPORTING_SPLITS)


def default_column(entries: Sequence[Entry]) -> str:
    """Validation accuracy where all entries have it, since the test set never chooses.

    Else test accuracy where any has it, then that of validation or training samples.
    """
    if all(CHOOSING in entry.measures for entry in entries):
        return CHOOSING
    return next((name for name in REPORTING if any(name in entry.measures for entry in entries)), REPORTING[0])


def sort_column(key: str | None, entries: Sequence[Entry], *, goal: str | None = None) -> str:
    """The metric or dotted spec key that ``key`` names in full or by its ending.

    None: the ``goal`` of a sweep, if any entry has it, else :func:`default_column`.

    ``lr`` is the spec's ``optimizer.lr``, as in the table, and not the column of that name in the metrics. The default
    stands in for a test accuracy that no run has. Raises UsageError for a key that no run has.
    """
    measures = dict.fromkeys(name for entry in entries for name in entry.measures)
    settings = dict.fromkeys(name for entry in entries for name in entry.settings)
    if key is None and goal in measures:
        return goal
    if key is None or (key == REPORTING[0] and key not in measures):
        return default_column(entries)
    if key in MEASURES or key in settings:
        return key
    endings = full_keys(key, settings)
    if len(endings) == 1:
        return endings[0]
    if key in measures:
        return key
    hint = near_hint(key, [*dict.fromkeys((*MEASURES, *measures)), *settings])
    some = f"there are {', '.join(MEASURES)} and the spec's keys, such as optimizer.lr"
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
