"""What trained networks answer and look like: predictions, errors, decision regions, filters, gradients."""

from collections.abc import Callable, Mapping
from pathlib import Path

from nnlab.comparisons.comparison import Comparison
from nnlab.data.dataset_source import DatasetSource
from nnlab.figures.run_pictures import draw_all
from nnlab.figures.run_view import RunView, ignore, run_view
from nnlab.language import in_language
from nnlab.records.reader import RunRecord
from nnlab.report.document import Block, Heading, Paragraph, Pictures
from nnlab.report.gallery import Gallery, beside_each_other
from nnlab.report.results import labels_of

MOST_PICTURED = 6
"""The runs of which decision regions and confusion matrices are drawn, best first."""

# Of the best run only.
OF_THE_BEST = ("mistakes", "weights", "gradients", "activation_histograms")
OF_EACH = ("boundary", "fit", "predictions", "confusion")
# Runs whose weights are worth looking at.
USABLE = ("completed", "interrupted")


def captions() -> Mapping[str, str]:
    """The captions of the pictures of a run."""
    return {
        "boundary": in_language("decision regions", "決定領域"),
        "fit": in_language("fit", "当てはめ"),
        "predictions": in_language("predictions against true numbers, and residuals", "予測と正解、残差"),
        "confusion": in_language("confusion matrix", "混同行列"),
        "mistakes": in_language("most confident errors", "確信度の高い誤り"),
        "weights": in_language("first-layer filters before and after training", "学習前後の第 1 層のフィルター"),
        "gradients": in_language("gradient norm of each layer", "各層の勾配ノルム"),
        "activation_histograms": in_language("activation histograms", "各層の出力の分布"),
    }


def network_blocks(
    comparison: Comparison,
    gallery: Gallery,
    fetch: Callable[[DatasetSource], None] = ignore,
    data: Path | None = None,
) -> list[Block]:
    """Pictures of the first run of each of the best entries, and more of the best one."""
    chosen = [
        (entry.runs[0], label)
        for entry, label in zip(comparison.entries, labels_of(comparison), strict=True)
        if entry.status in USABLE
    ][:MOST_PICTURED]
    if not chosen:
        return []
    seeds = any(len(entry.runs) > 1 for entry in comparison.entries)
    views = [(run_view(run, gallery.note, fetch, data), _subject(run, label, seeds)) for run, label in chosen]
    blocks: list[Block] = []
    for kind in OF_EACH:
        rows = [row for view, subject in views for row in _drawn(view, subject, (kind,), gallery)]
        blocks += beside_each_other(rows)
    best, subject = views[0]
    blocks += _drawn(best, subject, OF_THE_BEST, gallery)
    if not blocks:
        return []
    if len(comparison.entries) > len(chosen):
        note = in_language(
            f"Pictures of the first {len(chosen)} of {len(comparison.entries)} settings.",
            f"{len(comparison.entries)} 通りの設定のうち上位 {len(chosen)} 件の図です。",
        )
        blocks.append(Paragraph(note, role="note"))
    return [Heading(in_language("Predictions and layers", "予測と各層")), *blocks]


def _subject(run: RunRecord, label: str, seeds: bool) -> str:
    seed = run.spec["seed"]
    return in_language(f"{label}, seed {seed}", f"{label}、シード {seed}") if seeds else label


def _drawn(view: RunView, subject: str, kinds: tuple[str, ...], gallery: Gallery) -> list[Pictures]:
    def draw(folder: Path) -> None:
        draw_all(view, folder, gallery.note, kinds)

    return gallery.draw(draw, {kind: captions()[kind] for kind in kinds}, subject)
