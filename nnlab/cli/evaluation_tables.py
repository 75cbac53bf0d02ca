"""An evaluation on the terminal: metrics, the confusion matrix or the most confused pairs, a table of the classes."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnlab.cli.columns import GAP, Column, laid_out
from nnlab.cli.console import echo, results
from nnlab.data.tables.rows import counted
from nnlab.inference.class_report import MEASURES
from nnlab.metric_columns import names_in
from nnlab.registry import metrics
from nnlab.text import one_line

if TYPE_CHECKING:
    from nnlab.inference.evaluation import Evaluation
    from nnlab.records.reader import RunRecord

MOST_IN_A_TABLE = 20
"""Classes at most whose confusion matrix is printed."""

MOST_PAIRS = 10
MOST_NAMED = 10
NAME_WIDTH = 40
MATRIX_NAME_WIDTH = 24


def print_evaluation(run: "RunRecord", found: "Evaluation", origin: str, *, per_class: bool, as_json: bool) -> None:
    """Print an evaluation of a run on its own data, or on other data from ``origin``."""
    step = int(run.final["step"] or 0) if run.final else None
    if as_json:
        place = {"run": str(run.path), "name": run.name, "step": step, "data": origin or None}
        echo(json.dumps(place | found.as_plain(), indent=2))
        return
    status = "" if run.status == "completed" else f" ({run.status})"
    weights = "" if step is None else f", weights of step {step:,}"
    part = "" if found.part == "samples" else f"{found.part} "
    of = f" of {origin}" if origin else ""
    echo(f"{one_line(run.name)}{status}{weights}: {counted(found.samples, f'{part}sample')}{of}")
    for line in _metric_lines(found):
        echo(line)
    echo("")
    _print_confusions(found)
    if per_class:
        echo("")
        results().print(laid_out(_class_columns(found), results().width), soft_wrap=False)
    for line in _notes(found):
        echo(line)


def _metric_lines(found: "Evaluation") -> list[str]:
    names = names_in(f"test_{name}" for name in found.metrics)
    labels = {name: metrics[name].label for name in names}
    width = max(map(len, labels.values()))
    lines = []
    for name, label in labels.items():
        shown = metrics[name].format(found.metrics[name])
        error = found.standard_errors[name]
        lines.append(f"  {label:<{width}}  {shown}{'' if error is None else f' ± {metrics[name].format(error)}'}")
    averages = ", ".join(f"{_heading(name)} {value:.4f}" for name, value in found.by_class.macro.items())
    return [
        *lines,
        f"  {'macro average':<{width}}  {averages}",
        f"  ±: standard error from {counted(found.samples, 'sample')}",
    ]


def _print_confusions(found: "Evaluation") -> None:
    """Print the confusion matrix where it fits, with numbers in place of class names where only they fit."""
    console = results()
    names = [one_line(name, NAME_WIDTH) for name in found.class_names]
    if len(names) <= MOST_IN_A_TABLE:
        short = [one_line(name, MATRIX_NAME_WIDTH) for name in found.class_names]
        for columns in (_matrix(found, short, short), _matrix(found, *_numbered(short))):
            if sum(column.widest + GAP for column in columns) - GAP <= console.width:
                echo("confusion matrix (rows: true class, columns: predicted class)")
                console.print(laid_out(columns, console.width), soft_wrap=False)
                return
    pairs, counts = found.confused
    if not len(pairs):
        echo("no class is confused with another")
        return
    more = f", {MOST_PAIRS} of {len(pairs):,} pairs" if len(pairs) > MOST_PAIRS else ""
    echo(f"most confused classes{more}")
    support = found.by_class.support
    rows = [(*pair, count) for pair, count in zip(pairs[:MOST_PAIRS].tolist(), counts.tolist(), strict=False)]
    columns = [
        Column("true class", [names[true] for true, _, _ in rows]),
        Column("predicted class", [names[predicted] for _, predicted, _ in rows]),
        Column("samples", [f"{count:,}" for _, _, count in rows], numbers=True),
        Column("of the class", [f"{count / support[true]:.1%}" for true, _, count in rows], numbers=True),
    ]
    console.print(laid_out(columns, console.width), soft_wrap=False)


def _numbered(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Row names that begin with the numbers in the heading."""
    return [f"{number} {name}" for number, name in enumerate(names)], [str(number) for number in range(len(names))]


def _matrix(found: "Evaluation", rows: Sequence[str], headings: Sequence[str]) -> list[Column]:
    counts = found.confusion.T.tolist()
    columns = zip(headings, counts, strict=True)
    cells = (Column(heading, list(map(str, column)), numbers=True) for heading, column in columns)
    return [Column("", list(rows)), *cells]


def _class_columns(found: "Evaluation") -> list[Column]:
    report = found.by_class
    names = [one_line(name, NAME_WIDTH) for name in found.class_names]
    columns = [Column("class", [*names, "macro average", "weighted average"])]
    for name in MEASURES:
        values = [*getattr(report, name).tolist(), report.macro[name], report.weighted[name]]
        columns.append(Column(_heading(name), [f"{value:.4f}" for value in values], numbers=True))
    support = [*report.support.tolist(), found.samples, found.samples]
    return [*columns, Column("support", [f"{count:,}" for count in support], numbers=True)]


def _heading(measure: str) -> str:
    return "F1" if measure == "f1" else measure


def _notes(found: "Evaluation") -> list[str]:
    report = found.by_class
    notes = []
    if len(report.never_predicted):
        notes.append(f"never predicted, so precision counts as 0: {_listed(found, report.never_predicted.tolist())}")
    if len(report.without_samples):
        notes.append(f"without samples, so recall counts as 0: {_listed(found, report.without_samples.tolist())}")
    return notes


def _listed(found: "Evaluation", classes: Sequence[int]) -> str:
    more = f" and {len(classes) - MOST_NAMED} more" if len(classes) > MOST_NAMED else ""
    return ", ".join(one_line(found.class_names[index], NAME_WIDTH) for index in classes[:MOST_NAMED]) + more
