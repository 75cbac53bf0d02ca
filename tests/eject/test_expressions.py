"""Expressions are broken into lines as ruff breaks them."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nnlab.eject.expressions import Call, Items, literal, written

LONG = "x" * 60


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (Call("f", ["a"], {"b": "1"}), "y = f(a, b=1)"),
        (Items(["a", Call("g")]), "y = [a, g()]"),
        (Call("f", [LONG, LONG]), f"y = f(\n    {LONG},\n    {LONG},\n)"),
        (Call("f" * 10, [LONG, "y" * 50]), f"y = {'f' * 10}(\n    {LONG}, {'y' * 50}\n)"),
        (Call("f", [Items([LONG, LONG])]), f"y = f(\n    [\n        {LONG},\n        {LONG},\n    ]\n)"),
        (
            Call("f", [Items([LONG, LONG])], {"k": "1"}),
            f"y = f(\n    [\n        {LONG},\n        {LONG},\n    ],\n    k=1,\n)",
        ),
        (Call("f", [], {"k": Items([LONG, LONG])}), f"y = f(\n    k=[\n        {LONG},\n        {LONG},\n    ],\n)"),
        (Items([Items([LONG, "1"]), LONG]), f"y = [\n    [{LONG}, 1],\n    {LONG},\n]"),
        (Items([Call("f", [LONG, LONG])]), f"y = [\n    f(\n        {LONG},\n        {LONG},\n    ),\n]"),
    ],
)
def test_long_lines_are_broken(expression: Items | Call, expected: str) -> None:
    text = written(expression, "y = ")
    assert text == expected
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.exists():
        found = shutil.which("ruff")
        if found is None:
            return
        ruff = Path(found)
    done = subprocess.run(
        [ruff, "format", "--isolated", "--line-length", "120", "-"],
        input=text + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == text + "\n"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1, "0.1"),
        (None, "None"),
        ("same", '"same"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("é\n\x1b", r"'\xe9\n\x1b'"),
        ([1, [2.5]], "[1, [2.5]]"),
        (np.zeros(3), "np.zeros(3)"),
        (np.ones((2, 1)), "np.ones((2, 1))"),
        (np.array([0.5, 1.0]), "np.array([0.5, 1.0])"),
    ],
)
def test_values_are_written_as_literals(value: object, expected: str) -> None:
    text = str(literal(value))
    assert text == expected
    assert text.isascii()
    if isinstance(value, str):
        assert eval(text) == value
