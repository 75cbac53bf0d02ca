"""Folders of sweeps, tags and notes from untrusted sources."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from made_sweeps import made_sweep

pytestmark = pytest.mark.slow

TEXT = "\x1b[31m\x9b2J\u202eevil\u200b\n\r\t\x07"
TRIALS = [(0.1, 0, 0.5, "completed"), (0.1, 1, 0.75, "completed"), (0.01, 0, 0.25, "diverged")]
TABLE = "trials.csv"
READERS = [("show",), ("plot",), ("sweep", "--resume")]


@pytest.fixture
def sweep(make_run: Any) -> Path:
    return made_sweep(make_run, TRIALS)


def call(command: tuple[str, ...], sweep: Path) -> tuple[object, ...]:
    return (*command, sweep, *(("--out", "pictures") if command == ("plot",) else ()))


@pytest.mark.parametrize("file", [TABLE, "summary.json"])
def test_pipes_and_devices_do_not_block(refused: Any, ends_safely: Any, sweep: Path, file: str) -> None:
    (sweep / file).unlink()
    os.mkfifo(sweep / file)
    refused("show", sweep, code=5)
    ends_safely("runs", "ls", "--all")
    (sweep / file).unlink()
    (sweep / file).symlink_to("/dev/zero")
    refused("show", sweep, code=5)
    ends_safely("runs", "ls", "--all")


@pytest.mark.parametrize(
    "contents",
    [b"", b"\0" * 1000, b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b"x" * 50_000_000, TEXT.encode() * 100],
    ids=["nothing", "nulls", "other bytes", "brackets", "braces", "a long line", "escape sequences"],
)
@pytest.mark.parametrize("file", [TABLE, "summary.json"])
def test_invalid_records(refused: Any, ends_safely: Any, sweep: Path, file: str, contents: bytes) -> None:
    (sweep / file).write_bytes(contents)
    for command in READERS:
        ends_safely(*call(command, sweep))
    refused("show", sweep, code=5)
    ends_safely("runs", "ls", code=0)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1000000000,completed,0.1,0,0.5,10", "trial: must be a whole number from 1 to"),
        ("4,completed,{q}[[[[[[[[[[{q},0,0.5,10", "optimizer.lr: must be a value as YAML"),
        ("4,completed,0.1,-1,0.5,10", "seed: must be a whole number"),
        ("4,completed,0.1,0,1e400,10", "validation_accuracy: must be from 0 to 1"),
        ("4,completed,0.1,0,0.5," + "9" * 5000, "steps: must be a whole number"),
        ("4,completed," + "9" * 70_000, "line"),
        ("4," + TEXT.replace("\n", "").replace("\r", "") + ",0.1,0,0.5,10", "status: must be one of"),
    ],
)
def test_forged_rows(refused: Any, sweep: Path, row: str, message: str) -> None:
    lines = (sweep / TABLE).read_text().splitlines()
    missing = lines[0].count(",") - row.count(",")
    lines.append(row.format(q='"') + "," * missing)
    (sweep / TABLE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    summary = json.loads((sweep / "summary.json").read_text())
    (sweep / "summary.json").write_text(json.dumps({**summary, "trials": 100_000}))
    assert message in refused("show", sweep, code=5).stderr


def test_as_many_trials_as_allowed_and_no_folders(ends_safely: Any, refused: Any, sweep: Path) -> None:
    header = (sweep / TABLE).read_text().splitlines()[0]
    blank = "," * (header.count(",") - 5)
    rows = (f"{number},completed,0.{number},0,0.5,10{blank}\n" for number in range(1, 20_001))
    (sweep / TABLE).write_text(header + "\n" + "".join(rows))
    summary = json.loads((sweep / "summary.json").read_text())
    (sweep / "summary.json").write_text(json.dumps({**summary, "trials": 20_000, "counts": {"completed": 20_000}}))
    ends_safely("show", sweep, code=0)
    (sweep / "summary.json").write_text(json.dumps({**summary, "trials": 10**9}))
    refused("show", sweep, code=5)


@pytest.mark.parametrize("value", [None, [], {}, "x", 10**400, TEXT, [[TEXT]], {TEXT: {TEXT: TEXT}}], ids=ascii)
def test_forged_values_in_the_summary(ends_safely: Any, sweep: Path, value: Any) -> None:
    summary = json.loads((sweep / "summary.json").read_text())
    for key in summary:
        forged = {**summary, key: value}
        if isinstance(summary[key], dict):
            forged[key] = {**summary[key], **dict.fromkeys(summary[key], value)}
        (sweep / "summary.json").write_text(json.dumps(forged))
        ends_safely("show", sweep)
        ends_safely("runs", "ls", code=0)


def test_control_characters_in_a_sweep_are_escaped(ends_safely: Any, sweep: Path) -> None:
    (sweep / "sweep.yaml").write_text(f"# {TEXT}\n{TEXT}", encoding="utf-8")
    summary = json.loads((sweep / "summary.json").read_text())
    statistics = {"column": TEXT, "best": TEXT, "against": [{"label": TEXT, "verdict": TEXT}]}
    changes = {"message": TEXT, "search": TEXT, "statistics": statistics, "keys": [TEXT]}
    (sweep / "summary.json").write_text(json.dumps({**summary, **changes}))
    for command in READERS:
        ends_safely(*call(command, sweep))
    ends_safely("runs", "ls", "--all", code=0)
    ends_safely("compare", sweep, code=0)


def test_trials_that_are_links_are_not_written(refused: Any, ends_safely: Any, sweep: Path, tmp_path: Path) -> None:
    away = tmp_path / "away"
    (sweep / "trial-002").rename(away)
    (sweep / "trial-002").symlink_to(away, target_is_directory=True)
    before = {path.name: path.read_bytes() for path in away.iterdir()}
    (away / ".1-abcdef.tmp").write_text("left by a killed process")
    ends_safely("sweep", "--resume", sweep)
    ends_safely("runs", "ls", "--all")
    ends_safely("show", sweep)
    ends_safely("runs", "tag", sweep / "trial-002", "--add", "x", code=5)
    (away / ".1-abcdef.tmp").unlink()  # which only its own run clears
    assert {path.name: path.read_bytes() for path in away.iterdir()} == before


@pytest.mark.parametrize("contents", [b"", b"[" * 100_000, b"x" * 5_000_000, b'{"tags": ["\\u001b"], "note": ""}'])
def test_invalid_annotations(refused: Any, ends_safely: Any, sweep: Path, contents: bytes) -> None:
    (sweep / "annotations.json").write_bytes(contents)
    ends_safely("runs", "ls", code=0)
    refused("runs", "tag", sweep, "--add", "x", code=5)
    refused("runs", "note", sweep, code=5)


def test_note_with_control_characters_is_escaped(ends_safely: Any, sweep: Path) -> None:
    (sweep / "annotations.json").write_text(json.dumps({"tags": [], "note": TEXT}))
    ends_safely("runs", "note", sweep, code=0)
    ends_safely("show", sweep, code=0)
    ends_safely("runs", "ls", "--json", code=0)


@pytest.mark.parametrize(
    "text", [TEXT, f"{TEXT}=1", f"lr={TEXT}", f"lr<{TEXT}", "lr=" + "[" * 5000, "x" * 10**5 + "=1"]
)
def test_forged_conditions(ends_safely: Any, sweep: Path, text: str) -> None:
    ends_safely("runs", "ls", "--where", text)
    ends_safely("runs", "ls", "--tag", text, code=0)
