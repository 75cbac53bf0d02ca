"""Specs given in Python: names, dicts, YAML text, experiments; overrides with Python's values."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlab.config.loading import as_experiment, load_experiment
from nnlab.errors import SpecError, UsageError

SPEC: dict[str, Any] = {
    "data": "xor",
    "model": {"name": "mlp", "hidden": [4]},
    "optimizer": "adam",
    "train": {"iterations": 5},
}
CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)
TEXT = """\
# Does a text work?
name: told
data: xor
model: softmax
optimizer: {name: sgd, lr: 0.1}
train: {iterations: 5}
"""


def test_overrides_are_values_of_python_or_settings_of_the_command_line() -> None:
    overrides = {"optimizer.lr": np.float64(0.1), "model.hidden": (8, 4), "seed": 3, "name": "other"}
    settings = ["optimizer.lr=0.1", "model.hidden=[8, 4]", "seed=3", "name=other"]
    by_value, by_text = load_experiment(SPEC, overrides), load_experiment(SPEC, settings)
    assert by_value.resolved() == by_text.resolved()
    assert by_value.resolved()["optimizer"]["lr"] == 0.1
    assert SPEC["model"]["hidden"] == [4]


def test_overrides_apply_to_names_paths_texts_and_experiments(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(TEXT, encoding="utf-8")
    for spec in ("adam", path, str(path), SPEC, TEXT, load_experiment(SPEC), load_experiment(path)):
        assert as_experiment(spec, {"seed": 7}).seed == 7
        assert as_experiment(spec, ["seed=7"]).seed == 7
        assert as_experiment(spec).seed == 0


def test_a_changed_experiment_keeps_its_question_its_name_and_its_files(images: Path, tmp_path: Path) -> None:
    text = TEXT.replace("xor", "{name: idx, path: ., test_size: 3}").replace("name: told\n", "")
    (images / "own.yaml").write_text(text, encoding="utf-8")
    experiment = load_experiment(images / "own.yaml")
    changed = as_experiment(experiment, {"seed": 1})
    assert changed.question == experiment.question == "Does a text work?"
    assert changed.name == "own"
    assert changed.data.path == experiment.data.path  # type: ignore[attr-defined]


def test_text_is_yaml_where_it_has_a_key() -> None:
    experiment = load_experiment(TEXT)
    assert (experiment.name, experiment.question) == ("told", "Does a text work?")
    assert load_experiment("{data: xor, model: softmax, optimizer: adam, train: {iterations: 1}}").name == "experiment"
    with pytest.raises(SpecError, match=r"spec:6:9: train.iterationss: unknown key"):
        load_experiment(TEXT.replace("iterations", "iterationss"))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"optimizer.lrr": 1}, "^overrides: optimizer.lrr: unknown key; did you mean 'lr'"),
        ({"optimizer.lr": "0.1"}, "^overrides: optimizer.lr: must be a number above 0 .*, got '0.1'"),
        ({"a..b": 1}, "^overrides: must be a key of a spec, such as optimizer.lr, got 'a..b'"),
        ({3: 1}, "^overrides: must be a key of a spec, such as optimizer.lr, got 3"),
        ({"train": {"iterations": 1}, "train.iterations": 2}, "^overrides: train.iterations: contradicts overrides"),
        ("optimizer.lr=0.1", r"^overrides: must be a list or a dict, such as .*, got 'optimizer.lr=0.1'"),
        (["optimizer.lr"], "must be KEY=VALUE"),
        ([3], r"^overrides: must be a list or a dict, such as .*, got \[3\]"),
        ({"seed": CIRCLE}, "^overrides: seed: is nested too deeply; does a dict or list contain itself"),
    ],
)
def test_wrong_overrides_are_refused(overrides: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_experiment(SPEC, overrides)


@pytest.mark.parametrize("spec", [3, None, ["adam"], b"adam"])
def test_what_describes_no_experiment_is_refused(spec: Any) -> None:
    with pytest.raises(UsageError, match="spec: must be a path, a name, a dict or YAML text, got"):
        as_experiment(spec)
