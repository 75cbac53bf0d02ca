"""The composition of a report from runs, sweeps and cross-validations."""

from collections.abc import Callable, Iterable
from pathlib import Path

from nnlab.data.dataset_source import DatasetSource
from nnlab.figures.run_view import ignore
from nnlab.language import Language, in_language, speaking, tr
from nnlab.plots.palette import drawn_as
from nnlab.plots.plot_style import PlotStyle, Style
from nnlab.report.crossvals import crossval_blocks
from nnlab.report.document import Block, Box, Heading, Items, Report, Section, numbered
from nnlab.report.gallery import Gallery
from nnlab.report.networks import network_blocks
from nnlab.report.opening import method_section, question_section
from nnlab.report.reproduction import reproduction_section, runs_of
from nnlab.report.results import comparison_blocks
from nnlab.report.subjects import Subjects, read_subjects
from nnlab.report.sweeps import MOST_SWEEPS, sweep_blocks
from nnlab.storage.folder_names import parse_folder_name

MOST_CROSSVALS = 6
"""Cross-validations whose curves are drawn."""

MOST_NAMES = 6
MOST_MISSING = 20


def make_report(
    paths: Iterable[Path],
    *,
    language: Language = "en",
    title: str = "",
    author: str = "",
    sort: str | None = None,
    styles: tuple[Style, ...] = ("light", "dark"),
    fetch: Callable[[DatasetSource], None] = ignore,
    data: Path | None = None,
) -> Report:
    """Read runs, sweeps and cross-validations, draw their pictures, and compose a report.

    ``styles`` are those of the pictures; ``fetch`` may download data, ``data`` is its new place where it was moved.
    Raises RunError where nothing can be read, and UsageError for a ``sort`` that no run has, or for a language whose
    font is missing.
    """
    with drawn_as(PlotStyle(language=language)), speaking(language):
        subjects = read_subjects(paths, sort)
        gallery = Gallery(styles)
        sections = numbered(
            [
                question_section(subjects),
                method_section(subjects),
                _results_section(subjects, gallery, fetch, data),
                Section("discussion", in_language("Discussion", "考察"), [_discussion_box()]),
                reproduction_section(subjects),
                Section("references", in_language("References", "参考文献"), [Box(_references(), 4)]),
            ]
        )
        return Report(title or _title(subjects), language, author, _date(subjects), _subtitle(subjects), sections)


def _results_section(
    subjects: Subjects, gallery: Gallery, fetch: Callable[[DatasetSource], None], data: Path | None
) -> Section:
    blocks: list[Block] = []
    curves_shown = False
    for index, sweep in enumerate(subjects.sweeps):
        own, has_curves = sweep_blocks(sweep, gallery, pictures=index < MOST_SWEEPS)
        blocks += own
        curves_shown |= has_curves
    if subjects.comparison:
        if subjects.sweeps:
            blocks.append(Heading(in_language("Comparison", "比較")))
        only_sweep = curves_shown and len(subjects.paths) == 1
        blocks += comparison_blocks(subjects.comparison, gallery, curves=not only_sweep)
        blocks += network_blocks(subjects.comparison, gallery, fetch, data)
    for index, crossval in enumerate(subjects.crossvals):
        blocks += crossval_blocks(crossval, gallery, pictures=index < MOST_CROSSVALS)
    if missing := [*gallery.failures, *subjects.left_out]:
        blocks += [Heading(in_language("Not in this report", "この報告に含まれないもの")), _cut(missing)]
    box = Box(in_language("Results, in your own words", "結果（グラフと表から読み取れること）"), 6)
    return Section("results", in_language("Results", "結果"), [*blocks, box])


def _cut(lines: list[str]) -> Items:
    """The first of the lines, and how many follow."""
    more = len(lines) - MOST_MISSING
    last = [in_language(f"… and {more:,} more", f"… 他 {more:,} 件")] if more > 0 else []
    return Items([*lines[:MOST_MISSING], *last])


def _discussion_box() -> Box:
    return Box(
        in_language(
            "Discussion: was the hypothesis right, what explains the results, what would you try next?",
            "考察：仮説は正しかったか、結果の理由は何か、次に何を試すか",
        ),
        12,
    )


def _references() -> str:
    return in_language("Books, papers and pages", "書籍・論文・ウェブページ")


def _title(subjects: Subjects) -> str:
    names = list(dict.fromkeys(run.name for run in subjects.runs)) or [sweep.path.name for sweep in subjects.sweeps]
    more = len(names) - MOST_NAMES
    shown = ", ".join(names[:MOST_NAMES])
    if more > 0:
        return in_language(f"{shown} and {more} more", f"{shown} 他 {more} 件")
    return shown


def _subtitle(subjects: Subjects) -> str:
    sweeps, crossvals = len(subjects.sweeps), len(subjects.crossvals)
    parts = [runs_of(subjects.runs)]
    if sweeps:
        parts.append(in_language(f"{sweeps} sweep{'s' * (sweeps > 1)}", f"スイープ {sweeps} 件"))
    if crossvals:
        parts.append(in_language(f"{crossvals} cross-validation{'s' * (crossvals > 1)}", f"交差検証 {crossvals} 件"))
    return tr(", ").join(parts)


def _date(subjects: Subjects) -> str:
    """The day (UTC) on which the newest of the named folders was made; empty where no name tells."""
    names = (parse_folder_name(path.resolve().name) for path in subjects.paths)
    times = [name.time for name in names if name]
    newest = max(times, default="")
    return f"{newest[:4]}-{newest[4:6]}-{newest[6:8]}" if newest else ""
