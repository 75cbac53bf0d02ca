"""Planted mistakes are caught and named as docs/gradcheck.md says; correct code in the same form passes."""

import re
from typing import Any

import pytest
from planted_mistakes import GROUPS, PAGE, Mistake, catalogue, correct, row_of, subject_in

from nnlab.gradcheck.api import check_gradient

# Convolutions and poolings in Python loops, and recurrent steps with many weights.
HEAVY = {"conv", "Convolution", "max_pool", "average_pool", "spatial_batchnorm", "lstm_step", "rnn_step", "TwoLayers"}
HEAVY |= {"Pooling", "RNN", "gru_step", "UpsamplingImage", "FlattenImage", "spatial_groupnorm"}
# Of these one in each style is in the ordinary suite, the others in the long one.
ORDINARY = {"conv: dw assigned in the loop", "Convolution: dW not transposed before reshape", "Pooling"}


def marked(value: Any, subject: str, title: str) -> Any:
    heavy = [pytest.mark.slow] if title in ORDINARY else [pytest.mark.slow, pytest.mark.long]
    return pytest.param(value, marks=heavy if subject in HEAVY else [], id=title)


MISTAKES = [marked(mistake, mistake.subject, mistake.title) for group in GROUPS for mistake in catalogue()[group]]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_page_says_what_is_said_of_a_mistake(mistake: Mistake) -> None:
    assert row_of(mistake) in PAGE.read_text(encoding="utf-8").splitlines(), "run tests/support/planted_mistakes.py"


@pytest.mark.parametrize("pair", [marked(pair, pair[1], pair[1]) for pair in catalogue()["correct"]])
def test_correct_code_passes(pair: tuple[str, str]) -> None:
    source, subject = pair
    check = check_gradient(*subject_in(correct(source), subject))
    assert check.passed, check


def test_counts_in_the_page_are_those_of_its_tables() -> None:
    text = PAGE.read_text(encoding="utf-8")
    found = catalogue()
    rows = re.findall(r"^\| [^|]+\| (yes|no) \|.*\| (yes|no) \|$", text.partition("<!-- developed")[2], re.M)
    assert len(rows) == sum(len(found[group]) for group in GROUPS)
    developed = rows[: len(found["developed"])]
    caught, named = (sum(row[index] == "yes" for row in developed) for index in (0, 1))
    assert f"developed on these | {len(developed)} | {caught} | {named} |" in text
    assert f"{len(found['correct'])} correct implementations" in text
