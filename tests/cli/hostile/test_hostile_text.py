"""Untrusted strings on the console and in pictures: markup, escape sequences, characters that reorder text."""

import csv
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from rich.table import Table
from rich.text import Text

from nnlab.cli.console import _console
from nnlab.config.yaml_parser import parse_yaml
from nnlab.config.yaml_writer import dump_yaml
from nnlab.storage.folder_names import plain_name
from nnlab.storage.folders import as_json
from nnlab.text import escape_control as cleaned

pytestmark = pytest.mark.slow

TEXTS = [
    "[/markup][bold]",
    "\x1b[31m\x1b]0;title\x07",
    "\x9b31mred",
    "txt.\u202egpj\u2066",
    "$\\frac{$",
    "{name} %s %(x)d \\",
    "_hidden",
    "one\ntwo\rthree\u2028four\x85five",
    "a\u200b\u00ad\ufeff\U000e0041",
    "\uffff\U0010ffff",
    "null\0byte",
    "long" * 100,
    "-rf",
    "../../up",
    "עברית العربية हिन्दी 日本語 🏳️‍🌈",
    "<svg onload='x'>&amp;",
]
IN_A_TABLE = [text for text in TEXTS if "\0" not in text]  # a table with a NUL is refused
UNSAFE_IN_A_PICTURE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u202a-\u202e\u2066-\u2069]")

SPEC: dict[str, Any] = {
    "data": {"name": "table", "path": "table.csv"},
    "model": {"name": "mlp", "hidden": [3]},
    "optimizer": "adam",
    "train": {"iterations": 2, "batch_size": 5, "eval_every": 1},
    "compute": {"threads": 1},
}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A spec, and its table: points in the plane whose features have two of the texts for names, and classes all."""
    with (tmp_path / "table.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([TEXTS[1], TEXTS[3], "label"])
        rows.writerows([index % 7, index % 5, text] for index, text in enumerate(IN_A_TABLE * 3))
    path = tmp_path / "spec.yaml"
    path.write_text(dump_yaml(SPEC), encoding="utf-8")
    return path


@pytest.mark.usefixtures("no_pictures")
def test_untrusted_column_and_class_names_are_escaped(ends_safely: Any, table: Path, tmp_path: Path) -> None:
    run = ends_safely("train", table, code=0).stdout.splitlines()[-1]
    assert "\\x1b[31m" in ends_safely("data", "show", table, "--out", tmp_path, code=0).stdout
    ends_safely("show", table, code=0)
    assert "\\x1b[31m" in ends_safely("train", table, "-s", "data.label=kind", code=4).stderr
    pictures = ends_safely("plot", run, "boundary", "confusion", "--format", "svg", code=0).stdout.splitlines()
    for picture in pictures:
        assert not UNSAFE_IN_A_PICTURE.search(Path(picture).read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_untrusted_text_in_a_spec_is_escaped(ends_safely: Any, table: Path, text: str) -> None:
    quoted = json.dumps(text)
    for key in ("label", "features"):
        value = f"[{quoted}]" if key == "features" else quoted
        expected = 0 if text in (TEXTS[1], TEXTS[3]) else 4
        ends_safely("train", table, "-s", f"data.{key}={value}", "-s", "data.test_split=0", "--dry-run", code=expected)
    for key in ("seed", "model", "optimizer.name", "data.name", "train.sampling", "model.hidden", f'"{text}"'):
        if key.isprintable():
            ends_safely("train", table, "-s", f"{key}={quoted}", code=2)
    spec = table.with_name("keys.yaml")
    spec.write_text(dump_yaml({**SPEC, text: {text: text}}), encoding="utf-8")
    ends_safely("train", spec, code=2)
    spec.write_text(dump_yaml({**SPEC, "data": {**SPEC["data"], "path": text}}), encoding="utf-8")
    ends_safely("train", spec, code=2 if len(text) > 255 else 4)


def test_a_spec_in_full_shows_escapes_and_reads_back_equal() -> None:
    value = {text: [text, {"key": text}] for text in TEXTS}
    text = dump_yaml(value)
    assert text == cleaned(text)
    assert parse_yaml(text, "spec").value == value
    document = as_json(value)
    assert document.decode() == cleaned(document.decode())
    assert json.loads(document) == value


@pytest.mark.parametrize("name", [*TEXTS, "", ".", "..", "/", "~", "CON", "nul.yaml", "x" * 300, "a" * 255 + "\u0301"])
def test_untrusted_experiment_names_are_escaped(
    ends_safely: Any, spec: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "$" not in name:  # the others are drawn as names of classes are
        monkeypatch.setattr("nnlab.train.pictures.draw_all", lambda *arguments: [])
        monkeypatch.setattr("nnlab.train.pictures.plot_run", lambda *arguments: None)
    allowed = name.isprintable() and 1 <= len(name) <= 100
    answer = ends_safely(
        "train", spec, "-s", f"name={json.dumps(name)}", "-s", "train.iterations=1", code=2 * (not allowed)
    )
    if allowed:
        (folder,) = (tmp_path / "runs").iterdir()
        assert re.fullmatch(r"[0-9]{8}-[0-9]{6}-[\w.-]{1,60}-[0-9a-f]{6}", folder.name)
        assert answer.stdout.splitlines()[-1] == f"runs/{folder.name}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["moons.yaml", *["runs"] * allowed]


@pytest.mark.parametrize(
    "name", [*TEXTS, *"./~-", "..", "CON", "aux.txt", "-", "--", ".hidden", "a.", "a ", "com1.", " "]
)
def test_folder_names_from_untrusted_text_are_plain(name: str) -> None:
    assert re.fullmatch(r"\w[\w.-]{0,59}", plain_name(name))


FILES = [text for text in TEXTS if "\0" not in text and "/" not in text and len(text.encode()) < 250]


@pytest.mark.parametrize("text", FILES, ids=range(len(FILES)))
def test_untrusted_file_names_are_escaped(ends_safely: Any, spec: Path, tmp_path: Path, text: str) -> None:
    """As a shell hands them over that writes ``*``."""
    file, folder = Path(f"{text}.yaml"), Path(text)
    file.write_text(spec.read_text(encoding="utf-8"), encoding="utf-8")
    folder.mkdir()
    (folder / "spec.yaml").write_text("name: a\n", encoding="utf-8")
    ends_safely(
        "train", file if not text.startswith("-") else f"./{file}", "--dry-run", code=0 if text.isprintable() else 2
    )
    ends_safely("show", f"./{folder}", code=5)
    ends_safely("plot", f"./{folder}", code=5)
    ends_safely("compare", f"./{folder}", code=5)
    ends_safely("train", f"./{folder}", code=2)
    ends_safely("train", spec, "--runs", file, code=5)
    ends_safely("train", spec, "-s", "model=softmax", "-s", f"data.path={json.dumps(text)}", code=2)
    for command in ("show", "train", "descend", "data", "list", "fetch"):
        ends_safely(command, text, f"{text}2", f"--{text}", code=2)


def test_a_run_with_untrusted_path_names(ends_safely: Any, spec: Path, tmp_path: Path) -> None:
    runs = Path("runs\x1b[31m\u202e\n[/bold]")
    answer = ends_safely("train", spec, "--runs", runs, "-s", "train.iterations=1", code=0)
    (run,) = runs.iterdir()
    assert answer.stdout.splitlines()[-1] == cleaned(str(run)).splitlines()[-1]
    ends_safely("show", run, code=0)
    ends_safely("plot", run, "accuracy", code=0)
    assert json.loads(ends_safely("compare", run, "--json", "--out", "out\x1b[0m", code=0).stdout)["entries"][0][
        "runs"
    ][0]["path"] == str(run)
    ends_safely("train", run / "spec.yaml", "-s", "train.batch_size=1000", code=2)
    (run / "steps.csv").write_text("\x1b[31m\n", encoding="utf-8")
    ends_safely("plot", run, "loss", code=5)


def test_undecodable_file_names_are_escaped(ends_safely: Any, spec: Path, tmp_path: Path) -> None:
    rows = "".join(f"{index},{index % 2}\n" for index in range(20))
    table = tmp_path / os.fsdecode(b"\xff\xfe.csv")
    table.write_text(f"a,b\n{rows}", encoding="utf-8")
    data = 'data={name: table, path: "\\udcff\\udcfe.csv"}'
    run = ends_safely("train", spec, "-s", data, "-s", "train.iterations=1", code=0).stdout.splitlines()[-1]
    ends_safely("show", run, code=0)
    ends_safely("train", f"{run}/spec.yaml", "--dry-run", code=0)
    assert os.fsdecode(b"\xff\xfe.csv") in json.loads(Path(run, "environment.json").read_bytes())["data_sha256"]
    ends_safely("train", tmp_path / os.fsdecode(b"\xff.yaml"), code=2)


@pytest.mark.parametrize("stderr", [False, True])
def test_control_characters_are_escaped_and_colours_stay(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, stderr: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    console = _console(stderr=stderr)
    table = Table(title="title\x1b[2J")
    table.add_column("head\x07")
    for text in TEXTS:
        table.add_row(Text(text, "bold red"))
    console.print(table)
    console.print("plain \x1b]0;x\x07 \u202e")
    written = "".join(capsys.readouterr())
    assert not UNSAFE_IN_A_PICTURE.search(re.sub("\x1b\\[[0-9;]*m", "", written))
    assert "\x1b[1;31m" in written


def test_every_line_is_printed_by_the_escaping_echo() -> None:
    folder = Path(__file__).parents[3] / "nnlab" / "cli"
    with_echo = {path.name for path in folder.glob("*.py") if "typer.echo(" in path.read_text(encoding="utf-8")}
    assert with_echo == {"console.py"}


@pytest.mark.parametrize("command", [["schema"], ["show", "a"], ["data", "list"], ["runs", "ls"], ["list", "model"]])
def test_extra_arguments_are_escaped_in_the_message(nnlab, command: list[str]) -> None:
    answer = nnlab(*command, "a\u202e\u2066\x1b[31mb")
    assert answer.code == 2
    assert "unexpected extra argument" in answer.stderr
    assert not {"\u202e", "\u2066", "\x1b"} & set(answer.stderr)
