"""A cross-validation in a report: its folds with mean and standard deviation, and their curves."""

from nnlab.comparisons.cells import heading, shown_number
from nnlab.comparisons.labels import ABSENT
from nnlab.figures.run_pictures import draw_all
from nnlab.figures.run_view import run_view
from nnlab.language import in_language, tr
from nnlab.metric_columns import names_in
from nnlab.plots.comparison import plot_comparison
from nnlab.plots.curves import label_of
from nnlab.report.document import Block, Heading, Paragraph, Table
from nnlab.report.gallery import Gallery
from nnlab.report.subjects import Crossval
from nnlab.text import one_line


def crossval_blocks(crossval: Crossval, gallery: Gallery, *, pictures: bool = True) -> list[Block]:
    """The blocks of a cross-validation."""
    summary, name = crossval.summary, crossval.path.name
    blocks: list[Block] = [Heading(in_language(f"Cross-validation {name}", f"交差検証 {name}")), _folds(crossval)]
    done = len(summary["runs"])
    if done < summary["folds"]:
        text = in_language(
            f"{done} of {summary['folds']} folds have begun.", f"{summary['folds']} 分割中 {done} 分割。"
        )
        blocks.append(Paragraph(text, role="note"))
    if summary["message"]:
        blocks.append(Paragraph(one_line(summary["message"], 1000), role="note"))
    if not pictures:
        return blocks
    names = names_in(column for fold in crossval.folds for column in fold.metrics)
    captions = {name: in_language(f"{label_of(name)} over the steps", f"{label_of(name)}の推移") for name in names}
    subject = in_language(f"{len(crossval.folds)} folds", f"{len(crossval.folds)} 分割")
    if len(crossval.folds) > 1:
        blocks += gallery.draw(lambda folder: plot_comparison(crossval.comparison, folder), captions, subject)
    else:
        view = run_view(crossval.folds[0])
        blocks += gallery.draw(lambda folder: draw_all(view, folder, gallery.note, names), captions, subject)
    return blocks


def _folds(crossval: Crossval) -> Table:
    summary = crossval.summary
    metrics = {key: value for key, value in summary["metrics"].items() if key != "objective"}
    rows = []
    for run, fold in zip(summary["runs"], crossval.folds, strict=True):
        final = run["final"] or {}
        cells = [ABSENT if final.get(key) is None else shown_number(key, final[key]) for key in metrics]
        rows.append([run["folder"], f"{run['steps']:,}", *cells, tr(fold.status)])
    for name, part in ((in_language("mean", "平均"), "mean"), (in_language("± std", "± 標準偏差"), "std")):
        values = [(key, value[part]) for key, value in metrics.items()]
        cells = [ABSENT if value is None else shown_number(key, value) for key, value in values]
        rows.append([name, "", *cells, ""])
    head = [in_language("fold", "分割"), in_language("steps", "ステップ"), *map(heading, metrics)]
    caption = in_language(
        "Folds, with mean and standard deviation of those completed", "各分割の結果と、完了した分割の平均・標準偏差"
    )
    numbers = frozenset(range(1, len(metrics) + 2))
    return Table(caption, [*head, in_language("status", "状態")], rows, numbers, best=len(rows) - 2)
