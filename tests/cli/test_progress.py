import io
from unittest.mock import MagicMock

import pytest
from rich.console import Console

from nnlab.cli import progress
from nnlab.cli.progress import BLOCKS, PLAIN_BLOCKS, ConsoleReporter, LiveBar, sparkline


def test_a_sparkline_goes_from_the_lowest_to_the_highest_block() -> None:
    assert sparkline([3, 2, 1, 0]) == "█▆▃▁"
    assert sparkline([1, 1]) == BLOCKS[0] * 2
    assert sparkline([]) == ""


def console_of(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> io.StringIO:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=120, markup=False, emoji=False)
    monkeypatch.setattr(progress, "messages", lambda: console)
    return stream


def run_bar(steps: int) -> None:
    with ConsoleReporter().watch(steps) as observers:
        for step in range(1, steps + 1):
            for observer in observers:
                observer.on_step(step, 2.0 - step / steps)
        for observer in observers:
            observer.on_evaluation({"step": steps, "test_accuracy": 0.875, "train_accuracy": 0.9})


def test_progress_bar_on_a_terminal_has_objective_accuracy_speed_and_sparkline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_UPDATES", 0.0)
    stream = console_of(monkeypatch, terminal=True)
    run_bar(100)
    shown = stream.getvalue()
    for part in ("objective 1.0", "accuracy 0.8750", "steps/s", "100/100", BLOCKS[-1]):
        assert part in shown


def test_the_bar_is_updated_at_most_ten_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(n * 0.03 for n in range(1000))
    monkeypatch.setattr(progress, "perf_counter", lambda: next(clock))
    bar = MagicMock()
    bar.console.encoding = "utf-8"
    live = LiveBar(bar, 100)
    for step in range(1, 101):
        live.on_step(step, 1.0)
    assert bar.update.call_count == 25


def test_progress_without_a_test_set_reports_validation_accuracy(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = console_of(monkeypatch, terminal=True)
    row = {"step": 1, "test_accuracy": None, "validation_accuracy": 0.625, "train_accuracy": 0.9}
    with ConsoleReporter().watch(1) as observers:
        for observer in observers:
            observer.on_evaluation(row)
    assert "accuracy 0.6250" in stream.getvalue()


def test_no_progress_bar_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = console_of(monkeypatch, terminal=False)
    run_bar(100)
    assert stream.getvalue() == ""


def test_lines_are_printed_without_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = console_of(monkeypatch, terminal=False)
    ConsoleReporter().say("name [/red] :smile:")
    assert stream.getvalue() == "name [/red] :smile:\n"


@pytest.mark.parametrize("encoding", ["cp932", "cp1252", "ascii", "utf-8"])
def test_console_receives_only_characters_of_its_encoding(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_UPDATES", 0.0)
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="replace")
    console = Console(file=stream, force_terminal=True, width=120, markup=False, emoji=False)
    monkeypatch.setattr(progress, "messages", lambda: console)
    run_bar(100)
    stream.flush()
    shown = raw.getvalue().decode(encoding)
    assert "?" not in shown.replace("\x1b[?25", "")  # which hides and shows the cursor
    assert (BLOCKS[-1] if encoding == "utf-8" else PLAIN_BLOCKS[-1]) in shown


@pytest.mark.parametrize("name", ["JPY_PARENT_PID", "COLAB_RELEASE_TAG"])
def test_a_command_of_a_notebook_has_lines_and_no_bar(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    stream = console_of(monkeypatch, terminal=True)
    monkeypatch.setenv(name, "1")
    run_bar(5)
    with progress.step_bar(3) as count:
        count()
    assert stream.getvalue() == ""
    ConsoleReporter().evaluation("a line")
    assert stream.getvalue() == "a line\n"
