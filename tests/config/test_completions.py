"""Completions of ``-s`` in the shell."""

from pathlib import Path
from unittest.mock import Mock

import pytest

from nnlab.cli.completion import complete_values
from nnlab.config.completions import dotted_keys, spec_keys
from nnlab.config.loading import load_experiment
from nnlab.errors import SpecError
from nnlab.registry import REGISTRIES, hyperparameters

KEYS = spec_keys()
SECTION = {"dataset": "data", "model": "model", "loss": "loss", "optimizer": "optimizer"}
SHORTHAND = "data: xor\nmodel: {name: mlp, hidden: [2], init: 0.1}\noptimizer: adam\ntrain: {iterations: 1}\n"


def test_completions_are_sorted_and_unique() -> None:
    assert sorted(set(KEYS)) == KEYS


@pytest.mark.parametrize("kind", SECTION)
def test_completions_cover_all_names_and_keys(kind: str) -> None:
    for name, cls in REGISTRIES[kind].items():
        assert f"{SECTION[kind]}.name={name}" in KEYS
        for parameter in hyperparameters(cls):
            prefix = f"{SECTION[kind]}.{parameter.name}"
            assert any(key.startswith((f"{prefix}=", f"{prefix}.")) for key in KEYS)


@pytest.mark.parametrize(
    "key",
    [
        *("name=", "seed=", "dtype=float32", "dtype=float64", "rng=streams", "rng=legacy", "compute.threads="),
        *("optimizer.lr=", "optimizer.beta1=", "optimizer.weight_decay=", "penalty.l1=", "penalty.l2="),
        *("model.hidden=", "model.layers=", "model.init.name=he", "model.init.std=", "model.activation.name=relu"),
        *("model.activation.alpha=", "model.dropout="),
        *("model.batch_norm=true", "model.batch_norm=false", "model.batch_norm.eps=", "model.batch_norm.momentum="),
        *("train.iterations=", "train.epochs=", "train.batch_size=", "train.batch_size=full", "train.eval_every=epoch"),
        *("train.sampling=shuffle", "train.sampling=replacement", "train.eval_train=all", "train.eval_train=batch"),
        *("train.schedule.name=cosine", "train.schedule.final=", "train.schedule.after.name=plateau"),
        *("train.schedule.after.metric=train_loss", "train.schedule.after.patience=", "train.schedule.steps="),
        *("train.early_stopping=true", "train.early_stopping.metric=validation_loss", "train.early_stopping.patience="),
        *("train.early_stopping.restore_best=false", "train.clip_norm=", "train.clip_value=", "loss.smoothing="),
        *("data.validation=", "data.fold=", "data.folds="),
        *("train.eval_train=", "data.path=", "data.train_size=", "data.label=", "data.scaling=minmax"),
        "data.augment=",
    ],
)
def test_settable_keys_are_completed(key: str) -> None:
    assert key in KEYS


@pytest.mark.parametrize(
    "key",
    [
        *("dtype=", "train.sampling=", "model.batch_norm=", "optimizer=", "model.batch_norm.name=", "penalty="),
        *("train.schedule.after.after.name=cosine", "train.early_stopping.metric=test_loss", "train.schedule="),
    ],
)
def test_incomplete_keys_are_not_completed(key: str) -> None:
    assert key not in KEYS


def unknown(path: Path, overrides: list[str]) -> bool:
    """Whether the last override's key does not exist after the others."""
    try:
        load_experiment(path, overrides)
    except SpecError as error:
        return any(
            problem.where == f"-s {overrides[-1]}" and "unknown key" in problem.message for problem in error.problems
        )
    return False


@pytest.mark.slow
def test_every_completion_is_a_valid_key(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(SHORTHAND, encoding="utf-8")
    assert unknown(path, ["optimizer.l=1"])
    for key in KEYS:
        override = f"{key}1" if key.endswith("=") else key
        section = key.rpartition("=")[0].rpartition(".")[0]
        choices = [[choice] for choice in KEYS if choice.startswith(f"{section}.name=")]
        assert not all(unknown(path, [*choice, override]) for choice in [[], *choices]), key


def test_dotted_keys_have_a_meaning() -> None:
    keys = dotted_keys()
    assert {key.partition("=")[0] for key in KEYS} <= keys.keys()
    assert {"optimizer", "model", "model.init", "data"} <= keys.keys()
    assert all(keys.values())


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("train.sampling=s", ["train.sampling=shuffle"]),
        ("train.sampling=shuffle,", ["train.sampling=shuffle,replacement"]),
        ("optimizer.name=sgd,adamw,ada", ["adadelta", "adagrad", "adam", "adamax"]),
        ("model.batch_norm=true,", ["model.batch_norm=true,false"]),
        ("optimizer.lr=0.1,", []),
        ("seed,", []),
    ],
)
def test_further_values_are_completed_after_a_comma(typed: str, expected: list[str]) -> None:
    start = typed.rpartition(",")[0]
    assert complete_values(Mock(params={}), typed) == [text if "=" in text else f"{start},{text}" for text in expected]
