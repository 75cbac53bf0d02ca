"""README, CONTRIBUTING and docs as tests read them: their fenced blocks, commands and inline code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer.main

from nnlab.cli.app import app_for

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [*sorted(ROOT.glob("README*.md")), ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

_BLOCK = re.compile(r"(?:<!-- not run: (?P<reason>.+?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A fenced block; ``not_run`` is the reason in the HTML comment before it."""

    language: str
    text: str
    not_run: str

    @property
    def commands(self) -> list[str]:
        """The lines of a bash block."""
        return [line for line in self.text.splitlines() if line.strip()]


def name_of(page: Path) -> str:
    """A page's name for test ids: ``docs/spec.md``."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> list[Block]:
    """The fenced blocks of a page in some languages, in order; all of them without a language."""
    found = [Block(m["language"], m["text"], m["reason"] or "") for m in _BLOCK.finditer(page.read_text("utf-8"))]
    return [block for block in found if not languages or block.language in languages]


def subcommand(words: list[str]) -> tuple[Any, list[str]]:
    """The command that the words after ``nnlab`` name, and the words after that; KeyError where there is none."""
    command = typer.main.get_command(app_for([]))
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        command, words = command.commands[words[0]], words[1:]
    return command, words


def is_option(word: str) -> bool:
    """Whether a word of a command line has the form of an option."""
    return re.fullmatch(r"-[a-z]|--[a-z-]+", word) is not None


def options(command: Any) -> set[str]:
    """The options of a command and of those under it."""
    own = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return own.union({"-h", "--help"}, *(options(inner) for inner in getattr(command, "commands", {}).values()))


def inline_code(page: Path) -> Iterator[str]:
    """The text between single backticks, outside of fenced blocks."""
    prose = _BLOCK.sub("", page.read_text("utf-8"))
    yield from re.findall(r"`([^`\n]+)`", prose)


def masked(output: str) -> set[str]:
    """The lines of an output without what differs between runs: numbers, times and random names."""
    output = re.sub(r"\d{8}-\d{6}((?:-[a-z_]+)?)-[0-9a-f]{6}\b", r"TIME\1-ID", output)
    output = re.sub(r"-[0-9a-f]{6}\b", "-ID", output)
    output = re.sub(r"\d[\d,.]*", "N", output)
    output = re.sub("─+", "─", output)
    return {" ".join(line.split()) for line in output.splitlines() if line.strip()}
