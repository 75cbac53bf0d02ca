"""Errors know their exit codes, and nothing that stands in a message can harm a terminal."""

import multiprocessing
import pickle
import signal
import unicodedata
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab import errors
from nnlab.errors import (
    BugError,
    Interrupted,
    NnlabError,
    Problem,
    RunError,
    ShapeError,
    SpecError,
    escape_control,
    one_line,
    quote,
    reported_as,
)

HARMFUL = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("NnlabError", 70),
        ("CheckFailed", 1),
        ("UsageError", 2),
        ("SpecError", 2),
        ("ShapeError", 2),
        ("Diverged", 3),
        ("DataError", 4),
        ("RunError", 5),
        ("BugError", 70),
    ],
)
def test_exit_codes(name: str, code: int) -> None:
    assert getattr(errors, name).exit_code == code
    assert issubclass(getattr(errors, name), NnlabError)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_have_the_codes_that_shells_give_them(number: signal.Signals, code: int) -> None:
    interrupted = Interrupted(number)
    assert interrupted.exit_code == code
    assert str(interrupted) == f"stopped by {number.name}"
    assert str(Interrupted(number, "stopped after step 5")) == "stopped after step 5"


def test_except_exception_does_not_swallow_a_signal() -> None:
    assert not issubclass(Interrupted, Exception)


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("a.yaml:3:1", "optimizer.lr", "must be above 0"), "a.yaml:3:1: optimizer.lr: must be above 0"),
        (Problem("a.yaml:1:1", "", "is empty"), "a.yaml:1:1: is empty"),
        (Problem("", "", "is empty"), "is empty"),
    ],
)
def test_a_problem_names_place_key_and_fault(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_a_spec_error_has_one_line_for_each_problem() -> None:
    problems = [Problem(f"a.yaml:{line}:1", "key", "is wrong") for line in range(1, 4)]
    error = SpecError(problems)
    assert str(error).splitlines() == [str(problem) for problem in problems]
    assert error.problems == tuple(problems)


def test_a_flood_of_problems_is_counted_but_not_written_out() -> None:
    error = SpecError([Problem(f"a.yaml:{line}:1", "key", "is wrong") for line in range(1, 10_001)])
    lines = str(error).splitlines()
    assert len(lines) == 101
    assert lines[99].startswith("a.yaml:100:1:")
    assert lines[100] == "... and 9900 problems more"
    assert len(error.problems) == 10_000


def test_a_bug_is_one_line_with_the_path_of_the_details() -> None:
    error = BugError(ValueError("two\nlines \x1b[31m" + "x" * 1000), Path("run/log.txt"))
    assert str(error).startswith("this is a bug in nnlab (ValueError: 'two\\nlines \\x1b[31mxxx")
    assert str(error).endswith("; the details are in run/log.txt")
    assert len(str(error)) < 400


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (1, "1"),
        (1.5, "1.5"),
        (1e-7, "1e-07"),
        (float("inf"), ".inf"),
        (float("-inf"), "-.inf"),
        (float("nan"), ".nan"),
        ("adam", "'adam'"),
        ("", "''"),
        ("None", "'None'"),
        ([], "[]"),
        ([None, True, "a", 1.5], "[null, true, 'a', 1.5]"),
        ({"name": "mlp", "hidden": [1, 2], "batch_norm": {}}, "{name: 'mlp', hidden: [1, 2], batch_norm: {}}"),
        ("two\nlines\tand\rmore", "'two\\nlines\\tand\\rmore'"),
        ("\x1b[31mred\x1b[0m", "'\\x1b[31mred\\x1b[0m'"),
        ("\u202eevil", "'\\u202eevil'"),
        ("\u2066a\u2069", "'\\u2066a\\u2069'"),
        ("\ufeff", "'\\ufeff'"),
        ("a\u2028b\x85c", "'a\\u2028b\\x85c'"),
        ("\ud800", "'\\ud800'"),
        (["\x1b[2J"], "['\\x1b[2J']"),
        ({"\x1b[2J": "\x07"}, "{\\x1b[2J: '\\x07'}"),
        ("学習率 λ é 🎉", "'学習率 λ é 🎉'"),
    ],
)
def test_shown(value: object, text: str) -> None:
    assert quote(value) == text


def test_long_values_are_cut() -> None:
    assert quote("x" * 61) == "'" + "x" * 59 + "…'"
    assert quote("x" * 60) == "'" + "x" * 60 + "'"
    assert quote(list(range(1000)), 10) == "[0, 1, 2,…"
    assert quote(10**400) == "1" + "0" * 58 + "…"
    assert one_line("\x00" * 5, 8) == "\\x00\\x0…"


@given(st.text(st.characters(codec=None), max_size=90), st.integers(5, 100))
def test_no_text_can_steer_a_terminal_or_leave_its_line(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert not {unicodedata.category(character) for character in line} & HARMFUL
    assert line.splitlines() in ([line], [])
    assert quote(text, limit) == f"'{line}'"


@given(text=st.text())
def test_lines_for_a_terminal_stay_lines_and_steer_nothing(text: str) -> None:
    cleaned = escape_control(text)
    assert cleaned.count("\n") == text.count("\n")
    assert not {unicodedata.category(c) for c in cleaned if c != "\n"} & HARMFUL
    assert escape_control(cleaned) == cleaned


def test_harmless_text_is_left_alone() -> None:
    text = "a\nλ 学習率 é → –\n"
    assert escape_control(text) == text


ERRORS = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, BaseException) and not value.__name__.startswith("_")
]


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_survives_pickling_with_its_text_and_exit_code(kind: type[BaseException]) -> None:
    made = {
        SpecError: lambda: SpecError([Problem("a.yaml:1:1", "seed", "must be a number")]),
        BugError: lambda: BugError(ValueError("odd"), Path("log.txt")),
        Interrupted: lambda: Interrupted(signal.SIGTERM, "stopped after step 5"),
    }
    error = made.get(kind, lambda: kind("what is wrong"))()
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)
    assert again.exit_code == error.exit_code  # type: ignore[attr-defined]  # every one of ours has it
    assert vars(again) == vars(error)


def test_the_problems_of_a_spec_survive_pickling() -> None:
    problem = Problem("a.yaml:1:1", "seed", "must be a number")
    assert pickle.loads(pickle.dumps(SpecError([problem]))).problems == (problem,)


def test_an_error_in_another_process_ends_only_its_own_task() -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        failing = pool.submit(_fail)
        assert isinstance(failing.exception(), SpecError)
        assert pool.submit(int, "7").result() == 7


def _fail() -> None:
    raise SpecError([Problem("a.yaml:1:1", "seed", "must be a number")])


def test_an_error_is_reported_as_another_with_the_place_before_it(tmp_path: Path) -> None:
    path = tmp_path / "missing.csv"
    with (
        pytest.raises(RunError, match=r"missing\.csv: cannot be read: No such file or directory$") as caught,
        reported_as(RunError, f"{path}: cannot be read"),
    ):
        path.read_bytes()
    assert isinstance(caught.value.__cause__, FileNotFoundError)
    with pytest.raises(RunError, match=r"^no W$"), reported_as(RunError, catch=ShapeError):
        raise ShapeError("no W")
    with pytest.raises(ShapeError), reported_as(RunError, "a place"):
        raise ShapeError("no W")
