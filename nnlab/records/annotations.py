"""Tags and a note that a user gives a run, in a file of their own in its folder."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from annotated_types import MaxLen

from nnlab.config.type_checks import check
from nnlab.errors import RunError, UsageError, reported_as
from nnlab.records.json_files import read_json
from nnlab.storage.checked_files import damaged
from nnlab.storage.disk import atomic_write, remove
from nnlab.storage.file_system import is_link
from nnlab.storage.folders import as_json
from nnlab.storage.layout import ANNOTATIONS_FILE
from nnlab.text import quote

MOST_TAGS = 100
LONGEST_NOTE = 10_000
_TYPES: Mapping[str, Any] = {
    "tags": Annotated[list[str], MaxLen(MOST_TAGS)],
    "note": Annotated[str, MaxLen(LONGEST_NOTE)],
}
_TAG = re.compile(r"\w[\w.+:/-]{0,49}")


@dataclass(frozen=True)
class Annotations:
    """The tags of a run, sorted, and its note; both may be empty."""

    tags: tuple[str, ...] = ()
    note: str = ""

    def tagged(self, add: Iterable[str] = (), remove: Iterable[str] = ()) -> "Annotations":
        """With tags added and removed; raises UsageError for a text that is no tag, or too many."""
        added = list(add)
        for tag in added:
            if not is_tag(tag):
                raise UsageError(f"tag: must be at most 50 letters, digits and _.+:/-, got {quote(tag)}")
        tags = tuple(sorted({*self.tags, *added} - set(remove)))
        if len(tags) > MOST_TAGS:
            raise UsageError(f"tag: a run can have {MOST_TAGS} tags, got {len(tags)}")
        return Annotations(tags, self.note)

    def noted(self, note: str) -> "Annotations":
        """With this note; raises UsageError where it is too long."""
        if len(note) > LONGEST_NOTE:
            raise UsageError(f"note: must be at most {LONGEST_NOTE:,} characters, got {len(note):,}")
        return Annotations(self.tags, note)


def is_tag(text: str) -> bool:
    """Whether a text can be a tag."""
    return _TAG.fullmatch(text) is not None


def read_annotations(folder: Path) -> Annotations:
    """The annotations of a run, cross-validation, descent or sweep; raises RunError for a damaged file."""
    path = folder / ANNOTATIONS_FILE
    try:
        path.lstat()
    except OSError:  # none, or a folder that its own reader reports
        return Annotations()
    found = read_json(path)
    for key, annotation in _TYPES.items():
        wrong = check(annotation, found.get(key))[1]
        if wrong:
            damaged(path, f"{key}: {wrong[0][1]}")
    if wrong_tags := [tag for tag in found["tags"] if not is_tag(tag)]:
        damaged(path, f"tags: {quote(wrong_tags[0])} is no tag")
    return Annotations(tuple(sorted(set(found["tags"]))), found["note"])


def write_annotations(folder: Path, annotations: Annotations) -> None:
    """Write annotations.json, or remove it where nothing is left; raises RunError.

    Nothing else in the folder changes, so that a run that is being written can be annotated too.
    """
    path = folder / ANNOTATIONS_FILE
    if is_link(folder):
        raise RunError(f"{folder}: is a link, which may lead elsewhere; give the path of the folder")
    with reported_as(RunError, f"{path}: cannot be written"):
        if annotations == Annotations():
            remove(path)
        else:
            atomic_write(path, as_json({"tags": list(annotations.tags), "note": annotations.note}))
