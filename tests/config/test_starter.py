"""The commented spec of nnlab init."""

import re
from pathlib import Path

import pytest

from nnlab.config.experiment import Experiment, TrainSettings
from nnlab.config.loading import load_experiment
from nnlab.config.starter import starter_spec
from nnlab.registry import REGISTRIES, hyperparameter_names

TEXT = starter_spec("own.yaml")
COMMENTED = re.findall(r"^ *# (\w+: .*)$", TEXT, re.MULTILINE)


def load(folder: Path, text: str) -> Experiment:
    path = folder / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return load_experiment(path)


def test_it_is_the_bundled_config_adam(tmp_path: Path) -> None:
    assert load(tmp_path, TEXT).resolved() == load_experiment("adam").resolved() | {"name": "own"}


@pytest.mark.parametrize("line", COMMENTED, ids=lambda line: line.partition(":")[0])
def test_each_line_that_is_commented_out_can_be_used(tmp_path: Path, line: str) -> None:
    own = TEXT.replace(f"# {line}", line)
    if line.startswith("early_stopping"):
        own = own.replace("# validation", "validation")
    assert load(tmp_path, own).resolved() != load(tmp_path, TEXT).resolved()


def test_the_keys_of_training_that_are_left_out_are_few() -> None:
    named = set(re.findall(r"\b(\w+):", TEXT))
    assert set(hyperparameter_names(TrainSettings)) - named == {"drop_last", "clip_value", "checkpoint_every"}
    assert set(hyperparameter_names(Experiment)) - named == {"compute"}


@pytest.mark.parametrize(
    "kind", ["dataset", "model", "activation", "initialiser", "optimizer", "schedule", "loss", "metric"]
)
def test_all_alternatives_are_named(kind: str) -> None:
    assert set(REGISTRIES[kind].names()) <= set(re.findall(r"\w+", TEXT))


def test_comments_stay_comments_and_lines_short() -> None:
    assert max(map(len, TEXT.splitlines())) <= 120
    assert "<" not in TEXT


def test_a_hostile_file_name_stays_in_its_comment(tmp_path: Path) -> None:
    text = starter_spec("a\nseed: 1\u2028b'; rm -rf $HOME .yaml")
    assert load(tmp_path, text).resolved() == load(tmp_path, TEXT).resolved()
