"""New samples from a file, as the input of a trained network."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.files.in_memory import InMemoryFile
from nnlab.data.files.npy_header import NPY_MAGIC
from nnlab.data.files.reading import file_name, opened, unpacked
from nnlab.data.input_format import WHITE, InputFormat
from nnlab.data.pictures.decoding import is_meant_as_picture, is_picture
from nnlab.data.pictures.fitting import Fit, Invert
from nnlab.data.sources.idx import is_idx
from nnlab.data.tables.csv_text import CsvFormat
from nnlab.data.tables.npz_file import ZIP_MAGIC
from nnlab.errors import DataError, UsageError
from nnlab.inference.sample_arrays import Found, read_idx_samples, read_npy_samples, read_npz_samples
from nnlab.inference.sample_pictures import MOST_THUMBNAILS, PictureSamples, grouped, network_pictures, picture_samples
from nnlab.inference.sample_tables import read_table_samples

_HEAD = 512


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples of a file: ``inputs`` (N, ...) as the network takes them, uint8 pixels or scaled float64.

    ``names`` has one name per sample, ``labels`` (N,) are class indices where they were asked for. ``notes`` say what
    was decided. ``pictures`` are the samples that came from pictures, the first ones of
    ``picture_count`` with their originals.
    """

    inputs: Array
    names: tuple[str, ...]
    labels: Array | None = None
    notes: tuple[str, ...] = ()
    pictures: "tuple[PictureSample, ...]" = ()
    picture_count: int = 0

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True, eq=False)
class PictureSample:
    """A sample from a picture: its index, a small original (h, w, 3), the image (C, H, W) and what was done."""

    index: int
    thumbnail: Array
    image: Array
    decision: str


def read_samples(
    path: Path,
    inputs: InputFormat,
    *,
    labelled: bool = False,
    label: str | None = None,
    fit: Fit = "auto",
    invert: Invert = "auto",
    form: CsvFormat | None = None,
    check_range: bool = True,
) -> Samples:
    """The samples of a CSV, .npz, .npy or IDX file (gzipped or not), a picture, or a folder of pictures.

    ``labelled`` reads labels too: the column or array ``label`` (default: the one named like labels), the IDX file of
    the labels beside that of the images, or the subfolder of each picture. Columns of a CSV are matched by name;
    ``form`` is its format. ``fit`` and ``invert`` are those of :func:`nnlab.data.pictures.fitting.fit_picture`.

    Raises DataError for files that cannot be read or have other columns, classes or shapes, and UsageError for values
    that do not fit the training data; both name the file.
    """
    found, decisions = _read(path, inputs, labelled, label, fit, invert, form, check_range)
    return replace(found, notes=(*found.notes, *(grouped(found.names, decisions) if decisions else ())))


def read_all_samples(
    paths: Sequence[Path | InMemoryFile],
    inputs: InputFormat,
    *,
    fit: Fit = "auto",
    invert: Invert = "auto",
    form: CsvFormat | None = None,
    check_range: bool = True,
) -> Samples:
    """The samples of several files of any kind, one after the other, without labels; see :func:`read_samples`.

    A file in memory is a CSV.
    """
    read = [_read(path, inputs, False, None, fit, invert, form, check_range) for path in paths]
    arrays = [found.inputs for found, _ in read]
    if len({array.dtype for array in arrays}) > 1:  # pixels beside floats from 0 to 1
        arrays = [array / WHITE if array.dtype == np.uint8 else array for array in arrays]
    names = tuple(name for found, _ in read for name in found.names)
    decisions = [said for _, said in read]
    pictures: list[PictureSample] = []
    start = 0
    for found, _ in read:
        pictures += (replace(picture, index=start + picture.index) for picture in found.pictures)
        start += len(found)
    pictured = [name for found, said in read if said for name in found.names]
    notes = [note for found, _ in read for note in found.notes]
    notes += grouped(pictured, [text for said in decisions for text in said])
    return Samples(
        np.concatenate(arrays),
        names,
        None,
        tuple(dict.fromkeys(notes)),
        tuple(pictures[:MOST_THUMBNAILS]),
        len(pictured),
    )


def _read(
    path: Path | InMemoryFile,
    inputs: InputFormat,
    labelled: bool,
    label: str | None,
    fit: Fit,
    invert: Invert,
    form: CsvFormat | None,
    check_range: bool,
) -> tuple[Samples, tuple[str, ...]]:
    """The samples of a file, and what was done to each picture; empty where the file holds none."""
    form = form or CsvFormat()
    try:
        if isinstance(path, InMemoryFile):
            read = read_table_samples(path, inputs, form, None, labelled=False, check_range=check_range)
            return _named(path, read), ()
        head = b"" if path.is_dir() else _first_bytes(path)
        if path.is_dir() or is_meant_as_picture(path.name, head):
            return _of_pictures(picture_samples(path, inputs, fit, invert, labelled=labelled), inputs)
        if head.startswith(ZIP_MAGIC):
            read = read_npz_samples(path, inputs, label, labelled=labelled, check_range=check_range)
        elif head.startswith(NPY_MAGIC):
            read = read_npy_samples(path, inputs, label, labelled=labelled, check_range=check_range)
        elif is_idx(head):
            read = read_idx_samples(path, inputs, label, labelled=labelled, check_range=check_range)
        else:
            read = read_table_samples(path, inputs, form, label, labelled=labelled, check_range=check_range)
    except UsageError as error:
        raise UsageError(f"{file_name(path)}: {error}") from None
    return _named(path, read), ()


def _named(path: Traversable, read: Found) -> Samples:
    names = tuple(f"{path.name}#{number}" for number in range(1, len(read.inputs) + 1))
    return Samples(read.inputs, names, read.labels, tuple(f"{path.name}: {note}" for note in read.notes))


def _of_pictures(found: PictureSamples, inputs: InputFormat) -> tuple[Samples, tuple[str, ...]]:
    parts = zip(found.thumbnails, found.images, found.decisions, strict=False)
    pictures = tuple(PictureSample(index, *part) for index, part in enumerate(parts))
    raw = network_pictures(found.images, inputs)
    return Samples(raw, found.names, found.labels, found.notes, pictures, len(found.names)), found.decisions


def _first_bytes(path: Path) -> bytes:
    with opened(path) as (file, _):
        stream, packed = unpacked(file)
        head = stream.read(_HEAD)
    if packed and (head.startswith((NPY_MAGIC, ZIP_MAGIC)) or is_picture(head)):
        raise DataError(f"{file_name(path)}: expected an unpacked file, found it gzipped; gunzip it")
    return head
