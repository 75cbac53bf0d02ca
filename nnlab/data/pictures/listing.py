"""The pictures in a folder, in an order that does not depend on the system."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nnlab.data.files.reading import file_name
from nnlab.data.pictures.decoding import ENDINGS, HEAD, is_picture
from nnlab.data.tables.rows import counted
from nnlab.errors import DataError, reason_of
from nnlab.text import one_line, quote

MOST_FILES = 1_000_000
MOST_NAMED = 5
_IGNORED = {"thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r"}


@dataclass(frozen=True)
class PictureFolder:
    """The pictures of a folder, sorted by name, and its files that are none."""

    pictures: tuple[Path, ...]
    others: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out."""
        if not self.others:
            return ()
        named = one_line(", ".join(self.others[:MOST_NAMED]), 200)
        more = f" and {counted(len(self.others) - MOST_NAMED, 'other')}" if len(self.others) > MOST_NAMED else ""
        return (f"no pictures, left out: {named}{more}",)


def visible(folder: Path) -> Iterator[os.DirEntry[str]]:
    """The entries of a folder without hidden ones and those that systems leave there, sorted by name.

    Raises DataError when it cannot be read or has more than ``MOST_FILES``.
    """
    name = file_name(folder)
    entries = []
    try:
        with os.scandir(folder) as found:
            for entry in found:
                if entry.name.startswith((".", "__MACOSX")) or entry.name.casefold() in _IGNORED:
                    continue
                entries.append(entry)
                if len(entries) > MOST_FILES:
                    raise DataError(f"{name}: expected at most {MOST_FILES:,} files, found more")
    except OSError as error:
        raise DataError(f"{name}: {reason_of(error)}") from error
    yield from sorted(entries, key=lambda entry: entry.name)


def pictures_of(folder: Path) -> PictureFolder:
    """The pictures directly in a folder; raises DataError when it cannot be read.

    A file with the ending of a picture counts as one; others do where they begin like one.
    """
    pictures, others = [], []
    for entry in visible(folder):
        path = folder / entry.name
        try:
            regular = entry.is_file()
        except OSError:
            regular = False
        if regular and (entry.name.casefold().endswith(ENDINGS) or _begins_like_picture(path)):
            pictures.append(path)
        else:
            others.append(f"{entry.name}{os.sep}" if _is_folder(entry) else entry.name)
    return PictureFolder(tuple(pictures), tuple(others))


def class_folders(folder: Path) -> tuple[str, ...]:
    """The names of the subfolders, sorted; raises DataError when the folder cannot be read."""
    return tuple(entry.name for entry in visible(folder) if _is_folder(entry))


def no_pictures(folder: Path) -> DataError:
    """The error about a folder without pictures, which says what it holds."""
    entries = [entry.name for _, entry in zip(range(MOST_NAMED), visible(folder), strict=False)]
    found = one_line(", ".join(map(quote, entries)), 200) if entries else "an empty folder"
    if entries and (folder / entries[0]).is_dir():
        found += "; pictures in its subfolders are read where these are named"
    return DataError(f"{file_name(folder)}: expected pictures ({', '.join(ENDINGS[:6])}), found {found}")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _begins_like_picture(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_picture(file.read(HEAD))
    except OSError:
        return False
