"""New samples from a file, as the input of a trained network."""

from dataclasses import dataclass
from pathlib import Path

from nnlab.core.arrays import Array
from nnlab.data.files.npy_header import NPY_MAGIC
from nnlab.data.files.reading import file_name, opened, unpacked
from nnlab.data.input_format import InputFormat
from nnlab.data.pictures.decoding import is_picture
from nnlab.data.pictures.fitting import Fit, Invert
from nnlab.data.sources.idx import is_idx
from nnlab.data.tables.csv_text import CsvFormat
from nnlab.data.tables.npz_file import ZIP_MAGIC
from nnlab.errors import DataError, UsageError
from nnlab.inference.sample_arrays import read_idx_samples, read_npy_samples, read_npz_samples
from nnlab.inference.sample_pictures import network_pictures, picture_samples
from nnlab.inference.sample_tables import read_table_samples

_HEAD = 512


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples of a file: ``inputs`` (N, ...) as the network takes them, uint8 pixels or scaled float64.

    ``names`` has one name per sample, ``labels`` (N,) are class indices where they were asked for. ``notes`` say what
    was decided. ``thumbnails`` and ``images`` (N, C, H, W) are the original pictures and what was made of them, both
    empty where the samples are no pictures.
    """

    inputs: Array
    names: tuple[str, ...]
    labels: Array | None = None
    notes: tuple[str, ...] = ()
    thumbnails: tuple[Array, ...] = ()
    images: Array | None = None

    def __len__(self) -> int:
        return len(self.inputs)


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
    try:
        head = b"" if path.is_dir() else _first_bytes(path)
        if path.is_dir() or is_picture(head):
            found = picture_samples(path, inputs, fit, invert, labelled=labelled)
            raw = network_pictures(found.images, inputs)
            return Samples(raw, found.names, found.labels, found.notes, found.thumbnails, found.images)
        if head.startswith(ZIP_MAGIC):
            read = read_npz_samples(path, inputs, label, labelled=labelled, check_range=check_range)
        elif head.startswith(NPY_MAGIC):
            read = read_npy_samples(path, inputs, label, labelled=labelled, check_range=check_range)
        elif is_idx(head):
            read = read_idx_samples(path, inputs, label, labelled=labelled, check_range=check_range)
        else:
            form = form or CsvFormat()
            read = read_table_samples(path, inputs, form, label, labelled=labelled, check_range=check_range)
    except UsageError as error:
        raise UsageError(f"{file_name(path)}: {error}") from None
    names = tuple(f"{path.name}#{number}" for number in range(1, len(read.inputs) + 1))
    return Samples(read.inputs, names, read.labels, tuple(f"{path.name}: {note}" for note in read.notes))


def _first_bytes(path: Path) -> bytes:
    with opened(path) as (file, _):
        stream, packed = unpacked(file)
        head = stream.read(_HEAD)
    if packed and (head.startswith((NPY_MAGIC, ZIP_MAGIC)) or is_picture(head)):
        raise DataError(f"{file_name(path)}: expected an unpacked file, found it gzipped; gunzip it")
    return head
