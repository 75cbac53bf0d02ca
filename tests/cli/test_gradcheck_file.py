"""nnlab gradcheck FILE.py: what a file defines, without an import of nnlab in it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

OWN = """import numpy as np

print("a print of the file")


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout / len(x), dout.sum(axis=0)


class Sigmoid:
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout):
        return dout * self.out * (1 - self.out)
"""
REGISTERED = """from dataclasses import dataclass

import numpy as np

from nnlab.layers.base import Activation
from nnlab.registry import layers


@layers.register("checked_cube")
@dataclass(kw_only=True)
class Cube(Activation):
    def forward(self, x, *, training):
        self.x = x
        return x**3

    def backward(self, dy):
        return dy * FACTOR * self.x**2
"""

PAIR = "def forward(x):\n    return x\n\n\ndef backward(dy):\n"
ATTRIBUTE = """class A:
    def __init__(self, q):
        q.w

    def forward(self, x):
        return x

    def backward(self, dy):
        return dy
"""

pytestmark = pytest.mark.usefixtures("own_registries")

Nnlab = Callable[..., Any]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "my_layers.py"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_wrong_gradient_of_a_pair_is_shown_with_entries_and_a_guess(nnlab: Nnlab, own: Path) -> None:
    answer = nnlab("gradcheck", own)
    assert answer.code == 1
    assert "affine.w:" in answer.stdout
    assert "factor 1/N: 1/N = 1/4 of what it should be" in answer.stdout
    assert "a print of the file" not in answer.stdout
    assert "1 of 4 gradients are wrong: affine.w" in answer.stderr


def test_only_selects_a_class_or_a_pair(nnlab: Nnlab, own: Path) -> None:
    answer = nnlab("gradcheck", own, "--only", "Sigmoid")
    assert answer.code == 0
    assert "the gradient agrees with" in answer.stdout
    answer = nnlab("gradcheck", own, "--only", "sigmoid")
    assert answer.code == 2
    assert "did you mean 'Sigmoid'?" in answer.stderr


def test_json_has_the_kind_and_the_worst_entries(nnlab: Nnlab, own: Path) -> None:
    answer = nnlab("gradcheck", own, "--json", "--seed", "3")
    assert answer.code == 1
    found = json.loads(answer.stdout)
    (wrong,) = [tensor for tensor in found["tensors"] if not tensor["passed"]]
    assert (wrong["component"], wrong["tensor"], wrong["kind"]) == ("affine", "w", "factor 1/N")
    assert len(wrong["worst"]) == 5
    assert found["passed"] is False


@pytest.mark.parametrize(
    ("factor", "code", "text"), [("3", 0, "the gradient agrees"), ("-3", 1, "sign: every number of x")]
)
def test_registered_layer_of_a_file(nnlab: Nnlab, tmp_path: Path, factor: str, code: int, text: str) -> None:
    path = tmp_path / "my_cube.py"
    path.write_text(REGISTERED.replace("FACTOR", factor), encoding="utf-8")
    answer = nnlab("gradcheck", path)
    assert answer.code == code, answer.stderr
    assert text in answer.stdout
    assert "checked_cube" in answer.stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", "nothing to check"),
        ("def f(:\n", "my.py:1: SyntaxError"),
        ("import absent_module\n", "my.py:1: ModuleNotFoundError"),
        (f"{PAIR}    raise ValueError('oh')\n", "my.py:6: ValueError: oh"),
        (PAIR.replace("return x", "pass") + "    pass\n", "my.py:1: returns None"),
        (f"{PAIR}    return dy\n\n\nGRADCHECK = 3\n", "GRADCHECK must be"),
        (ATTRIBUTE, "my.py:3: AttributeError"),
    ],
)
def test_mistake_in_the_file_is_one_message_with_its_line(
    nnlab: Nnlab, tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "my.py"
    path.write_text(text, encoding="utf-8")
    answer = nnlab("gradcheck", path)
    assert answer.code == 2
    assert message in answer.stderr
    assert "Traceback" not in answer.stderr


def test_example_arguments_come_from_the_file(nnlab: Nnlab, tmp_path: Path) -> None:
    path = tmp_path / "my.py"
    path.write_text(
        "def forward(q):\n    assert q.shape == (2, 9)\n    return q * q\n\n\n"
        "def backward(dout, q):\n    return 2 * q * dout\n\n\nGRADCHECK = {'forward': {'q': (2, 9)}}\n",
        encoding="utf-8",
    )
    answer = nnlab("gradcheck", path)
    assert answer.code == 0, answer.stderr
    assert "2x9" in answer.stdout


@pytest.mark.parametrize("arguments", [["--values"], ["--h-sweep"], ["-s", "seed=1"], ["--method", "complex"]])
def test_options_that_need_a_spec_or_components_are_refused(nnlab: Nnlab, own: Path, arguments: list[str]) -> None:
    assert nnlab("gradcheck", own, *arguments).code == 2


def test_json_needs_a_file(nnlab: Nnlab) -> None:
    assert nnlab("gradcheck", "--json").code == 2
