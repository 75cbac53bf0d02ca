"""Folders of pictures with one subfolder for each class, read as images with labels."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.files.in_memory import InMemoryFile
from nnlab.data.files.reading import check_fits, file_name, opened
from nnlab.data.pictures.decoding import MAX_FILE_BYTES, Picture, read_picture
from nnlab.data.pictures.listing import class_folders, no_pictures, pictures_of
from nnlab.data.tables.labels import MOST_CLASSES, sorted_labels
from nnlab.data.tables.splits import SPLITS
from nnlab.errors import DataError
from nnlab.text import one_line, quote

MOST_NAMED = 5


class ListedPictures(NamedTuple):
    """The pictures of one part, class by class in the order of ``class_names``, with their classes; and notes."""

    files: tuple[Path, ...]
    labels: Array
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ReadPictures:
    """Images (N, C, H, W) of one part; ``changed`` counts those whose size was changed.

    ``digest`` is the SHA-256 of the names and the SHA-256 of all files.
    """

    images: Array
    digest: str
    changed: int


def parts_of(folder: Path) -> dict[str, Path]:
    """The folders of the parts: train, validation, test where the subfolders have these names; else all is train."""
    names = class_folders(folder)
    parts = {SPLITS[name.casefold()]: folder / name for name in names if name.casefold() in SPLITS}
    if "train" not in parts or len(parts) < 2 or not class_folders(parts["train"]):
        return {"train": folder}
    stray = [name for name in names if name.casefold() not in SPLITS]
    if stray:
        raise DataError(
            f"{file_name(folder)}: expected either train, validation and test or one subfolder for each class, found "
            f"{one_line(', '.join(map(quote, stray)), 200)} beside train"
        )
    return parts


def class_names_of(folder: Path) -> tuple[str, ...]:
    """The classes: the names of the subfolders, as numbers where all are numbers; raises DataError for fewer than 2."""
    names = class_folders(folder)
    if not 2 <= len(names) <= MOST_CLASSES:
        found = f"found {len(names)}" + (f" ({quote(names[0])})" if len(names) == 1 else "")
        raise DataError(
            f"{file_name(folder)}: expected 2 to {MOST_CLASSES:,} subfolders of pictures, one for each class, {found}"
        )
    return tuple(sorted_labels(names))


def listed_pictures(folder: Path, class_names: Sequence[str], *, all_classes: bool) -> ListedPictures:
    """The pictures in the subfolders of the classes, sorted by name.

    Raises DataError for a subfolder that is no class, and (with ``all_classes``) for a class without pictures.
    """
    unknown = [name for name in class_folders(folder) if name not in class_names]
    if unknown:
        known = one_line(", ".join(class_names), 200)
        raise DataError(f"{file_name(folder)}: expected the classes {known}, found a subfolder {quote(unknown[0])}")
    files: list[Path] = []
    labels: list[int] = []
    beside = pictures_of(folder)
    left = [path.name for path in beside.pictures]
    left += [name for name in beside.others if not name.endswith(os.sep)]
    for label, name in enumerate(class_names):
        if not (folder / name).is_dir():
            continue
        found = pictures_of(folder / name)
        if not found.pictures and all_classes:
            raise no_pictures(folder / name)
        files += found.pictures
        labels += [label] * len(found.pictures)
        left += (f"{name}/{other}" for other in found.others)
    if not files:
        raise no_pictures(folder)
    shown = one_line(", ".join(left[:MOST_NAMED]), 200)
    more = f" and {len(left) - MOST_NAMED:,} more" if len(left) > MOST_NAMED else ""
    notes = (f"left out, no picture in a folder of a class: {shown}{more}",) if left else ()
    return ListedPictures(tuple(files), np.array(labels, np.intp), notes)


def read_pictures(
    root: Path, files: Sequence[Path], image_of: Callable[[Picture, Path], Array], channels: int | None
) -> ReadPictures:
    """The images that ``image_of`` makes of files below ``root``.

    ``channels`` is 1 or 3, or None: 1 where all pictures are grey. Raises DataError that names the file.
    """
    images: list[Array] = []
    digest = sha256()
    changed = 0
    for file in files:
        contents = _contents(file)
        name = file.relative_to(root).as_posix()
        digest.update(f"{name}\0{sha256(contents).hexdigest()}\n".encode(errors="backslashreplace"))
        picture = read_picture(InMemoryFile(str(file), contents))
        image = image_of(picture, file)
        if len(images) == 0:
            check_fits(file_name(root), len(files) * image.nbytes)
        changed += picture.size[::-1] != image.shape[1:]
        grey = channels is None and (image[0] == image[-1]).all() and (image[0] == image[len(image) // 2]).all()
        images.append(image[:1] if grey else image)
    most = max(len(image) for image in images)
    whole = np.empty((len(images), most, *images[0].shape[1:]), np.uint8)
    for index, image in enumerate(images):
        whole[index] = image
    return ReadPictures(whole, digest.hexdigest(), changed)


def _contents(file: Path) -> bytes:
    with opened(file) as (stream, size):
        if size > MAX_FILE_BYTES:
            raise DataError(f"{file_name(file)}: expected a picture of at most {MAX_FILE_BYTES >> 20} MiB")
        return stream.read(MAX_FILE_BYTES + 1)
