"""The question of a spec: the comment at its top, which its runs record."""

from pathlib import Path

import pytest
from trainings import make_experiment

from nnlab.config.experiment import Experiment
from nnlab.config.loading import load_experiment
from nnlab.config.yaml_reader import question_in
from nnlab.records.json_files import read_environment
from nnlab.registry import hyperparameter_names
from nnlab.storage.layout import ENVIRONMENT_FILE, SPEC_FILE
from nnlab.train.run import run

SPEC = """\
data: {name: spiral}
model: {name: softmax}
optimizer: {name: sgd, lr: 1.0}
train: {iterations: 2, batch_size: full, eval_every: 1}
"""
ASKING = f"# Does a line separate\n#   three arms?\n{SPEC}# Measured: no.\n"


def test_the_comment_at_the_top_is_the_question(tmp_path: Path) -> None:
    assert make_experiment(tmp_path, ASKING).question == "Does a line separate three arms?"
    assert make_experiment(tmp_path, SPEC).question == ""


def test_the_question_changes_neither_spec_nor_sha256(tmp_path: Path) -> None:
    asking, silent = make_experiment(tmp_path, ASKING), make_experiment(tmp_path, SPEC)
    assert (asking.to_yaml(), asking.sha256(), asking) == (silent.to_yaml(), silent.sha256(), silent)
    assert "question" not in hyperparameter_names(Experiment)


@pytest.mark.parametrize(
    ("comment", "question"),
    [
        (("# yaml-language-server: $schema=nnlab.json", "# Why?"), "Why?"),
        (("#", "## A", "#B"), "A B"),
        (("# " + "x" * 10_000,), "x" * 2000),
    ],
)
def test_lines_for_editors_are_left_out_and_long_comments_cut(comment: tuple[str, ...], question: str) -> None:
    assert question_in(comment) == question


def test_a_spec_does_not_ask_what_its_base_asks(tmp_path: Path) -> None:
    make_experiment(tmp_path, ASKING, name="base")
    assert make_experiment(tmp_path, "base: base.yaml\nseed: 3\n").question == ""


@pytest.mark.usefixtures("no_pictures")
def test_a_run_records_the_question_and_its_repetition_does_too(tmp_path: Path) -> None:
    first = run(make_experiment(tmp_path, ASKING), tmp_path / "runs").path
    assert read_environment(first / ENVIRONMENT_FILE)["question"] == "Does a line separate three arms?"
    again = run(first / SPEC_FILE, tmp_path / "runs").path
    assert read_environment(again / ENVIRONMENT_FILE)["question"] == "Does a line separate three arms?"
    assert (first / SPEC_FILE).read_bytes() == (again / SPEC_FILE).read_bytes()


def test_a_run_of_an_earlier_version_has_none(tmp_path: Path) -> None:
    (tmp_path / SPEC_FILE).write_text(SPEC, encoding="utf-8")
    (tmp_path / ENVIRONMENT_FILE).write_text('{"question": [1]}', encoding="utf-8")
    assert load_experiment(tmp_path / SPEC_FILE).question == ""
