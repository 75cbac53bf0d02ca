"""One picture of the terminal: what a run, a sweep or a cross-validation says now, in lines of characters."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from nnlab.insight.watch.chart import draw
from nnlab.insight.watch.followed_group import FollowedGroup
from nnlab.insight.watch.followed_run import GONE, NOT_BEGUN, FollowedRun
from nnlab.insight.watch.group_words import progress_of_group, settings_shown
from nnlab.insight.watch.layout import beside, fitted, grid, widths
from nnlab.insight.watch.newest import newest_line, newest_table
from nnlab.insight.watch.run_charts import run_charts
from nnlab.language import tr
from nnlab.records.formats import CRASHED
from nnlab.sweeps.progress import duration
from nnlab.text import one_line

Followed = FollowedRun | FollowedGroup

STATUS_COLOURS = {
    "running": "cyan",
    "completed": "green",
    "interrupted": "yellow",
    "diverged": "red",
    "failed": "red",
    CRASHED: "red",
    NOT_BEGUN: "yellow",
    GONE: "red",
}
HEIGHT_WITH_TABLE = 18
HEIGHT_WITH_FACTS = 14
MOST_MESSAGE_LINES = 3
SECONDS_OF_SILENCE = 10.0
SEPARATOR = "  "


@dataclass(frozen=True)
class Frame:
    """How a picture is drawn: its size, ``plain`` in ASCII, ``faint`` with single values behind smoothed curves.

    ``flipped`` turns logarithmic axes to linear ones and the other way.
    """

    width: int = 80
    height: int = 24
    plain: bool = False
    faint: bool = True
    flipped: bool = False


def lines_of(followed: Followed, frame: Frame) -> list[Text]:
    """At most ``frame.height`` lines of at most ``frame.width`` columns."""
    head = _group_head(followed, frame) if isinstance(followed, FollowedGroup) else []
    run = followed.shown if isinstance(followed, FollowedGroup) else followed
    lines = [*head, *(_run_lines(run, frame, frame.height - len(head), alone=not head) if run else [])]
    return [fitted(line, frame.width, pad=False) for line in lines[: frame.height]]


def closing_line(followed: Followed) -> str:
    """What is left on the terminal when a view has ended: name, status, how far it came."""
    parts = [tr(followed.status)]
    if isinstance(followed, FollowedGroup):
        parts += [progress_of_group(followed, followed.total)] if followed.total else []
    elif followed.planned.total is None:
        parts.append(tr("step {step}", step=f"{followed.step:,}"))
    else:
        parts.append(tr("{done} of {total} steps", done=f"{followed.step:,}", total=f"{followed.planned.total:,}"))
    return tr("{name}: {parts}", name=one_line(followed.name, 100), parts=tr(", ").join(parts))


def beside_right(left: Text, right: Text, width: int) -> Text:
    """One text at the left and, where it fits, another one at the right end of a line."""
    free = width - left.cell_len - right.cell_len
    return left.copy().append(" " * free).append_text(right) if free >= len(SEPARATOR) else left


def _run_lines(run: FollowedRun, frame: Frame, height: int, *, alone: bool) -> list[Text]:
    lines = _run_head(run, frame, height, alone=alone)
    table = (
        newest_table(run, plain=frame.plain)
        if height >= HEIGHT_WITH_TABLE
        else newest_line(run)
        if height >= 10
        else []
    )
    charts = run_charts(run, flipped=frame.flipped)
    free = height - len(lines) - len(table)
    if not charts:
        words = tr("no steps recorded yet") if run.status in ("running", NOT_BEGUN) else ""
        return [*lines, Text(words, "bright_black"), *table]
    shown, columns = grid(len(charts), frame.width, free)
    rows = [charts[start : min(start + columns, shown)] for start in range(0, shown, columns)]
    for index, row in enumerate(rows):
        row_height = free // len(rows) + (index < free % len(rows))
        if row_height < 4:
            continue
        across = widths(len(row), frame.width)
        drawn = [
            draw(chart, width, row_height, plain=frame.plain, faint=frame.faint)
            for chart, width in zip(row, across, strict=True)
        ]
        lines += beside(drawn)
    return [*lines, *table]


def _run_head(run: FollowedRun, frame: Frame, height: int, *, alone: bool) -> list[Text]:
    lines = []
    if alone:
        lines.append(_title(run.name, run.status, run.path.name, frame.width))
    lines.append(_steps_line(run, frame))
    if height >= HEIGHT_WITH_FACTS and (facts := _facts(run)):
        lines.append(_joined(facts, frame.width))
    return [*lines, *_messages(run.problem, run.message, run.status, frame.width)]


def _title(name: str, status: str, folder: str, width: int) -> Text:
    left = Text().append(one_line(name, max(width, 10)), "bold")
    left = fitted(left, max(width - cell_len(tr(status)) - len(SEPARATOR), 10), pad=False)
    left.append(SEPARATOR).append(tr(status), STATUS_COLOURS.get(status, ""))
    return left if folder == name else beside_right(left, Text(one_line(folder, 100), "bright_black"), width)


def _steps_line(run: FollowedRun, frame: Frame) -> Text:
    total = run.planned.total
    if total is None:
        return Text(tr("step {step}", step=f"{run.step:,}"))
    share = min(run.step / total, 1.0)
    words = [tr("{done} of {total} steps", done=f"{run.step:,}", total=f"{total:,}"), f"{share:.0%}"]
    if run.seconds_left is not None:
        words.append(tr("about {time} left", time=duration(run.seconds_left)))
    elif run.status != "running" and (seconds := run.seconds_trained):
        words[0:2] = [tr("{steps} steps in {seconds} s", steps=f"{run.step:,}", seconds=f"{seconds:,.2f}"), words[1]]
    return _bar(share, SEPARATOR.join(words), frame)


def _bar(share: float, words: str, frame: Frame) -> Text:
    """A bar that fills the line up to the words after it."""
    length = frame.width - cell_len(words) - len(SEPARATOR)
    line = Text()
    if length >= 8:
        full, empty = ("#", "-") if frame.plain else ("━", "─")
        filled = int(share * length)
        line.append(full * filled, "cyan").append(empty * (length - filled), "bright_black").append(SEPARATOR)
    return line.append(words)


def _facts(run: FollowedRun) -> list[Text]:
    facts: list[Text] = []
    idle = run.seconds_idle
    if run.status == "running" and idle is not None and idle > max(SECONDS_OF_SILENCE, 3 * run.pace.longest_pause):
        facts.append(Text(tr("no new step for {time}", time=duration(idle)), "yellow"))
    if speed := run.speed:
        facts.append(Text(tr("{speed} steps/s", speed=_rate(speed))))
        if samples := run.planned.samples_per_step:
            facts.append(Text(tr("{speed} samples/s", speed=_rate(speed * samples))))
    row = run.newest or {}
    if (epoch := row.get("epoch")) is not None:
        shown = f"{epoch:.2f}".rstrip("0").rstrip(".")
        text = (
            tr("epoch {epoch} of {epochs}", epoch=shown, epochs=f"{run.planned.epochs:,}")
            if run.planned.epochs
            else None
        )
        facts.append(Text(text or tr("epoch {epoch}", epoch=shown)))
    if (rate := row.get("lr")) is not None:
        facts.append(Text(f"lr {rate:.4g}"))
    if parameters := run.summary.get("parameters"):
        facts.append(Text(tr("{count} parameters", count=f"{parameters:,}")))
    if run.status == "running" and (seconds := run.seconds_trained):
        facts.append(Text(tr("running for {time}", time=duration(seconds))))
    return facts


def _rate(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def _joined(parts: Sequence[Text], width: int) -> Text:
    """As many of the parts as fit into a line."""
    line = Text()
    for part in parts:
        if line.cell_len + part.cell_len + len(SEPARATOR) > width and line:
            break
        line.append(SEPARATOR if line else "").append_text(part)
    return line


def _messages(problem: str, message: str, status: str, width: int) -> list[Text]:
    words = {CRASHED: tr("its process has ended without finishing it"), GONE: tr("the folder was deleted or moved")}
    found = [(problem, "red"), (message or words.get(status, ""), STATUS_COLOURS.get(status, ""))]
    lines: list[Text] = []
    for text, colour in found:
        rest = one_line(text, width * (MOST_MESSAGE_LINES + 1)) if text else ""
        for number in range(1, MOST_MESSAGE_LINES + 1):
            if not rest:
                break
            cut = rest if cell_len(rest) <= width else rest[: max(rest.rfind(" ", 0, width), 0) or width]
            rest = rest[len(cut) :].lstrip()
            lines.append(Text(cut[: width - 1] + "…" if rest and number == MOST_MESSAGE_LINES else cut, colour))
    return lines


def _group_head(group: FollowedGroup, frame: Frame) -> list[Text]:
    total = group.total or max(len(group.numbers), 1)
    words = f"{len(group.ended):,}/{total:,}"
    lines = [_title(group.name, group.status, "", frame.width)]
    lines.append(_bar(min(len(group.ended) / total, 1.0), words, frame))
    lines.append(Text(progress_of_group(group, total)))
    lines += _messages(group.problem, group.message, group.status, frame.width)
    if group.shown_number is None:
        return lines
    number = f"{group.shown_number:,}"
    of = f"{total:,}"
    if group.noun == "trial":
        which = tr("trial {number} of {total}", number=number, total=of)
    else:
        which = tr("fold {number} of {total}", number=number, total=of)
    line = Text(which, "bold")
    if group.shown is not None:
        line.append(SEPARATOR).append(tr(group.shown.status), STATUS_COLOURS.get(group.shown.status, ""))
    if settings := settings_shown(group):
        line.append(SEPARATOR).append(settings)
    return [*lines, line]
