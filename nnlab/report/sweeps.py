"""A sweep in a report: its goal, how many trials ended, its pictures and its best point."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from nnlab.comparisons.cells import column_words
from nnlab.comparisons.labels import setting_text
from nnlab.figures.sweep_pictures import draw_sweep
from nnlab.language import in_language, tr
from nnlab.metric_columns import format_column
from nnlab.records.formats import ENDED_TRIALS, TRIAL_STATUSES
from nnlab.records.sweep_folder import SweepRecord
from nnlab.report.document import Block, Heading, Paragraph, Table
from nnlab.report.gallery import Gallery
from nnlab.text import one_line

MOST_SWEEPS = 6
"""Sweeps whose pictures are drawn."""

SHOWS_CURVES = {"curves", "panels", "best"}
"""Pictures that stand in for the curves of all trials in one."""


def captions() -> Mapping[str, str]:
    """The captions of the pictures of a sweep."""
    return {
        "goal": in_language("goal over the swept key", "キーの値と目標"),
        "heatmap": in_language("goal over both keys", "2 つのキーと目標"),
        "scatter": in_language("goal over both keys", "2 つのキーと目標"),
        "parallel": in_language("points in parallel coordinates", "平行座標で見た各点"),
        "importance": in_language("importance of the keys", "キーの重要度"),
        "curves": in_language("learning curves", "学習曲線"),
        "panels": in_language("learning curves", "学習曲線"),
        "best": in_language("learning curves of the best points", "上位の点の学習曲線"),
    }


def sweep_blocks(record: SweepRecord, gallery: Gallery, *, pictures: bool = True) -> tuple[list[Block], bool]:
    """The blocks of a sweep, and whether their pictures show learning curves."""
    name = record.path.name
    blocks: list[Block] = [
        Heading(in_language(f"Sweep {name}", f"スイープ {name}")),
        Table(
            in_language("Sweep", "スイープ"),
            [tr("key"), tr("value")],
            _facts(record),
        ),
    ]
    if record.summary["message"]:
        blocks.append(Paragraph(one_line(record.summary["message"], 1000), role="note"))
    if not pictures:
        return blocks, False

    def draw(folder: Path) -> None:
        draw_sweep(record.path, gallery.note, folder=folder)

    drawn = gallery.draw(draw, captions(), "")
    return [*blocks, *drawn], any(picture.name in SHOWS_CURVES for row in drawn for picture in row.pictures)


def _facts(record: SweepRecord) -> list[list[str]]:
    summary = record.summary
    found = Counter(row.status for row in record.trials)
    done = sum(found[status] for status in ENDED_TRIALS)
    counts = ", ".join(f"{found[status]:,} {tr(status)}" for status in TRIAL_STATUSES if found[status])
    facts = [
        [tr("status"), tr(record.status)],
        [
            in_language("trials", "試行"),
            in_language(f"{done:,} of {summary['trials']:,}", f"{summary['trials']:,} 回中 {done:,} 回")
            + (f" ({counts})" if counts else ""),
        ],
        [in_language("swept keys", "変えたキー"), ", ".join(record.columns.keys)],
    ]
    if summary["search"]:
        facts.append([in_language("search", "探索法"), str(summary["search"])])
    if goal := record.columns.goal:
        direction = in_language("highest", "最大") if record.maximize else in_language("lowest", "最小")
        facts.append([in_language("goal", "目標"), f"{direction} {column_words(goal)}"])
    best = summary["best"]
    if best and record.columns.goal:
        value = format_column(record.columns.goal, best["value"])
        std = best.get("std")
        spread = f" ± {format_column(record.columns.goal, std)}" if isinstance(std, float) else ""
        settings = ", ".join(f"{key} {setting_text(value)}" for key, value in best["settings"].items())
        trial = in_language(f"trial {best['trial']}", f"試行 {best['trial']}")
        facts.append([in_language("best", "最良"), f"{value}{spread}: {settings} ({trial})"])
    return facts
