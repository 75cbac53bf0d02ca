"""An evaluation on the terminal: metrics, the confusion matrix or the most confused pairs, a table of the classes."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from rich.cells import cell_len

from nnlab.cli.columns import GAP, Column, laid_out
from nnlab.cli.console import echo, results
from nnlab.data.tables.rows import counted
from nnlab.inference.class_report import MEASURES
from nnlab.language import in_language, tr
from nnlab.metric_columns import listed_metrics, names_in
from nnlab.metrics import LOSS
from nnlab.registry import metrics
from nnlab.storage.folders import as_json
from nnlab.text import name_in_cell, one_line

if TYPE_CHECKING:
    from nnlab.inference.evaluation import Evaluation
    from nnlab.inference.number_evaluation import NumberEvaluation
    from nnlab.records.reader import RunRecord

MOST_IN_A_TABLE = 20
"""Classes at most whose confusion matrix is printed."""

MOST_PAIRS = 10
MOST_NAMED = 10
NAME_WIDTH = 40
MATRIX_NAME_WIDTH = 24


def print_evaluation(
    run: "RunRecord", found: "Evaluation | NumberEvaluation", origin: str, *, per_class: bool, json: bool
) -> None:
    """Print an evaluation of a run on its own data, or on other data from ``origin``."""
    from nnlab.inference.evaluation import Evaluation

    step = int(run.final["step"] or 0) if run.final else None
    if json:
        place = {"run": str(run.path), "name": run.name, "step": step, "data": origin or None}
        echo(as_json(place | found.as_plain()).decode(), nl=False)
        return
    name = one_line(run.name) if run.status == "completed" else f"{one_line(run.name)} ({tr(run.status)})"
    if step is not None:
        name = tr("{name}, weights of step {step}", name=name, step=f"{step:,}")
    echo(tr("{name}: {samples}", name=name, samples=_samples(found, origin)))
    if not isinstance(found, Evaluation):
        _print_numbers(found)
        return
    averages = (f"{_heading(name)} {value:.4f}" for name, value in found.by_class.macro.items())
    named = set(MEASURES).difference(listed_metrics(run.spec))
    for line in _metric_lines(found, named, {tr("macro average"): tr(", ").join(averages)}):
        echo(line)
    echo("")
    _print_confusions(found)
    if per_class:
        echo("")
        results().print(laid_out(_class_columns(found), results().width), soft_wrap=False)
    for line in _notes(found):
        echo(line)


def _print_numbers(found: "NumberEvaluation") -> None:
    """Print the metrics, and of several targets those of each."""
    for line in _metric_lines(found):
        echo(line)
    if len(found.target_names) < 2:
        return
    echo("")
    names = [name for name in names_in(f"test_{name}" for name in found.metrics) if name != LOSS]
    rows = list(found.by_target.values())
    columns = [Column(tr("target"), [name_in_cell(name, NAME_WIDTH) for name in found.by_target])]
    for name in names:
        cells = [metrics[name].format(row[name]) for row in rows]
        columns.append(Column(in_language(metrics[name].heading, metrics[name].label_ja), cells, numbers=True))
    results().print(laid_out(columns, results().width), soft_wrap=False)


def _samples(found: "Evaluation | NumberEvaluation", origin: str = "") -> str:
    """``10,000 test samples``, ``60 samples of digits.csv``."""
    part = "" if found.part == "samples" else f"{found.part} "
    english = counted(found.samples, f"{part}sample") + (f" of {origin}" if origin else "")
    japanese = f"{origin} の" * bool(origin) + (tr(found.part) if part else "") + f"データ {found.samples:,} 件"
    if found.steps is not None:
        english, japanese = f"{english}, {found.steps} steps each", f"{japanese}（各 {found.steps} ステップ）"
    return in_language(english, japanese)


def _metric_lines(
    found: "Evaluation | NumberEvaluation", named: Collection[str] = (), more: Mapping[str, str] = MappingProxyType({})
) -> list[str]:
    """Each metric with its standard error, without those that are ``named`` in ``more`` lines by label."""
    lines = {}
    for name in names_in(f"test_{name}" for name in found.metrics):
        if name in named:
            continue
        metric, error, variant = metrics[name], found.standard_errors[name], found.variants.get(name)
        shown = metric.format(found.metrics[name])
        label = in_language(metric.label, metric.label_ja)
        lines[label + (in_language(f" ({variant})", f"（{_variant(variant)}）") if variant else "")] = (
            shown if error is None else f"{shown} ± {metric.format(error)}"
        )
    lines |= more
    width = max(map(cell_len, lines))
    return [
        *(f"  {label}{' ' * (width - cell_len(label))}  {shown}" for label, shown in lines.items()),
        f"  {tr('±: standard error from {samples}', samples=_samples(found))}",
    ]


def _variant(text: str) -> str:
    """How a metric was measured, in the current language: an average by its name, one class as it is."""
    words = {"macro": "マクロ平均", "weighted": "加重平均", "micro": "マイクロ平均"}
    return in_language(text, words.get(text) or text.replace("class ", "クラス ", 1))


def _print_confusions(found: "Evaluation") -> None:
    """Print the confusion matrix where it fits, with numbers in place of class names where only they fit."""
    console = results()
    if len(found.class_names) <= MOST_IN_A_TABLE:
        names = [name_in_cell(name, MATRIX_NAME_WIDTH) for name in found.class_names]
        for columns in (_matrix(found, names, names), _matrix(found, *_numbered(names))):
            if sum(column.widest + GAP for column in columns) - GAP <= console.width:
                echo(tr("confusion matrix (rows: true class, columns: predicted class)"))
                console.print(laid_out(columns, console.width), soft_wrap=False)
                return
    pairs, counts = found.confused
    if not len(pairs):
        echo(tr("no class is confused with another"))
        return
    heading = tr("most confused classes")
    if len(pairs) > MOST_PAIRS:
        heading = tr("{what}, {most} of {pairs} pairs", what=heading, most=MOST_PAIRS, pairs=f"{len(pairs):,}")
    echo(heading)
    support = found.by_class.support
    rows = [(*pair, count) for pair, count in zip(pairs[:MOST_PAIRS].tolist(), counts.tolist(), strict=False)]
    columns = [
        Column(tr("true class"), [name_in_cell(found.class_names[true], NAME_WIDTH) for true, _, _ in rows]),
        Column(tr("predicted class"), [name_in_cell(found.class_names[other], NAME_WIDTH) for _, other, _ in rows]),
        Column(tr("samples"), [f"{count:,}" for _, _, count in rows], numbers=True),
        Column(tr("of the class"), [f"{count / support[true]:.1%}" for true, _, count in rows], numbers=True),
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
    names = [name_in_cell(name, NAME_WIDTH) for name in found.class_names]
    columns = [Column(tr("class"), [*names, tr("macro average"), tr("weighted average")])]
    for name in MEASURES:
        values = [*getattr(report, name).tolist(), report.macro[name], report.weighted[name]]
        columns.append(Column(_heading(name), [f"{value:.4f}" for value in values], numbers=True))
    support = [*report.support.tolist(), len(found.labels), len(found.labels)]
    return [*columns, Column(tr("support"), [f"{count:,}" for count in support], numbers=True)]


def _heading(measure: str) -> str:
    return {"precision": tr("precision"), "recall": tr("recall"), "f1": "F1"}[measure]


def _notes(found: "Evaluation") -> list[str]:
    report = found.by_class
    notes = []
    if len(report.never_predicted):
        listed = _listed(found, report.never_predicted.tolist())
        notes.append(tr("never predicted, so precision counts as 0: {classes}", classes=listed))
    if len(report.without_samples):
        listed = _listed(found, report.without_samples.tolist())
        notes.append(tr("without samples, so recall counts as 0: {classes}", classes=listed))
    return notes


def _listed(found: "Evaluation", classes: Sequence[int]) -> str:
    listed = ", ".join(name_in_cell(found.class_names[index], NAME_WIDTH) for index in classes[:MOST_NAMED])
    more = len(classes) - MOST_NAMED
    return listed if more <= 0 else f"{listed} {in_language(f'and {more} more', f'他 {more} クラス')}"
