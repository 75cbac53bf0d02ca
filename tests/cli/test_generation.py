"""``nnlab predict RUN --generate N`` as a user calls it."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from trainings import make_experiment

import nnlab as package
from nnlab.train.run import run

SPEC = (
    "data: {name: text, path: book.txt, length: 6, test_split: 0}\n"
    "model: {name: recurrent, cell: rnn, units: 8, embedding: 4}\n"
    "optimizer: {name: adam, lr: 0.05}\ntrain: {iterations: 60, batch_size: full, eval_every: 60}\n"
)
BOOK = "ab\tab\x1b\nab\tab\x1b\n" * 6

Nnlab = Callable[..., Any]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("book")
    (folder / "book.txt").write_text(BOOK, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nnlab.train.pictures.plot_run", lambda *arguments: None)
        patch.setattr("nnlab.train.pictures.draw_all", lambda *arguments: [])
        path = run(make_experiment(folder, SPEC), folder / "runs").path
    (folder / "book.txt").unlink()  # nothing below needs the text
    return path


def test_stdout_has_the_generated_text_and_nothing_else(nnlab: Nnlab, book: Path) -> None:
    answer = nnlab("predict", book, "--generate", "12", "--prompt", "ab\tab", "--temperature", "0")
    assert (answer.code, answer.stderr) == (0, "")
    expected = package.trained_network(book).generate(12, "ab\tab", temperature=0)
    assert expected == "\x1b\nab\tab\x1b\nab\t", "it has learned the text"
    assert answer.stdout == expected.replace("\x1b", "\\x1b") + "\n"


def test_json_has_text_and_settings(nnlab: Nnlab, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"ab\r\nab\n")))
    found = json.loads(nnlab("predict", book, "--generate", "9", "--prompt", "-", "--seed", "3", "--json").stdout)
    text = package.trained_network(book).generate(9, "ab\nab", seed=3)
    assert found == {"run": str(book), "prompt": "ab\nab", "temperature": 1.0, "seed": 3, "text": text}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--generate", "3", "--prompt", "abz"], "the prompt has characters that the training text had not: 'z'"),
        (["--generate", "3", "--temperature", "-1"], "expected a temperature of at least 0"),
        (["--generate", "3", "new.csv"], "--generate takes no files, --csv or --out"),
        (["--prompt", "a"], "--prompt, --temperature and --seed belong to --generate N"),
        ([], "expected files with samples, or --generate N"),
    ],
)
def test_wrong_use_ends_in_one_message(nnlab: Nnlab, book: Path, arguments: list[str], message: str) -> None:
    answer = nnlab("predict", book, *arguments)
    assert (answer.code, answer.stdout) == (2, "")
    assert answer.stderr.startswith(f"nnlab: {message}")


def test_prompts_on_stdin_are_in_utf_8(nnlab: Nnlab, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff")))
    answer = nnlab("predict", book, "--generate", "3", "--prompt", "-")
    assert (answer.code, answer.stderr) == (4, "nnlab: stdin: expected a prompt in UTF-8, found other bytes\n")
