"""New samples in a CSV file, its columns matched with those of the training data."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from itertools import islice
from math import isfinite, prod

from nnlab.data.files.reading import file_name
from nnlab.data.input_format import Column, InputFormat
from nnlab.data.pipeline.raw_samples import imputed, network_inputs, scaled_inputs
from nnlab.data.tables.csv_cells import Cells, normalised
from nnlab.data.tables.csv_columns import LIKELY_LABEL_NAMES
from nnlab.data.tables.csv_header import stripped
from nnlab.data.tables.csv_samples import read_rows
from nnlab.data.tables.csv_text import CsvFormat, csv_rows, scanned
from nnlab.data.tables.labels import plain_label
from nnlab.errors import DataError, UsageError
from nnlab.inference.sample_arrays import Found, whole_pixels
from nnlab.text import near_or_known, one_line, quote

# Advice about keys of a spec, which a finished run no longer reads.
_KEY_HINT = re.compile(r"(, found [^\n]*?)(: data\.|; add \w+: )[^\n]*")

AHEAD = 200
MOST_NAMED = 20


@dataclass(frozen=True)
class _Layout:
    """What the columns of a file are: in the order of the training's, and the label column, if any."""

    columns: tuple[Column, ...]
    label: str | None
    header: bool
    notes: tuple[str, ...]


def read_table_samples(
    path: Traversable,
    inputs: InputFormat,
    form: CsvFormat,
    label: str | None,
    *,
    labelled: bool,
    check_range: bool = True,
) -> Found:
    """The samples of a CSV, encoded and scaled as in training.

    Columns are matched by name in any order; others are left out, which a note says. A file without column names must
    have the columns of the training data, or these and one with labels, first or last. Raises DataError with file,
    line and column.
    """
    name = file_name(path)
    if inputs.tokens:
        raise DataError(
            f"{name}: a network trained on text continues a prompt (nnlab predict RUN --generate N --prompt TEXT), "
            f"or takes indices of its vocabulary (N, {inputs.shape[0]}) in an .npz or .npy"
        )
    if labelled and inputs.steps is not None:
        raise DataError(
            f"{name}: expected a label for each of {inputs.steps} steps, but a CSV has one a sample; "
            f"give an .npz with x and y (N, {inputs.steps})"
        )
    if labelled and inputs.targets is not None and label is not None:
        listed = ", ".join(map(quote, inputs.targets.names))
        raise UsageError(f"--label: the network predicts numbers, in columns named as in training: {listed}")
    targets = inputs.targets.names if labelled and inputs.targets is not None else ()
    labelled = labelled and not targets
    layout = _layout(path, inputs, form, label, name, labelled=labelled, targets=targets)
    try:
        read = read_rows(
            path,
            layout.columns,
            replace(form, header=layout.header),
            label=layout.label if labelled else None,
            class_names=inputs.class_names,
            targets=targets,
            missing="mean" if any(column.missing is not None for column in inputs.columns) else "refuse",
        )
    except DataError as error:
        raise DataError(_KEY_HINT.sub(r"\1", str(error))) from None
    if len(inputs.shape) > 1:
        found = network_inputs(whole_pixels(read.inputs, inputs), inputs, check_range=check_range)
    else:
        found = scaled_inputs(imputed(read.inputs.copy(), inputs), inputs, check_range=check_range)
    numbers = None if inputs.targets is None or read.targets is None else inputs.targets.apply(read.targets)
    return Found(found, read.targets if numbers is None else numbers, (*layout.notes, *read.notes))


def _layout(
    path: Traversable,
    inputs: InputFormat,
    form: CsvFormat,
    label: str | None,
    name: str,
    *,
    labelled: bool,
    targets: Sequence[str] = (),
) -> _Layout:
    with scanned(path, form.encoding) as (stream, found), csv_rows(stream, found, form, name) as rows:
        ahead = [cells for _, cells in islice(stripped(rows), AHEAD) if not cells[0].startswith("#")]
    if not ahead:
        raise DataError(f"{name}: expected samples, found an empty file")
    cells = Cells(form)
    header = _has_header(ahead, inputs, cells) if form.header == "auto" else form.header
    width = len(ahead[0])
    names = [normalised(cell) for cell in ahead[0]] if header else [f"c{number}" for number in range(1, width + 1)]
    rows_below = ahead[1:] if header else ahead
    if header and inputs.columns:
        return _by_name(names, inputs, label, name, labelled=labelled, targets=targets)
    if targets:
        raise DataError(f"{name}: expected a row of column names with {', '.join(map(quote, targets))}, found none")
    count = len(inputs.columns) or prod(inputs.shape)
    labels = _label_column(names, rows_below, count, inputs, label, name, labelled=labelled)
    rest = [column for column in names if column != labels]
    if len(rest) != count:
        expected = f"{count} columns"
        if inputs.columns:
            expected += f" ({one_line(', '.join(column.name for column in inputs.columns), 200)})"
        raise DataError(
            f"{name}: expected {expected}, found {len(rest)}"
            + ("" if labels is None else f" besides the label {quote(labels)}")
            + ("" if header else "; the file has no row of column names")
        )
    templates = inputs.columns or tuple(Column(column) for column in rest)
    columns = tuple(replace(template, name=column) for template, column in zip(templates, rest, strict=True))
    notes = []
    if not header and inputs.columns:
        order = one_line(", ".join(column.name for column in inputs.columns), 200)
        notes.append(f"no row of column names: the columns are taken to be {order}")
    if labels is not None:
        column = f"column {quote(labels)}" if header else f"column {names.index(labels) + 1}"
        notes.append(f"labels: {column}" if labelled else f"left out: {column}, the labels")
    return _Layout(columns, labels, header, tuple(notes))


def _by_name(
    names: Sequence[str],
    inputs: InputFormat,
    label: str | None,
    name: str,
    *,
    labelled: bool,
    targets: Sequence[str] = (),
) -> _Layout:
    """The layout of a file whose columns have names, as those of the training data have."""
    wanted = [normalised(column.name) for column in inputs.columns]
    others = [column for column in names if column not in (*wanted, *map(normalised, targets))]
    if labelled and label is None:
        likely = [column for column in others if column.casefold() in LIKELY_LABEL_NAMES]
        found = others if len(others) == 1 else likely
        if len(found) != 1:
            listed = one_line(", ".join(map(quote, others)), 200) or "none besides the features"
            raise DataError(f"{name}: which column holds the labels? --label COLUMN names it; found {listed}")
        label = found[0]
    left = [column or "without a name" for column in others if not labelled or column != normalised(label or "")]
    notes = [f"left out: {one_line(', '.join(left), 200)}"] if left else []
    if [column for column in names if column in wanted] != wanted and set(wanted) <= set(names):
        notes.append("the columns are in another order than in training; they are matched by name")
    return _Layout(inputs.columns, label, True, tuple(notes))


def _has_header(ahead: Sequence[Sequence[str]], inputs: InputFormat, cells: Cells) -> bool:
    """Whether the first row has column names: those of the training data, or no sample's values."""
    first = [normalised(cell) for cell in ahead[0]]
    wanted = {normalised(column.name) for column in inputs.columns}
    if wanted & set(first):
        return True
    numbers = [cells.number(cell) for cell in first]
    if len(numbers) > 1 and numbers in (list(range(len(numbers))), list(range(1, len(numbers) + 1))):
        return len(ahead) > 1  # as pandas numbers columns that have no names
    texts = {plain_label(name) for column in inputs.columns for name in column.categories} | set(inputs.class_names)
    return not all(
        isfinite(value) or cells.is_missing(cell) or plain_label(cell) in texts
        for cell, value in zip(first, numbers, strict=True)
    )


def _label_column(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    count: int,
    inputs: InputFormat,
    label: str | None,
    name: str,
    *,
    labelled: bool,
) -> str | None:
    """The column of the labels: the given one, one named like it, or the first or last that holds classes only."""
    if label is not None:
        if normalised(label) not in names:
            raise DataError(f"{name}: no column {quote(label)}; {near_or_known(label, list(names), 'columns')}")
        return normalised(label)
    named = [column for column in names if column.casefold() in LIKELY_LABEL_NAMES]
    if len(names) == count + 1:
        if len(named) == 1:
            return named[0]
        values = {
            names[index]: {plain_label(row[index]) for row in rows if len(row) == len(names)} for index in (0, -1)
        }
        classes = {column: len(found) for column, found in values.items() if found <= set(inputs.class_names)}
        if classes:  # the last pixel of most digits is 0, which is a class too
            return max(classes, key=lambda column: classes[column])
    if labelled:
        raise DataError(
            f"{name}: expected {count} columns and one with the labels, found {len(names)}; --label COLUMN names it"
        )
    return None
