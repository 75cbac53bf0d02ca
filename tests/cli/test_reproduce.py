"""``nnlab reproduce`` as a user calls it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nnlab.insight.reproduce.catalogue import EXPERIMENTS
from nnlab.insight.reproduce.claims import Limits

Nnlab = Any


def test_without_names_the_experiments_are_listed(nnlab: Nnlab) -> None:
    answer = nnlab("reproduce")
    assert (answer.code, answer.stderr) == (0, "")
    assert all(name in answer.stdout for name in EXPERIMENTS)
    listed = json.loads(nnlab("reproduce", "--json").stdout)
    assert [one["id"] for one in listed] == list(EXPERIMENTS)
    assert list(Path().iterdir()) == []


def test_rows_and_a_page(nnlab: Nnlab) -> None:
    answer = nnlab("reproduce", "simple_net")
    assert answer.code == 0
    assert "0.9280685387" in answer.stdout
    assert answer.stdout.splitlines()[-1] == "reproduce.html"
    assert "Content-Security-Policy" in Path("reproduce.html").read_text("utf-8")
    again = nnlab("reproduce", "simple_net")
    assert (again.code, "--overwrite" in again.stderr) == (2, True)
    assert nnlab("reproduce", "simple_net", "--overwrite", "-q").stderr == ""


def test_json_has_only_json_and_no_page(nnlab: Nnlab) -> None:
    answer = nnlab("reproduce", "numerical_gradient", "--json", "--lang", "ja")
    rows = json.loads(answer.stdout)
    assert {row["verdict"] for row in rows} == {"reproduced"}
    assert rows[0]["quantity"].startswith("(3, 4)")
    assert list(Path().iterdir()) == []


def test_a_value_outside_its_band_is_exit_code_1(nnlab: Nnlab, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = EXPERIMENTS["optimizer_paths"]
    claim = replace(experiment.claims[0], band=Limits(experiment.title, 0, 1), remark=experiment.source)
    monkeypatch.setitem(EXPERIMENTS, "optimizer_paths", replace(experiment, claims=[claim], pictures=()))
    answer = nnlab("reproduce", "optimizer_paths", "--out", "page.md")
    assert answer.code == 1
    assert "outside" in answer.stdout
    assert "optimizer_paths: Saitoh" in answer.stdout
    assert answer.stderr.splitlines()[-1] == "nnlab: 1 of 1 values are outside their bands: optimizer_paths"
    assert "| outside |" in Path("page.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["spiral_nat"], "did you mean 'spiral_net'?"),
        (["--out", "page.html"], "name some, or all"),
        (["simple_net", "--out", "page.pdf"], "HTML or Markdown"),
        (["simple_net", "--parallel", "0"], "parallel"),
    ],
)
def test_wrong_usage(nnlab: Nnlab, arguments: list[str], message: str) -> None:
    answer = nnlab("reproduce", *arguments)
    assert answer.code == 2
    assert message in answer.stderr
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("page", ["none/page.html", "file/page.md"])
def test_a_page_that_cannot_be_written_is_an_error_before_any_training(nnlab: Nnlab, page: str) -> None:
    Path("file").write_bytes(b"")
    answer = nnlab("reproduce", "spiral_softmax", "--out", page)
    assert answer.code == 5
    assert answer.stderr.startswith(f"nnlab: {page}: cannot be written: ")
    assert (answer.stdout, answer.stderr.count("\n")) == ("", 1)
    assert [path.name for path in Path().iterdir()] == ["file"]


def test_a_page_of_another_format_is_refused_without_naming_an_option_that_there_is_not(nnlab: Nnlab) -> None:
    answer = nnlab("reproduce", "simple_net", "--out", "page.pdf")
    assert (answer.code, "--format" in answer.stderr) == (2, False)
