"""The suite itself: tests mirror nnlab, every room keeps fast ones, benchmarks import what nnlab has."""

import ast
import re
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import nnlab

ROOT = Path(nnlab.__file__).parent
TESTS = Path(__file__).parent
TEST_FILES = sorted(path.relative_to(TESTS) for path in TESTS.rglob("test_*.py"))
MODULES = {path.relative_to(ROOT).with_suffix("") for path in ROOT.rglob("*.py")}
PACKAGES = {path.parent.relative_to(ROOT) for path in ROOT.rglob("__init__.py")}
# Untrusted input is a subject of its own, which no module of the command line has.
SUBJECTS = {Path("cli/hostile")}


def test_tests_mirror_nnlab() -> None:
    for file in TEST_FILES:
        assert file.parent in PACKAGES | SUBJECTS, f"{file}: nnlab has no {file.parent}"
        name = file.stem.removeprefix("test_")
        homes = {module.parent for module in MODULES | PACKAGES if module.name == name}
        assert not homes or file.parent in homes, f"{file}: {name} is in {', '.join(map(str, homes))}: move or rename"


def markers(path: Path) -> dict[str, set[str]]:
    """The tests of a file with their markers, those of the module included."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    own = [node.value for node in body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"]
    functions = [node for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    return {
        function.name: {
            part.attr
            for expression in (*own, *function.decorator_list)
            for part in ast.walk(expression)
            if isinstance(part, ast.Attribute)
        }
        for function in functions
    }


@cache
def all_markers() -> dict[Path, dict[str, set[str]]]:
    """The tests of each file with their markers."""
    return {file: markers(TESTS / file) for file in TEST_FILES}


def test_every_room_has_fast_tests() -> None:
    fast = {
        file.parent for file, tests in all_markers().items() if any("slow" not in found for found in tests.values())
    }
    assert {file.parent for file in TEST_FILES} - fast <= SUBJECTS


def test_long_tests_are_slow() -> None:
    """Otherwise ``-m "not slow"``, which replaces the ``-m`` of pyproject.toml, would run them."""
    long = [found for tests in all_markers().values() for found in tests.values() if "long" in found]
    assert len(long) >= 3
    assert all("slow" in found for found in long)


@pytest.mark.parametrize("path", sorted((TESTS.parent / "benchmarks").glob("*.py")), ids=lambda path: path.name)
def test_benchmarks_import_names_that_nnlab_has(path: Path) -> None:
    """Other libraries that they compare with need not be installed."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "nnlab":
            for alias in node.names:
                found = hasattr(import_module(node.module), alias.name)
                assert found or find_spec(f"{node.module}.{alias.name}"), f"{node.module} has no {alias.name}"


def test_networks_are_made_by_the_factory() -> None:
    for path in {*TESTS.rglob("*.py")} - {TESTS / "support" / "trainings.py"}:
        made = re.search(r"(?<![.\w])Network\(", path.read_text(encoding="utf-8"))
        assert made is None, f"{path.relative_to(TESTS)}: call make_network of tests/support/trainings.py"
