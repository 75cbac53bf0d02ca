"""Files of YAML: regular files, standard input and the pipes of a shell, of limited size, as text."""

import sys
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path

from nnlab.config.bundled import near_configs
from nnlab.config.encoding import NotTextError, decoded
from nnlab.config.positions import YamlTree
from nnlab.config.yaml_parser import parse_collecting_problems, position_after, strict
from nnlab.errors import UsageError, reason_of
from nnlab.storage.layout import BEST_FILE, SPEC_FILE
from nnlab.text import one_line

MAX_BYTES = 128 * 1024
LONGEST_QUESTION = 2000
# A comment that names the schema for editors; others set the editor's mode.
FOR_EDITORS = ("yaml-language-server:", "-*-", "vim:")
STANDARD_INPUT = Path("-")
# The paths of a shell's process substitution; other pipes are refused, since reading them may block forever.
PIPES = (Path("/dev/stdin"), Path("/dev/fd"), Path("/proc/self/fd"))


def read_yaml(path: Path) -> YamlTree:
    """Read a YAML file.

    Raises UsageError when the file cannot be read and SpecError, with all positions, when it is not a valid spec.
    """
    return strict(read_collecting_problems(path))


def read_collecting_problems(path: Path, depth: int = 0) -> YamlTree:
    """Read a YAML file (``-`` is standard input) like :func:`read_yaml`, but collect errors in ``problems``.

    ``depth`` is the number of specs between this base and the spec itself.
    """
    source = "standard input" if path == STANDARD_INPUT else one_line(str(path), 1000)
    try:
        raw = _bytes(path, source)
    except (OSError, ValueError) as error:  # ValueError: a NUL character
        hint = _spec_within(path) or ("" if isinstance(error, ValueError) else near_configs(path))
        raise UsageError(f"{source}: {reason_of(error)}{hint}") from None
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{source}: is larger than the limit of {MAX_BYTES // 1024} KiB")
    try:
        text = decoded(raw)
    except NotTextError as error:
        position = position_after(error.before, source, depth)
        return YamlTree(None, {(): position}, [(position, (), str(error))], broken=True)
    tree = parse_collecting_problems(text, source, depth, path.absolute().parent if depth else None)
    tree.comment = leading_comment(text)
    return tree


def leading_comment(text: str) -> tuple[str, ...]:
    """The lines of the comment that a YAML text begins with."""
    return tuple(takewhile(lambda line: line.startswith("#"), text.splitlines()))


def question_in(comment: Iterable[str]) -> str:
    """A comment at the top of a spec as one text of at most ``LONGEST_QUESTION`` characters."""
    lines = (line.lstrip("#").strip() for line in comment)
    return " ".join(line for line in lines if line and not line.startswith(FOR_EDITORS))[:LONGEST_QUESTION]


def _spec_within(path: Path) -> str:
    """A hint to the spec in the folder of a run, or the best one in that of a sweep; empty elsewhere."""
    try:
        name = next((name for name in (SPEC_FILE, BEST_FILE) if (path / name).is_file()), None)
    except (OSError, ValueError):
        return ""
    return f"; it is a folder, and the spec in it is {one_line(str(path / name), 1000)}" if name else ""


def _bytes(path: Path, source: str) -> bytes:
    if path == STANDARD_INPUT:
        if sys.stdin is None:  # closed by the caller (<&-)
            raise UsageError(f"{source}: is closed")
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    if not (path.is_file() or path.is_dir() or path in PIPES or path.parent in PIPES) and path.exists():
        raise UsageError(f"{source}: is not a regular file")
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
