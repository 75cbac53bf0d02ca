"""``nnlab landscape`` as a user calls it."""

import json
from pathlib import Path

import pytest

POINTS = ("--points", "3")


@pytest.fixture
def run(nnlab, spec: Path, no_pictures: None) -> Path:
    answer = nnlab("train", spec, "-s", "train.snapshots=3")
    return Path(answer.stdout.splitlines()[-1])


def test_the_picture_goes_into_the_plots_of_the_run(nnlab, run: Path) -> None:
    answer = nnlab("landscape", "last", "--directions", "line", *POINTS)
    assert answer.code == 0
    assert answer.stderr.startswith("7 evaluations of ")
    picture = Path(answer.stdout.splitlines()[-1])
    assert picture == run / "plots" / "landscape_line.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_json_and_csv_are_alone_on_stdout(nnlab, run: Path) -> None:
    answer = nnlab("landscape", run, *POINTS, "--json", "--csv", "all.csv", "--out", "x.svg")
    assert json.loads(answer.stdout)["directions"] == "pca"
    assert answer.stderr.splitlines()[-1] == "x.svg"
    written = Path("all.csv").read_text(encoding="utf-8")
    answer = nnlab("landscape", run, *POINTS, "--csv", "-")
    assert answer.stdout == written
    assert "loss on " in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--out", "taken.png"), 2, "already exists; use --overwrite"),
        (("--csv", "taken.png"), 2, "already exists; use --overwrite"),
        (("--csv", "-", "--json"), 2, "both write to stdout"),
        (("--csv", "new.png", "--out", "./new.png"), 2, "--out and --csv name the same file"),
        (("--out", "x.bmp"), 2, "must end in one of"),
        (("--points", "1"), 2, "points: must be from 3"),
        (("--split", "validation"), 2, "has no validation samples"),
        (("--out", "nowhere/x.png", *POINTS), 5, "nowhere/x.png: cannot be written"),
    ],
)
def test_wrong_usage_is_refused(nnlab, run: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    Path("taken.png").write_text("mine", encoding="utf-8")
    answer = nnlab("landscape", run, *arguments)
    assert answer.code == code
    assert message in answer.stderr
    assert Path("taken.png").read_text(encoding="utf-8") == "mine"


def test_a_run_that_is_none_is_an_error_of_the_folder(nnlab, tmp_path: Path) -> None:
    assert nnlab("landscape", "nothing").code == 5
    (tmp_path / "empty").mkdir()
    answer = nnlab("landscape", tmp_path / "empty")
    assert answer.code == 5
    assert "empty" in answer.stderr
