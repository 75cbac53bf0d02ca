"""Selection of feature, label and split columns."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from nnlab.data.tables.csv_cells import Cells, normalised
from nnlab.data.tables.csv_header import Header
from nnlab.data.tables.csv_text import CsvFormat, separator_hint
from nnlab.errors import DataError
from nnlab.text import quote

_LABEL_NAMES = ("label", "class", "target", "labels", "classes", "クラス", "ラベル")
LIKELY_LABEL_NAMES = (
    *_LABEL_NAMES,
    "species",
    "category",
    "kind",
    "type",
    "diagnosis",
    "outcome",
    "y",
    "品種",
    "種類",
)


@dataclass(frozen=True)
class Selection:
    """Column indices of features, label or targets, and split; ``assumed``: the label is the last column by default."""

    features: tuple[int, ...]
    label: int | None
    split: int | None = None
    assumed: bool = False
    targets: tuple[int, ...] = ()


def select(
    head: Header,
    name: str,
    form: CsvFormat,
    label: str | None,
    features: Sequence[str] | None,
    exclude: Sequence[str],
    split_column: str | None,
    targets: Sequence[str] = (),
) -> Selection:
    """The selected columns; by default the label is the last column and the features are all others.

    Columns of ``targets`` are predicted in place of a label.
    """
    names, where = head.names, f"{name}:{head.line}"
    excluded = {head.column(column, f"{where}: data.exclude") for column in exclude if normalised(column)}
    if any(not normalised(column) for column in exclude):
        excluded |= {column for column, other in enumerate(names) if not other}
    split = None if split_column is None else head.column(split_column, f"{where}: data.split_column")
    if split is not None:
        excluded.add(split)
    rest = [column for column in range(len(names)) if column not in excluded]
    if not rest:
        raise DataError(f"{where}: data.exclude: expected at least one feature and the label to remain, found none")
    kind, key = ("target", "data.target") if targets else ("label", "data.label")
    if targets:
        predicted = [head.column(target, f"{where}: {key}") for target in targets]
    else:
        predicted = [rest[-1] if label is None else head.column(label, f"{where}: {key}")]
    for column in predicted:
        if column in excluded:
            raise DataError(f"{where}: {key}: {quote(names[column])} is excluded or the split column")
        if predicted.count(column) > 1:
            raise DataError(f"{where}: {key}: expected each column once, found {quote(names[column])} twice")
    if features is None:
        feature_columns = [column for column in rest if column not in predicted]
    else:
        feature_columns = [head.column(feature, f"{where}: data.features") for feature in features]
    unnamed = next((column for column in (*feature_columns, *predicted) if not names[column]), None)
    if unnamed is not None:
        raise DataError(f"{where}: column {unnamed + 1} has no name: add one, or exclude it with data.exclude: ['']")
    if not feature_columns:
        raise DataError(
            f"{where}: expected at least one feature besides the {kind} {quote(names[predicted[0]])}, found none "
            f"({separator_hint(form)})"
        )
    both = next((column for column in predicted if column in feature_columns), None)
    if both is not None or split in feature_columns or len(set(feature_columns)) < len(feature_columns):
        raise DataError(
            f"{where}: data.features: expected each column once and not the {kind} {quote(names[both or predicted[0]])}"
            + ("" if split is None else f" or the split column {quote(names[split])}")
        )
    if targets:
        return Selection(tuple(feature_columns), None, split, targets=tuple(predicted))
    if label is None:
        _refuse_doubtful_label(head, predicted[0], rest, where)
    return Selection(tuple(feature_columns), predicted[0], split, assumed=label is None)


def _refuse_doubtful_label(head: Header, chosen: int, rest: Sequence[int], where: str) -> None:
    """Raise DataError when no label is given and a column other than the last is named like a label."""
    called = [column for column in rest if head.names[column].casefold() in _LABEL_NAMES]
    if called and chosen not in called:
        last, other = quote(head.names[chosen]), quote(head.names[called[0]])
        raise DataError(
            f"{where}: no label is given; the last column is {last}, but there is a column {other}: "
            f"add label: {other} to data (or label: {last})"
        )


def likely_label(head: Header, chosen: int, cells: Cells) -> str:
    """The name of another column that looks like a label, or nothing."""
    others = [column for column in range(head.width) if column != chosen and head.names[column]]
    for column in sorted(others, key=lambda column: head.names[column].casefold() not in LIKELY_LABEL_NAMES):
        values = Counter(cell for cell in head.cells(column) if not cells.is_missing(cell))
        whole = all(cells.number(value).is_integer() or not isfinite(cells.number(value)) for value in values)
        if whole and 2 <= len(values) <= max(2, min(20, values.total() // 4)):
            return head.names[column]
    return ""
