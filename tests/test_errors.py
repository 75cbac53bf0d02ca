"""Errors: exit codes, messages, pickling."""

import multiprocessing
import pickle
import signal
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from nnlab import errors
from nnlab.errors import BugError, Interrupted, NnlabError, Problem, RunError, ShapeError, SpecError, reported_as


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("NnlabError", 70),
        ("CheckFailed", 1),
        ("UsageError", 2),
        ("SpecError", 2),
        ("PluginError", 2),
        ("MissingPlugin", 2),
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
def test_exit_codes_of_signals(number: signal.Signals, code: int) -> None:
    interrupted = Interrupted(number)
    assert interrupted.exit_code == code
    assert str(interrupted) == f"stopped by {number.name}"
    assert str(Interrupted(number, "stopped after step 5")) == "stopped after step 5"


def test_interrupted_is_no_exception() -> None:
    assert not issubclass(Interrupted, Exception)


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("a.yaml:3:1", "optimizer.lr", "must be above 0"), "a.yaml:3:1: optimizer.lr: must be above 0"),
        (Problem("a.yaml:1:1", "", "is empty"), "a.yaml:1:1: is empty"),
        (Problem("", "", "is empty"), "is empty"),
    ],
)
def test_problem_text(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_spec_error_has_one_line_per_problem() -> None:
    problems = [Problem(f"a.yaml:{line}:1", "key", "is wrong") for line in range(1, 4)]
    error = SpecError(problems)
    assert str(error).splitlines() == [str(problem) for problem in problems]
    assert error.problems == tuple(problems)


def test_spec_error_lists_at_most_100_problems() -> None:
    error = SpecError([Problem(f"a.yaml:{line}:1", "key", "is wrong") for line in range(1, 10_001)])
    lines = str(error).splitlines()
    assert len(lines) == 101
    assert lines[99].startswith("a.yaml:100:1:")
    assert lines[100] == "... and 9900 more problems"
    assert len(error.problems) == 10_000


def test_bug_error_is_one_line_with_log_path() -> None:
    error = BugError(ValueError("two\nlines \x1b[31m" + "x" * 1000), Path("run/log.txt"))
    assert str(error).startswith("this is a bug in nnlab (ValueError: 'two\\nlines \\x1b[31mxxx")
    assert str(error).endswith("; the details are in run/log.txt")
    assert len(str(error)) < 400


ERRORS = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, BaseException) and not value.__name__.startswith("_")
]


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_errors_pickle_with_text_and_exit_code(kind: type[BaseException]) -> None:
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


def test_spec_error_pickles_with_problems() -> None:
    problem = Problem("a.yaml:1:1", "seed", "must be a number")
    assert pickle.loads(pickle.dumps(SpecError([problem]))).problems == (problem,)


def test_error_in_process_pool() -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        failing = pool.submit(_fail)
        assert isinstance(failing.exception(), SpecError)
        assert pool.submit(int, "7").result() == 7


def _fail() -> None:
    raise SpecError([Problem("a.yaml:1:1", "seed", "must be a number")])


def test_reported_as(tmp_path: Path) -> None:
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
