"""How to repeat what a report shows: commands, spec, environment; and what its author wrote about the runs."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from nnlab.config.recorded_data import RecordedData
from nnlab.config.yaml_reader import MAX_BYTES
from nnlab.errors import RunError
from nnlab.language import in_language, tr
from nnlab.records.annotations import Annotations, read_annotations
from nnlab.records.reader import RunRecord
from nnlab.report.document import Block, Code, Section, Table
from nnlab.report.opening import MOST_ROWS, environment_or_nothing, more_rows
from nnlab.report.subjects import Subjects
from nnlab.storage.layout import SPEC_FILE, SWEEP_FILE, fold_folder, trial_folder
from nnlab.text import one_line

MOST_COMMANDS = 20
MOST_VALUES = 3
LONGEST_NOTE = 2000


def reproduction_section(subjects: Subjects) -> Section:
    """Commands, the spec of the best run, environment, tags and notes."""
    blocks: list[Block] = [
        Code(_commands(subjects), in_language("Commands that repeat the trainings", "実験を再現するコマンド"), "bash"),
        *_specs(subjects),
    ]
    environments = [found for run in subjects.runs if (found := environment_or_nothing(run))]
    if environments:
        caption = in_language("Environment", "実験環境")
        head = [tr("key"), tr("value")]
        blocks.append(Table(caption, head, environment_rows(environments)))
    blocks += _annotations(subjects)
    return Section("reproduction", in_language("How to repeat it", "再現方法"), blocks)


def _commands(subjects: Subjects) -> str:
    lines = [
        f"nnlab sweep {_argument(sweep.path / SWEEP_FILE)}{_plugins(sweep.path / trial_folder(1))}"
        for sweep in subjects.sweeps
    ]
    for crossval in subjects.crossvals:
        spec = _argument(crossval.path / SPEC_FILE)
        lines.append(
            f"nnlab crossval {spec} --folds {crossval.summary['folds']}{_plugins(crossval.path / fold_folder(1))}"
        )
    within = {path.resolve() for path in (sweep.path for sweep in subjects.sweeps)}
    compared = subjects.comparison.entries if subjects.comparison else ()
    runs = [run for entry in compared for run in entry.runs if run.path.resolve().parent not in within]
    lines += [f"nnlab train {_argument(run.path / SPEC_FILE)}{_plugins(run.path)}" for run in runs]
    more = len(lines) - MOST_COMMANDS
    if more > 0:
        lines = [*lines[:MOST_COMMANDS], in_language(f"# ... and {more:,} more", f"# ... 他 {more:,} 件")]
    return "\n".join(one_line(line, 1000) for line in lines)


def _plugins(run: Path) -> str:
    """The options that name the plugins of a run."""
    recorded = RecordedData.read(run)
    return recorded.plugin_options() if recorded else ""


def _argument(path: PurePath) -> str:
    """A path as every shell reads it: those of Windows take slashes too, but not these quotes."""
    return shlex.quote(path.as_posix())


def _specs(subjects: Subjects) -> list[Block]:
    """The text of sweeps and cross-validations, and of the spec of the first run where there is none of them."""
    files = [sweep.path / SWEEP_FILE for sweep in subjects.sweeps[:3]]
    files += [crossval.path / SPEC_FILE for crossval in subjects.crossvals[:3]]
    if not files and subjects.runs:
        files = [subjects.runs[0].path / SPEC_FILE]
    blocks: list[Block] = []
    for file in files:
        try:
            text = file.read_bytes()[:MAX_BYTES].decode("utf-8", errors="replace")
        except OSError:  # removed meanwhile
            continue
        blocks.append(Code(text.rstrip("\n"), one_line(str(file), 300), "yaml", folded=True))
    return blocks


def environment_rows(environments: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Versions, processor, BLAS, commit and checksums; several values where runs differ."""
    found: dict[str, dict[str, None]] = {}
    for environment in environments:
        for key, value in _facts(environment).items():
            if value:
                found.setdefault(key, {}).setdefault(value)
    rows = []
    for key, values in found.items():
        shown = list(values)[:MOST_VALUES]
        more = len(values) - len(shown)
        rows.append([key, "; ".join(shown) + (in_language(f"; {more} more", f"、他 {more}") if more else "")])
    return rows[:MOST_ROWS]


def _facts(environment: Mapping[str, Any]) -> dict[str, str]:
    packages, git, samples = (_mapping(environment.get(key)) for key in ("packages", "git", "samples"))
    blas = environment.get("blas")
    libraries = [_mapping(library) for library in blas] if isinstance(blas, list) else []
    commit = ", ".join(str(git[key]) for key in ("commit", "branch") if git.get(key))
    checksums = _mapping(environment.get("data_sha256"))
    facts = {
        "nnlab": _text(environment.get("nnlab")),
        "Python": _text(environment.get("python")),
        "NumPy": _text(packages.get("numpy")),
        "BLAS": ", ".join(
            " ".join(str(library[key]) for key in ("internal_api", "version", "architecture") if library.get(key))
            for library in libraries
        ),
        in_language("platform", "OS"): _text(environment.get("platform")),
        "CPU": " × ".join(filter(None, [_text(environment.get("cores")), _text(environment.get("cpu"))])),
        in_language("git commit", "git コミット"): commit,
        in_language("samples", "サンプル数"): ", ".join(f"{name} {count}" for name, count in samples.items()),
    }
    for name, digest in list(checksums.items())[:12]:
        facts[f"SHA-256 {one_line(str(name), 80)}"] = _text(digest)
    return {key: one_line(value, 300) for key, value in facts.items()}


def _annotations(subjects: Subjects) -> list[Block]:
    places = [*(sweep.path for sweep in subjects.sweeps), *(crossval.path for crossval in subjects.crossvals)]
    rows = []
    for path in [*places, *(run.path for run in subjects.runs)]:
        try:
            found = read_annotations(path)
        except RunError as error:
            found = Annotations(note=str(error))
        if found != Annotations():
            rows.append([path.name, ", ".join(found.tags), one_line(found.note, LONGEST_NOTE)])
    if not rows:
        return []
    head = [tr("run"), tr("tags"), tr("note")]
    caption = in_language("Tags and notes", "タグとメモ")
    return [Table(caption, head, rows[:MOST_ROWS]), *more_rows(len(rows) - MOST_ROWS)]


def runs_of(records: Sequence[RunRecord]) -> str:
    """``1 run``, ``18 runs``."""
    count = len(records)
    return in_language(f"{count} run{'s' * (count != 1)}", f"実験 {count} 回")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return "" if value is None else str(value)
