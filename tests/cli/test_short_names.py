"""Every command that takes a run takes ``last`` and short names."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from nnlab.cli.app import app_for
from nnlab.config.bundled import bundled_config


@pytest.fixture
def runs(make_run, nnlab) -> Path:
    make_run("20250101-120000-adam-0a1b2c")
    return make_run("20250102-120000-adam-ffff00", {"optimizer.lr": 0.1}).parent


@pytest.mark.parametrize(
    "arguments",
    [
        ("plot", "{}", "accuracy", "--out", "pictures"),
        ("show", "{}"),
        ("compare", "{}", "--csv", "-", "--out", "pictures"),
        ("runs", "rm", "{}"),
        ("train", "--resume", "{}"),
    ],
)
def test_last_is_the_newest_run_and_an_ambiguous_prefix_is_an_error(
    nnlab, runs: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    asked: list[str] = []
    targets = {
        "plot": "nnlab.records.reader.read_run",
        "show": "nnlab.records.reader.read_run",
        "compare": "nnlab.comparisons.comparison.compare",
        "runs": "nnlab.records.trash.check_removable",
        "train": "nnlab.train.resume.resume",
    }

    class Seen(Exception):
        pass

    def see(path: object, *others: object, **more: object) -> None:
        asked.extend(map(str, path) if isinstance(path, list) else [str(path)])
        raise Seen

    monkeypatch.setattr(targets[arguments[0]], see)
    for name in ("last", "ffff00"):
        nnlab(*(argument.format(name) for argument in arguments))
        assert Path(asked.pop()) == Path("runs/20250102-120000-adam-ffff00")
    answer = nnlab(*(argument.format("adam") for argument in arguments))
    assert answer.code == 5
    assert "adam: 2 runs in runs match; use a longer part of the name:" in answer.stderr
    assert asked == []


def test_last_without_runs_is_an_error(nnlab) -> None:
    Path("runs").mkdir()
    answer = nnlab("show", "last")
    assert (answer.code, answer.stderr) == (5, "nnlab: runs: contains no run, descent or sweep\n")


# Further arguments that a command needs, beside the run.
FURTHER = {("export",): ["--to", "zip"], ("predict",): ["picture.png"], ("why",): ["adam"]}
# These look a run up, but in the trash.
IN_TRASH = {("runs", "restore"), ("runs", "purge")}


def taking_runs() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with each of its parameters that takes a run or the folder of several."""

    def commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
        for name, inner in getattr(command, "commands", {}).items():
            yield from commands(inner, (*path, name))
        if not hasattr(command, "commands"):
            yield path, command

    for path, command in commands(typer.main.get_command(app_for([])), ()):
        for parameter in command.params:
            metavar = parameter.metavar or ""
            if path not in IN_TRASH and ("RUN" in metavar or parameter.name == "resume" or metavar in {"A", "B"}):
                yield path, parameter


CASES = list(taking_runs())
NAMES = [" ".join([*path, parameter.name]) for path, parameter in CASES]


def test_the_commands_that_take_runs_are_found() -> None:
    found = {*NAMES}
    assert {"plot name", "show name", "export name", "compare names", "train resume", "sweep resume"} <= found
    assert {"crossval resume", "why a", "why b", "why resume", "runs rm names", "runs tag names"} <= found


@pytest.mark.parametrize(("path", "parameter"), CASES, ids=NAMES)
def test_help_and_completion_of_each_command_know_last(
    make_run, monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...], parameter: Any
) -> None:
    monkeypatch.chdir(make_run().parents[1])
    if parameter.name != "b":  # whose help refers to A
        assert "last" in parameter.help
    context = typer.main.get_command(app_for([])).make_context("nnlab", [], resilient_parsing=True)
    assert "last" in [getattr(item, "value", item) for item in parameter.shell_complete(context, "la")]


@pytest.mark.parametrize(("path", "parameter"), CASES, ids=NAMES)
def test_last_is_looked_up_by_each_command(
    nnlab, make_run, monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...], parameter: Any
) -> None:
    class Seen(Exception):
        pass

    def newest(runs: Path, *others: object) -> Path:
        raise Seen(f"newest in {runs}")

    for module in ("nnlab.records.run_names", "nnlab.train.resume"):
        monkeypatch.setattr(f"{module}.newest", newest)
    make_run()
    arguments = [parameter.opts[0], "last"] if parameter.param_type_name == "option" else ["last"]
    further = FURTHER.get(path, []) if parameter.name != "resume" else []
    both = [*further, *arguments] if parameter.name == "b" else [*arguments, *further]
    answer = nnlab(*path, *both, "--runs", "elsewhere")
    assert "newest in elsewhere" in answer.stderr


@pytest.mark.parametrize("command", [("show",), ("eject",), ("why", "sgd")])
def test_several_runs_with_the_name_of_a_bundled_config_are_an_error_that_names_it(
    nnlab, runs: Path, command: tuple[str, ...]
) -> None:
    answer = nnlab(*command, "adam")
    assert (answer.code, answer.stdout) == (5, "")
    first, *_, last = answer.stderr.splitlines()
    assert first == "nnlab: adam: 2 runs in runs match; use a longer part of the name:"
    assert last == f"the bundled config of this name is {bundled_config('adam')}"
    assert nnlab("show", bundled_config("adam")).code == 0


def test_a_bundled_config_is_shown_where_no_run_has_its_name(nnlab, runs: Path) -> None:
    assert nnlab("show", "sgd").stdout.startswith("name: sgd\n")
    assert nnlab("show", "descent/valley").stdout.startswith("name: valley\n")
