"""docs/textbook.md: excerpts stand in the source, the script runs, the table names every class and its fast one."""

import re
from pathlib import Path
from typing import Any

import pytest

from nnlab import textbook
from nnlab.registry import REGISTRIES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "textbook.md").read_text(encoding="utf-8")
SOURCE = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "nnlab" / "textbook").glob("*.py")}
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
EXCERPTS = [block for block in BLOCKS if not block.startswith("import")]
ROWS = re.findall(r"^\| `(\w+)` \| `(\w+)` in `(\w+\.py)` \| `(\w+)` in `(\S+\.py)` \|$", PAGE, flags=re.MULTILINE)
KINDS = ("layer", "loss", "penalty", "optimizer", "initialiser")


@pytest.mark.parametrize("excerpt", EXCERPTS, ids=lambda excerpt: re.split(r"[\s(:]", excerpt)[1])
def test_an_excerpt_is_a_whole_definition_of_the_source(excerpt: str) -> None:
    assert [name for name, source in SOURCE.items() if f"\n{excerpt}" in source and ends(excerpt, source)]


def ends(excerpt: str, source: str) -> bool:
    """Whether the next line after an excerpt belongs to another definition."""
    rest = source.split(f"\n{excerpt}")[1]
    return not rest or rest.startswith("\n\n")


def test_the_script_runs_and_learns() -> None:
    (script,) = [block for block in BLOCKS if block.startswith("import")]
    names: dict[str, Any] = {}
    exec(compile(script, "docs/textbook.md", "exec"), names)
    assert names["accuracy"] > 0.95


def test_the_table_names_every_component_once_with_its_textbook_class_and_its_fast_class() -> None:
    registered = {(name, kind) for kind in KINDS for name in REGISTRIES[kind].names()}
    assert sorted(row[0] for row in ROWS) == sorted(name for name, _ in registered)
    for name, textbook_name, textbook_file, fast_name, fast_file in ROWS:
        (fast,) = [REGISTRIES[kind][name] for kind in KINDS if (name, kind) in registered]
        assert (fast.__name__, f"{fast.__module__.replace('.', '/')}.py") == (fast_name, fast_file)
        twin = getattr(textbook, textbook_name)
        assert twin.__module__ == f"nnlab.textbook.{textbook_file.removesuffix('.py')}"


def test_the_files_named_exist() -> None:
    for path in re.findall(r"`((?:nnlab|tests)/[\w/.]+)`", PAGE):
        assert (ROOT / path).exists(), path


LAYERS_AND_LOSSES = {**dict(REGISTRIES["layer"].items()), **dict(REGISTRIES["loss"].items())}


@pytest.mark.parametrize("name", LAYERS_AND_LOSSES)
def test_a_layer_or_loss_says_which_class_of_the_textbook_it_equals(name: str) -> None:
    (twin,) = [row[1] for row in ROWS if row[0] == name]
    assert re.findall(r"Equals ``textbook\.(\w+)``", LAYERS_AND_LOSSES[name].__doc__) == [twin]
