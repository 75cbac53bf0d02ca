"""The current commit and branch, read from the files of a repository without running git.

A repository may be untrusted: ``git status`` runs the filters and hooks in its configuration. Formats:
gitrepository-layout(5), git-check-ref-format(1).
"""

import os
import re
import stat
from pathlib import Path

from nnlab.storage.file_system import OWN_FILE

MAX_LINE_BYTES = 4096
MAX_PACKED_BYTES = 1 << 24  # about 200,000 branches and tags
MOST_LINKS = 5  # symbolic references followed

_HASH = re.compile(rb"[0-9a-f]{40}|[0-9a-f]{64}")
_BRANCHES = "refs/heads/"
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)|[/.]$")


def read_commit(folder: Path) -> dict[str, str | None] | None:
    """``commit`` and ``branch`` of the repository around a folder, each None if absent; None outside a repository.

    Only files of bounded size in the repository are read; an unknown layout counts as no repository.
    """
    try:
        found = _repository(folder.resolve())
        return found and _head(*found)
    except (OSError, ValueError, RuntimeError):
        return None


def _repository(folder: Path) -> tuple[Path, Path] | None:
    """The folders with HEAD and with the branches of the repository around a folder."""
    for place in (folder, *folder.parents):
        entry = place / ".git"
        try:
            mode = entry.lstat().st_mode
        except FileNotFoundError:
            continue
        if stat.S_ISDIR(mode):
            return entry, entry
        return _linked(entry) if stat.S_ISREG(mode) else None
    return None


def _linked(entry: Path) -> tuple[Path, Path] | None:
    """The same for a ``.git`` file, of a worktree or a submodule only."""
    head = _named(entry.parent, _line(entry), b"gitdir: ")
    if head is None or not head.is_dir():
        return None
    modules = [place / ".git" / "modules" for place in entry.parent.parents]
    if any(head.is_relative_to(place) for place in modules):
        return head, head
    common = _named(head, _line(head / "commondir"))
    back = _named(head, _line(head / "gitdir"))
    return (head, common) if common is not None and back == entry and head.parent == common / "worktrees" else None


def _named(folder: Path, line: bytes | None, before: bytes = b"") -> Path | None:
    """The path in a line, relative to a folder."""
    name = None if line is None or not line.startswith(before) else line.removeprefix(before)
    if name is None or name.replace(b"\\", b"/").startswith(
        b"//"
    ):  # a network path: Windows would log in to that server
        return None
    return (folder / os.fsdecode(name)).resolve()


def _head(head: Path, common: Path) -> dict[str, str | None] | None:
    line = _line(head / "HEAD", inside=head)
    if line is None:
        return None
    if _HASH.fullmatch(line):
        return {"commit": line.decode(), "branch": None}
    name = _ref(line)
    if name is None:
        return None
    branch = name.removeprefix(_BRANCHES) if name.startswith(_BRANCHES) else None
    return {"commit": _commit_of(common, name), "branch": branch}


def _commit_of(common: Path, name: str) -> str | None:
    """The commit of a branch, from its own file or packed-refs; None before the first commit."""
    for _ in range(MOST_LINKS):
        line = _line(common / name, inside=common)
        if line is None:
            break
        if _HASH.fullmatch(line):
            return line.decode()
        other = _ref(line)
        if other is None:
            return None
        name = other
    packed = _contents(common / "packed-refs", MAX_PACKED_BYTES, common) or b""
    found = re.search(rb"^(" + _HASH.pattern + rb") " + re.escape(name.encode()) + rb"\r?$", packed, re.MULTILINE)
    return found and found[1].decode()


def _ref(line: bytes) -> str | None:
    """The name in ``ref: refs/heads/main``, if git allows it."""
    if not line.startswith(b"ref:"):
        return None
    name = line.removeprefix(b"ref:").strip().decode("utf-8")
    return name if name.startswith("refs/") and not _FORBIDDEN.search(name) else None


def _line(path: Path, inside: Path | None = None) -> bytes | None:
    """The only line of a small file."""
    contents = _contents(path, MAX_LINE_BYTES, inside)
    line = None if contents is None else contents.rstrip(b"\r\n")
    return line if line and not re.search(rb"[\x00\r\n]", line) else None


def _contents(path: Path, limit: int, inside: Path | None) -> bytes | None:
    """The contents of a regular file of at most ``limit`` bytes that is not outside the folder; else None."""
    if inside is not None and not path.resolve().is_relative_to(inside):
        return None
    try:
        if not stat.S_ISREG(path.lstat().st_mode):  # opening a device may have effects
            return None
        handle = os.open(path, os.O_RDONLY | OWN_FILE)
    except (FileNotFoundError, NotADirectoryError):
        return None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        contents = file.read(limit + 1)
    return contents if len(contents) <= limit else None
