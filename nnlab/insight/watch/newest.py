"""The newest numbers of a run as text: metrics by split, gradient norms by layer."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from nnlab.core.rows import CHOOSING_SPLITS, SPLITS
from nnlab.insight.watch.chart import stroke
from nnlab.insight.watch.followed_run import FollowedRun
from nnlab.insight.watch.layout import beside
from nnlab.insight.watch.run_charts import LAYER_COLOURS, SPLIT_COLOURS, SPLIT_GAPS, shown_layers
from nnlab.language import in_language, tr
from nnlab.metric_columns import format_column, labelled
from nnlab.registry import metrics
from nnlab.text import one_line


def newest_table(run: FollowedRun, *, plain: bool = False) -> list[Text]:
    """The newest evaluation: a row for each split, a column for each metric; beside it the newest gradient norms."""
    if run.newest is None:
        return []
    names = run.metric_names
    splits = [split for split in SPLITS if any(f"{split}_{name}" in run.measured for name in names)]
    labels = [in_language(metrics[name].label, metrics[name].label_ja) for name in names]
    rows = {split: f"{stroke(SPLIT_GAPS[split], plain=plain)} {tr(split)}" for split in splits}
    first = tr("step {step}", step=f"{int(run.newest['step'] or 0):,}")
    across = [max(map(cell_len, (first, *rows.values()))), *(max(cell_len(label), 9) for label in labels)]
    lines = [_cells([first, *labels], across, "bright_black")]
    for split, label in rows.items():
        cells = [label, *(_cell(run, f"{split}_{name}") for name in names)]
        lines.append(_cells(cells, across, SPLIT_COLOURS[split], ""))
    if best := _best(run):
        lines.append(Text(best))
    return beside([_padded(lines), _layers(run, len(lines))], 4) if run.gradient_norms else lines


def _cells(cells: Sequence[str], across: Sequence[int], *styles: str) -> Text:
    """Cells in columns, the first one at the left, numbers at the right; styles of the first and the others."""
    line = Text()
    for index, (cell, width) in enumerate(zip(cells, across, strict=True)):
        space = " " * (width - cell_len(cell))
        line.append(f"  {space}{cell}" if index else f"{cell}{space}", styles[min(index, len(styles) - 1)])
    return line


def _cell(run: FollowedRun, column: str) -> str:
    value = (run.newest or {}).get(column)
    return "" if value is None else format_column(column, value)


def _best(run: FollowedRun) -> str:
    """The best value of the primary metric on the split that decides, in words; empty without any."""
    name = next(iter(run.metric_names), None)
    for column in (f"{split}_{name}" for split in CHOOSING_SPLITS):
        if name and run.best and run.best.get(column) is not None:
            what = next(iter(labelled(run.best, column.removesuffix(f"_{name}")).values()), "")
            return tr("best {what} at step {step}", what=what, step=f"{int(run.best['step'] or 0):,}")
    return ""


def _layers(run: FollowedRun, height: int) -> list[Text]:
    """The newest gradient norms, a layer in a line, in the colours of their curves."""
    everything = list(run.gradient_norms)
    layers = shown_layers(everything, height - 1)
    drawn = dict(zip(shown_layers(everything, len(LAYER_COLOURS)), LAYER_COLOURS, strict=False))
    lines = [Text(tr("gradient norm"), "bright_black")]
    across = max((cell_len(one_line(layer, 20)) for layer in layers), default=0)
    for layer in layers:
        last = run.gradient_norms[layer].last
        cells = [one_line(layer, 20), f"{last[1]:.3g}" if last else ""]
        lines.append(_cells(cells, [across, 9], drawn.get(layer, ""), ""))
    return lines


def _padded(lines: Sequence[Text]) -> list[Text]:
    width = max(line.cell_len for line in lines)
    return [line.copy().append(" " * (width - line.cell_len)) for line in lines]


def newest_line(run: FollowedRun) -> list[Text]:
    """The newest value of the primary metric on each split, in one line."""
    name = next(iter(run.metric_names), None)
    shown = {split: _cell(run, f"{split}_{name}") for split in SPLITS if name}
    if name is None or not any(shown.values()):
        return []
    label = Text().append(in_language(metrics[name].label, metrics[name].label_ja), "bright_black")
    for split, text in shown.items():
        label.append(f"  {tr(split)} {text}" if text else "", SPLIT_COLOURS[split])
    return [label]
