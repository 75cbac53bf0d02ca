"""``nnlab explain``: what it prints, within 80 columns, as JSON and in LaTeX, and its errors."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click import Command, Context
from documents import ROOT, blocks
from rich.cells import cell_len

from nnlab.cli.completion import complete_explained
from nnlab.cli.explanation_text import explanation_lines
from nnlab.cli.explanation_values import value_lines
from nnlab.insight.doctor.table import RULES
from nnlab.insight.explain.explanation import explanation_of
from nnlab.registry import REGISTRIES

Explain = Callable[..., Any]
PLUGIN = r'''
"""A layer without a worked example of its own."""
import numpy as np
from nnlab.components import Layer, dataclass, layers

@layers.register("doubling")
@dataclass(kw_only=True)
class Doubling(Layer):
    """Multiply by \x1b[31mtwo\x9b5m.

        y = 2 x
        dx = 2 dy

    Source: made for a test.
    """

    def build(self, in_shape):
        return in_shape

    def forward(self, x, *, training):
        return 2 * x

    def backward(self, dy):
        return 2 * dy
'''


@pytest.fixture
def explain(nnlab: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Explain:
    """Call ``nnlab explain`` on a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    return lambda *arguments: nnlab("explain", *arguments)


def test_the_parts_of_the_text(explain: Explain) -> None:
    answer = explain("batch_norm")
    assert answer.code == 0
    for part in ("Formulas", "Hyper-parameters", "By hand: {name: batch_norm}", "Code (nnlab/textbook/", "Source"):
        assert f"\n{part}" in answer.stdout
    assert "\n  mean = Σ_n x_n / N\n       = [ 3  25]\n" in answer.stdout


def test_json_is_a_list_of_explanations(explain: Explain) -> None:
    found = json.loads(explain("softmax", "--json").stdout)
    assert [(each["kind"], each["name"]) for each in found] == [("model", "softmax"), ("layer", "softmax")]
    assert found[1]["formulas"][0]["latex"].startswith(r"y_{k} = \frac{")
    assert isinstance(found[1]["example"]["stages"][0]["steps"][-1]["value"], list)


def test_latex_is_ready_to_paste(explain: Explain) -> None:
    lines = explain("sgd", "--latex").stdout.splitlines()
    assert lines[1:] == [r"\begin{align*}", r"  \theta &\leftarrow \theta - \eta g", r"\end{align*}"]


def test_notes_on_the_name_go_to_stderr(explain: Explain) -> None:
    answer = explain("BatchNorm1d")
    assert "BatchNorm1d of other libraries is layer/batch_norm here" in answer.stderr
    assert "2 kinds have this name" in explain("softmax").stderr


def test_a_key(explain: Explain) -> None:
    answer = explain("train.clip_norm")
    assert "clip the global gradient norm to c" in answer.stdout
    assert "key of train" in answer.stdout
    assert json.loads(explain("lr", "--json").stdout)[0]["name"] == "lr"


def test_a_diagnosis_of_the_doctor(explain: Explain) -> None:
    rule = RULES[0]
    assert rule.page in explain(rule.name).stdout
    assert json.loads(explain(rule.name, "--json").stdout)[0]["why"] == rule.why


def test_errors_are_usage_errors(explain: Explain) -> None:
    for arguments, message in (("bach_norm",), "did you mean 'batch_norm'"), (("lr", "--latex"), "has no formula"):
        answer = explain(*arguments)
        assert answer.code == 2
        assert message in answer.stderr
        assert not answer.stdout


def test_names_are_completed() -> None:
    context = Context(Command("explain"))
    assert complete_explained(context, "instance") == ["instance_norm"]
    assert "train.clip_norm" in complete_explained(context, "train.c")
    assert not [name for name in complete_explained(context, "") if "." in name]


def test_a_component_of_a_plugin(explain: Explain, own_registries: None, tmp_path: Path) -> None:
    path = tmp_path / "doubling.py"
    path.write_text(PLUGIN, encoding="utf-8")
    answer = explain("doubling", "--plugin", str(path))
    assert answer.code == 0, answer.stderr
    assert r"Multiply by \x1b[31mtwo\x9b5m." in answer.stdout
    assert "\x1b" not in answer.stdout
    document = explain("doubling", "--json", "--plugin", str(path)).stdout
    assert "\x9b" not in document
    assert json.loads(document)[0]["sentence"] == "Multiply by \x1b[31mtwo\x9b5m."
    assert "Code (doubling.py)" in answer.stdout
    assert re.search(r"dx = 2 dy\n +=", answer.stdout)


@pytest.mark.parametrize("kind", [kind for kind in REGISTRIES if kind != "dataset"])
def test_all_text_but_code_fits_80_columns(kind: str) -> None:
    for name in REGISTRIES[kind].names():
        if kind == "layer" and name in REGISTRIES["activation"]:
            continue
        explanation = explanation_of(kind, name)
        code = set(explanation.code.text.splitlines()) if explanation.code else set()
        for line in explanation_lines(explanation, 80):
            assert cell_len(line) <= 80 or line.strip() in {each.strip() for each in code}, line


def test_arrays_have_aligned_columns_and_are_wrapped() -> None:
    assert value_lines([[1, -2.5], [10, 0]], 70) == ["[   1  -2.5]", "[  10     0]"]
    assert value_lines([[[1, 2]], [[3, 4]]], 70) == ["[0] [1  2]", "[1] [3  4]"]
    assert value_lines([1, 2, 3, 4], 6) == ["[1  2", " 3  4]"]
    assert value_lines(0.5, 70) == ["0.5"]


def test_the_outputs_on_the_page_are_those_of_the_command(explain: Explain) -> None:
    shown = [block.text for block in blocks(ROOT / "docs" / "explain.md", "text")]
    assert len(shown) == 3
    for text in shown:
        command, _, output = text.partition("\n")
        assert explain(*command.removeprefix("$ nnlab explain ").split()).stdout == output


def test_the_formula_above_an_example_is_in_japanese_too(nnlab) -> None:
    answer = nnlab("explain", "warmup", "--lang", "ja")
    assert answer.stdout.count("（s < steps のとき）、それ以外は") == 2
    assert " where " not in answer.stdout


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("ReLU", "activation/relu"),
        ("Conv2D", "layer/conv2d"),
        ("SGD", "optimizer/sgd"),
        ("LSTM", "layer/lstm"),
        ("LeakyReLU", "activation/leaky_relu"),
    ],
)
def test_a_class_of_another_library_with_the_same_letters(nnlab, asked: str, place: str) -> None:
    answer = nnlab("explain", asked)
    assert answer.code == 0
    assert answer.stderr == f"{asked} of other libraries is {place} here\n"
    assert answer.stdout.startswith(place.rpartition("/")[2])
