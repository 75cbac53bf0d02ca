"""The opening sections of a report: what was asked, and by which experiments."""

from collections.abc import Iterable, Mapping
from typing import Any

from nnlab.comparisons.cells import setting_cell
from nnlab.comparisons.comparison import Comparison
from nnlab.comparisons.entries import REPEATED_KEYS, canonical, flat_settings
from nnlab.config.recorded_data import QUESTION
from nnlab.config.yaml_reader import leading_comment, question_in
from nnlab.errors import RunError
from nnlab.language import in_language, tr
from nnlab.records.json_files import read_environment
from nnlab.records.reader import RunRecord
from nnlab.report.document import Block, Box, Items, Paragraph, Section, Table
from nnlab.report.subjects import Subjects
from nnlab.storage.layout import ENVIRONMENT_FILE
from nnlab.text import format_value

MOST_ROWS = 40
MOST_SETTINGS = 15
MOST_KEYS = 7
MOST_QUESTIONS = 12
# Sections of a spec that change no result worth a line; the whole spec follows among the commands.
HIDDEN_SECTIONS = ("rng", "compute")


def environment_or_nothing(run: RunRecord) -> Mapping[str, Any]:
    """The environment of a run; empty where it cannot be read."""
    try:
        return read_environment(run.path / ENVIRONMENT_FILE)
    except RunError:
        return {}


def question_section(subjects: Subjects) -> Section:
    """The questions of the specs, and room for a hypothesis."""
    questions: dict[str, list[str]] = {}
    for name, question in _questions(subjects):
        if question:
            questions.setdefault(question, [])
            if name not in questions[question]:
                questions[question].append(name)
    blocks: list[Block] = []
    if len(questions) == 1:
        blocks.append(Paragraph(next(iter(questions)), role="question"))
    elif questions:
        lines = [f"{', '.join(names[:3])}: {question}" for question, names in questions.items()]
        blocks.append(Items(lines[:MOST_QUESTIONS]))
    blocks.append(
        Box(
            in_language("Hypothesis: what do you expect, and why?", "仮説：どのような結果を予想するか、その理由"),
            4 if questions else 6,
        )
    )
    return Section("question", in_language("Question", "目的"), blocks)


def _questions(subjects: Subjects) -> Iterable[tuple[str, str]]:
    for sweep in subjects.sweeps:
        yield sweep.path.name, question_in(leading_comment(sweep.yaml))
    for run in subjects.runs:
        question = environment_or_nothing(run).get(QUESTION)
        yield run.name, question if isinstance(question, str) else ""


def method_section(subjects: Subjects) -> Section:
    """The settings that all runs share, and those that differ."""
    blocks: list[Block] = []
    runs = subjects.runs
    if runs:
        blocks.append(_shared_settings(runs))
    if subjects.comparison and len(subjects.comparison.entries) > 1:
        blocks += differences_table(subjects.comparison)
    blocks.append(Box(in_language("Method, in your own words", "方法（モデル・データ・手順を自分の言葉で）"), 4))
    return Section("method", in_language("Method", "方法"), blocks)


def _shared_settings(runs: list[RunRecord]) -> Table:
    rows = flat_settings([run.spec for run in runs])
    first = rows[0]
    shared = [key for key in first if len({canonical(row[key]) if key in row else "" for row in rows}) == 1]
    grouped: dict[str, list[str]] = {}
    for key in shared:
        section, _, rest = key.partition(".")
        value = first[key]
        if key == "name" or section in HIDDEN_SECTIONS or value is None or value in (False, 0, []):
            continue
        text = format_value(value)
        grouped.setdefault(section, []).append(text if rest in {"", "name"} else f"{rest} {text}")
    parameters = {run.summary["parameters"] for run in runs}
    if len(parameters) == 1:
        grouped["parameters"] = [f"{parameters.pop():,}"]
    caption = (
        in_language("Settings", "設定")
        if len(runs) == 1
        else in_language(f"Settings that all {len(runs)} runs share", f"全 {len(runs)} 回の実験に共通の設定")
    )
    return Table(
        caption,
        [tr("key"), tr("value")],
        [[section, ", ".join(values)] for section, values in grouped.items()],
    )


def differences_table(comparison: Comparison) -> list[Block]:
    """The keys in which entries differ, as ``nnlab compare`` finds them."""
    entries, keys = comparison.entries[:MOST_SETTINGS], [key for key in comparison.keys if key not in REPEATED_KEYS]
    if not keys:
        keys = list(comparison.keys)
    if not keys:
        return [Paragraph(in_language("All runs have the same settings.", "すべての実験の設定は同じです。"))]
    names = [
        entry.names if len(entry.runs) > 1 else title for entry, title in zip(entries, comparison.titles, strict=False)
    ]
    columns = {comparison.short_keys[key]: [setting_cell(entry, key) for entry in entries] for key in keys}
    if len(keys) > MOST_KEYS:
        joined = [
            ", ".join(
                f"{comparison.short_keys[key]} {setting_cell(entry, key)}" for key in keys if key in entry.settings
            )
            for entry in entries
        ]
        columns = {in_language("settings", "設定"): joined}
    if len({*names}) > 1:
        columns = {tr("run"): names} | columns
    rows = [list(cells) for cells in zip(*columns.values(), strict=True)]
    return [
        Table(in_language("Settings that differ", "異なる設定"), list(columns), rows),
        *more_rows(len(comparison.entries) - len(entries)),
    ]


def more_rows(count: int) -> list[Block]:
    """What a table leaves out."""
    if count <= 0:
        return []
    text = in_language(
        f"… and {count:,} more rows (nnlab compare --csv - has all).",
        f"… 他 {count:,} 行（全行は nnlab compare --csv -）。",
    )
    return [Paragraph(text, role="note")]
