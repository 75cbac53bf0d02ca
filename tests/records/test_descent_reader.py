"""Reading valid and damaged records of a descent."""

from pathlib import Path

import numpy as np
import pytest

from nnlab import load_descent, run_descent
from nnlab.errors import RunError
from nnlab.records.descent_reader import read_descent, read_log, read_paths

RULES = "[{name: momentum, lr: 0.1, momentum: 0.5}, {name: momentum, lr: 0.1}, {name: sgd, lr: 1e6}]"

LABELS = ["momentum lr=0.1, momentum=0.5", "momentum lr=0.1, momentum=0.9", "sgd lr=1e+06"]


@pytest.fixture
def folder(tmp_path: Path, no_pictures: None) -> Path:
    spec = tmp_path / "own.yaml"
    spec.write_text(f"{{function: rosenbrock, start: [-1, 2], steps: 5, optimizer: {RULES}}}", encoding="utf-8")
    return run_descent(load_descent(spec), tmp_path / "runs", animate=False).path


def test_descent_paths_round_trip(tmp_path: Path, folder: Path) -> None:
    result = run_descent(read_descent(folder), tmp_path / "again", animate=False)
    tables = read_paths(folder, [-1, 2], LABELS)
    assert list(tables) == [path.label for path in result.paths]
    for path in result.paths:
        for read, made in zip(tables[path.label], (path.positions, path.values, path.norms), strict=True):
            np.testing.assert_array_equal(read, made)
    assert read_log(folder) == read_log(result.path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: "", r"path.csv:1: expected the header optimizer,step,x0,x1,value,gradient_norm, found ''"),
        (lambda text: text.replace("x1", "x2"), "path.csv:1: expected the header"),
        (lambda text: text.splitlines()[0] + "\n", "path.csv: holds no path"),
        (lambda text: text[:-20], "path.csv:"),
        (lambda text: "".join(text.splitlines(keepends=True)[:3] + text.splitlines(keepends=True)[4:]), "csv:4: step"),
        (lambda text: text.replace(",4,", ",four,", 1), "step: expected 4, found 'four'"),
        (lambda text: text.replace(",4,", ",4,x", 1), "must be numbers, got 'x"),
        (lambda text: text + '"' + "a" * 200_000, "cannot be read"),
        (lambda text: text + "\x00", "path.csv"),
        (
            lambda text: text.replace(",0,-1.0,2.0,", ",0,-1.0,nan,", 1),
            r"a path from \[-1, 2\], found one from \[-1.0, .nan\]",
        ),
        (lambda text: text.replace("sgd", "$sgd", 1), "optimizer: expected one of 'momentum lr=0.1, .*', found '.sgd"),
    ],
)
def test_damaged_path_csv_is_reported(folder: Path, damage, message: str) -> None:
    path = folder / "path.csv"
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(RunError, match=message):
        read_paths(folder, [-1, 2], LABELS)


def test_files_that_are_not_utf8_are_reported(folder: Path) -> None:
    for name, read in (
        ("path.csv", lambda: read_paths(folder, [-1, 2], LABELS)),
        ("log.txt", lambda: read_log(folder)),
    ):
        (folder / name).write_bytes(b"\xff\xfe")
        with pytest.raises(RunError, match=f"{name}: cannot be read"):
            read()


def test_invalid_descent_spec_is_reported(folder: Path) -> None:
    (folder / "spec.yaml").write_text("start: [1]\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"spec.yaml:1:1: needs the key function"):
        read_descent(folder)
    (folder / "spec.yaml").unlink()
    with pytest.raises(RunError, match=r"spec.yaml: missing"):
        read_descent(folder)
