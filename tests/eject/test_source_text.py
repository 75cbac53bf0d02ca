"""The definitions and imports that a script gets: those that it needs, as they stand in their modules."""

import inspect
from types import ModuleType

import pytest

from nnlab import textbook
from nnlab.eject.script import SECTIONS
from nnlab.eject.source_text import Import, Library, import_lines
from nnlab.textbook import activity, affine, convolution, layer, losses, network, optimizers, pooling, regularizers


def module(source: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    made = ModuleType("made")
    original = inspect.getsource
    monkeypatch.setattr(inspect, "getsource", lambda of: source if of is made else original(of))
    return made


def test_helpers_and_base_classes_come_with_a_class() -> None:
    library = Library.of([layer, affine, convolution, pooling])
    found = library.needed("Pooling(2).forward(x)\n")
    names = {definition.node.name for definition in found.definitions if hasattr(definition.node, "name")}
    assert names == {"Layer", "Pooling", "im2col", "height_and_width", "windows_along"}
    assert Import("numpy", "", "np") in found.imports
    assert not any("nnlab" in each.module for each in found.imports)


def test_a_text_stands_in_its_module_word_for_word() -> None:
    found = Library.of([layer, affine, optimizers]).needed("optimizer = Adam(0.1)\n")
    (adam,) = [text for text in found.texts(optimizers) if text.startswith("class")]
    assert f"\n{adam}\n" in inspect.getsource(optimizers)


def test_members_of_a_class_that_nothing_names_are_left_out() -> None:
    library = Library.of([regularizers, layer, affine, activity])
    (text,) = library.needed("Affine(W).forward(x)\n").texts(layer)
    assert "def forward" in text
    assert "def penalty" not in text
    assert "regularizers" not in text
    assert "\n\n\n" not in text
    (text,) = library.needed("loss = sum(layer.penalty() for layer in [ActivityL1()])\n").texts(layer)
    assert "def penalty" in text


def test_what_a_program_defines_itself_is_not_taken_from_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    made = module("SEED = 1\n\n\ndef seeded():\n    return SEED\n", monkeypatch)
    found = Library.of([made]).needed("SEED = 2\nseeded()\n")
    assert found.texts(made) == ["def seeded():\n    return SEED"]


def test_decorators_and_comments_inside_come_along(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "from functools import cache\n\n\n@cache\ndef twice(x):\n    # why\n    return 2 * x\n"
    made = module(source, monkeypatch)
    found = Library.of([made]).needed("twice(1)\n")
    assert found.texts(made) == ["@cache\ndef twice(x):\n    # why\n    return 2 * x"]
    assert found.imports == {Import("functools", "cache", "cache")}


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("def f():\n    pass\n", "f = 1\n", "f is defined twice"),
        ("from math import pi\n", "from numpy import pi\n", "pi is imported from two modules"),
    ],
)
def test_a_name_has_one_meaning(first: str, second: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = [module(first, monkeypatch)]
    modules.append(module(second, monkeypatch))
    with pytest.raises(ValueError, match=message):
        Library.of(modules)


def test_imports_are_merged_and_sorted_as_isort_does() -> None:
    found = {
        Import("numpy", "", "np"),
        Import("math", "sqrt", "sqrt"),
        Import("math", "pi", "pi"),
        Import("sys", "", "sys"),
        Import("collections.abc", "Iterator", "Iterator"),
        Import("typing", "TYPE_CHECKING", "TYPE_CHECKING"),
        Import("typing", "cast", "cast"),
        Import("typing", "Any", "Any"),
    }
    assert import_lines(found) == [
        "import sys",
        "from collections.abc import Iterator",
        "from math import pi, sqrt",
        "from typing import TYPE_CHECKING, Any, cast",
        "",
        "import numpy as np",
    ]
    assert import_lines({Import("numpy", "", "np")}) == ["import numpy as np"]


def test_every_class_of_the_textbook_can_come_into_a_script() -> None:
    modules = {name.rpartition(".")[2] for section in SECTIONS.values() for name in section}
    for name in textbook.__all__:
        made_in = getattr(getattr(textbook, name), "__module__", "builtins")
        assert made_in == "builtins" or made_in.rpartition(".")[2] in modules, name
    assert {losses.__name__, network.__name__} <= {f"nnlab.{name}" for names in SECTIONS.values() for name in names}
