"""A cross-validation in a report: its folds with mean and standard deviation, and their curves."""

from nnlab.comparisons.fold_table import fold_headings, fold_rows, mean_rows
from nnlab.language import in_language
from nnlab.report.curves import curve_pictures
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
    subject = in_language(f"{len(crossval.folds)} folds", f"{len(crossval.folds)} 分割")
    return [*blocks, *curve_pictures(crossval.folds, lambda: crossval.comparison, subject, gallery)]


def _folds(crossval: Crossval) -> Table:
    statuses = (fold.status for fold in crossval.folds)
    runs = [run | {"status": status} for run, status in zip(crossval.summary["runs"], statuses, strict=True)]
    summary = {**crossval.summary, "runs": runs}
    head, rows = fold_headings(summary), [*fold_rows(summary), *mean_rows(summary)]
    caption = in_language(
        "Folds, with mean and standard deviation of those completed", "各分割の結果と、完了した分割の平均・標準偏差"
    )
    return Table(caption, head, rows, frozenset(range(1, len(head) - 1)), best=len(rows) - 2)
