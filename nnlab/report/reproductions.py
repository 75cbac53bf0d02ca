"""The page of ``nnlab reproduce``: each published claim beside our value, its verdict and its pictures."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from platform import python_version

import numpy as np

from nnlab import __version__
from nnlab.insight.reproduce.claims import Experiment, Picture
from nnlab.insight.reproduce.verdicts import VERDICTS_JA, Result
from nnlab.language import Language, in_language, speaking, tr
from nnlab.plots.palette import drawn_as
from nnlab.plots.plot_style import PlotStyle, Style
from nnlab.report.document import Block, Code, Items, Paragraph, Report, Section, Table, numbered
from nnlab.report.gallery import Gallery


def reproduction_report(
    results: Sequence[Result], *, language: Language = "en", styles: tuple[Style, ...] = ("light", "dark")
) -> Report:
    """Draw the pictures of the experiments and compose the page; raises UsageError where a font is missing."""
    with drawn_as(PlotStyle(language=language)), speaking(language):
        gallery = Gallery(styles)
        sections = [_overview(results), *(_section(result, gallery) for result in results), _how(results, gallery)]
        title = in_language("Published results, reproduced", "公表された結果の再現")
        return Report(title, language, "", "", _verdict_counts(results), numbered(sections))


def _verdict_counts(results: Sequence[Result]) -> str:
    found = Counter(row.verdict for result in results for row in result.rows)
    named = {in_language(verdict, japanese): found[verdict] for verdict, japanese in VERDICTS_JA.items()}
    return tr(", ").join(f"{count} {verdict}" for verdict, count in named.items() if count)


def _overview(results: Sequence[Result]) -> Section:
    rows = []
    for result in results:
        found = Counter(row.verdict for row in result.rows)
        rows.append([str(result.experiment.title), *(str(found[verdict] or "") for verdict in VERDICTS_JA)])
    verdicts = [in_language(verdict, japanese) for verdict, japanese in VERDICTS_JA.items()]
    heading = [in_language("experiment", "実験"), *verdicts]
    meaning = in_language(
        "Reproduced: all printed digits are equal, or the statement holds. Within band: digits differ, but no more "
        "than the band allows. Outside: the difference is larger.",
        "再現：印字されたすべての桁が一致、または記述が成り立つ。許容範囲内：桁は異なるが、許容範囲に収まる。"
        "範囲外：差がそれより大きい。",
    )
    caption = in_language("Published values by verdict", "判定ごとの公表値の数")
    table = Table(caption, heading, rows, numbers=frozenset(range(1, len(heading))))
    return Section("verdicts", in_language("Verdicts", "判定"), [Paragraph(meaning), table])


def _section(result: Result, gallery: Gallery) -> Section:
    experiment = result.experiment
    heading = [
        in_language("quantity", "量"),
        in_language("published", "公表値"),
        in_language("band", "許容範囲"),
        in_language("ours", "今回の値"),
        in_language("verdict", "判定"),
    ]
    rows = [[row.quantity, row.published, row.band_text, row.value_text, row.verdict_text] for row in result.rows]
    all_printed = all(row.number for row in result.rows)
    numbers = frozenset(range(1 if all_printed else 2, len(heading)))
    remarks = [text for text in (experiment.remark, *(claim.remark for claim in experiment.claims)) if text]
    blocks: list[Block] = [
        Paragraph(str(experiment.source)),
        Table(in_language("Published and measured", "公表値と今回の値"), heading, rows, numbers=numbers),
        *(Paragraph(str(remark)) for remark in remarks),
        Paragraph(in_language("Bands:", "許容範囲：")),
        Items(_reasons(experiment)),
    ]
    for picture in experiment.pictures:
        blocks += _drawn(picture, result, gallery)
    return Section(experiment.name, str(experiment.title), blocks)


def _reasons(experiment: Experiment) -> list[str]:
    """Why each band is what it is; quantities with the same reason together."""
    grouped: dict[str, list[str]] = {}
    for claim in experiment.claims:
        seeds = in_language(f" ({claim.seeds})", f"（{claim.seeds}）") if claim.seeds else ""
        grouped.setdefault(f"{claim.band.reason()}{seeds}", []).append(str(claim.quantity))
    if len(grouped) == 1:
        return list(grouped)
    colon = in_language(": ", "：")
    return [f"{tr(', ').join(quantities)}{colon}{reason}" for reason, quantities in grouped.items()]


def _drawn(picture: Picture, result: Result, gallery: Gallery) -> list[Block]:
    def draw(folder: Path) -> None:
        picture.draw(result.evidence, folder)

    return [*gallery.draw(draw, {picture.file: str(picture.caption)}, "")]


def _how(results: Sequence[Result], gallery: Gallery) -> Section:
    names = " ".join(result.experiment.name for result in results)
    configs = dict.fromkeys(training.config for result in results for training in result.experiment.trainings)
    blocks: list[Block] = [
        Code(f"nnlab reproduce {names}", in_language("To repeat all of this", "すべてを再現するコマンド")),
        Paragraph(f"nnlab {__version__}, Python {python_version()}, NumPy {np.__version__}"),
    ]
    if configs:
        blocks.append(Paragraph(in_language("Trained configs: ", "学習した設定：") + ", ".join(configs)))
    if gallery.failures:
        blocks.append(Items(gallery.failures))
    return Section("repeat", in_language("How to repeat it", "再現の方法"), blocks)
