"""The data of a training as lines of a script: files that it reads, points that it draws, or arrays beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset
from nnlab.data.dataset_source import DatasetSource
from nnlab.data.sources import cifar10
from nnlab.data.sources.cifar10 import Cifar10
from nnlab.data.sources.fashion_mnist import FashionMnist
from nnlab.data.sources.idx import Idx
from nnlab.data.sources.mnist import Mnist
from nnlab.data.sources.toy import Moons, Spiral, ToySource, Xor
from nnlab.eject.expressions import literal
from nnlab.registry import registered_name

IDX_ENDINGS = ("", ".gz")

NOUNS = {"train": "training", "test": "test"}


@dataclass
class WrittenData:
    """How a script gets its samples.

    ``settings`` are constants with a comment each, ``lines`` make x_train, t_train, x_test, t_test. ``files`` are those
    that it reads; ``arrays`` are the contents of one that has to be written beside the script instead.
    """

    what: str
    settings: list[tuple[str, object, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    arrays: bytes | None = None


def write_data(
    source: DatasetSource, dataset: Dataset, arrays_name: str, random_state: Mapping[str, Array]
) -> WrittenData:
    """The data of an experiment, read already as ``dataset``; ``arrays_name`` is the file for prepared arrays.

    ``random_state`` is that of ``rng: legacy`` after reading, else empty.
    """
    legacy = bool(random_state)
    found = None
    if isinstance(source, ToySource):
        found = _points(source, legacy=legacy)
    elif isinstance(source, Mnist | FashionMnist | Idx):
        found = _idx(source, dataset)
    elif isinstance(source, Cifar10):
        found = _cifar10(source, dataset)
    if found is None:
        return _arrays(source, dataset, arrays_name, random_state)
    _add_sizes(found, source, test=dataset.test is not None)
    _add_split(found, source, legacy=legacy)
    return found


def _points(source: ToySource, *, legacy: bool) -> WrittenData | None:
    match source:
        case Spiral():
            function, arguments = "spiral", f"classes={source.classes}, noise={source.noise}"
        case Moons():
            function, arguments = "moons", f"noise={source.noise}"
        case Xor():
            function, arguments = "xor", f"noise={source.noise}"
        case _:
            return None
    found = WrittenData("nothing else: it draws the points itself")
    found.settings.append(
        ("POINTS", source.points, f"training samples of each {'cluster' if function == 'xor' else 'class'}")
    )
    rng = "rng" if legacy else "points_rng"
    if not legacy:
        found.lines.append("points_rng = stream(DATASET)")
    found.lines.append(f"x_train, t_train = {function}(POINTS, {arguments}, rng={rng})")
    if source.test_points:
        found.settings.append(("TEST_POINTS", source.test_points, "and test samples"))
        found.lines.append(f"x_test, t_test = {function}(TEST_POINTS, {arguments}, rng={rng})")
    return found


def _idx(source: Mnist | FashionMnist | Idx, dataset: Dataset) -> WrittenData:
    files = _idx_files(Path(source.path), list(dataset.checksums)) if isinstance(source, Idx) else source.files()
    name = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}.get(registered_name(source), "the dataset")
    found = WrittenData(f"the four files of {name}", files=files)
    for part, images, labels in (("train", files[0], files[1]), ("test", files[2], files[3])):
        transposed = ".transpose(0, 2, 1)" if isinstance(source, Idx) and source.transpose else ""
        found.lines += [
            f"x_{part} = read_idx(find({literal(images.name)})){transposed}[:, np.newaxis]",
            f"t_{part} = read_idx(find({literal(labels.name)}))",
        ]
        if isinstance(source, Idx) and source.label_offset:
            found.lines.append(f"t_{part} = t_{part} - {source.label_offset}")
    return found


def _idx_files(folder: Path, names: list[str]) -> list[Path]:
    """The files that were read under these names, in the order in which :class:`Idx` looks for them."""
    spellings = [(name, [name, name.replace("-idx", ".idx")]) for name in names]
    return [
        next(path for each in spelt for end in IDX_ENDINGS if (path := folder / f"{each}{end}").is_file())
        for _, spelt in spellings
    ]


def _cifar10(source: Cifar10, dataset: Dataset) -> WrittenData | None:
    """The files or the archive of the binary version; None for the pickles of the Python version."""
    (path,) = source.files()
    names = [f"{name}.bin" for name in cifar10.FILES]
    train, test = '[f"data_batch_{number}.bin" for number in range(1, 6)]', '["test_batch.bin"]'
    if not all(name.endswith(".bin") for name in dataset.checksums):
        return None
    if path.is_dir():
        folder = path if (path / names[0]).is_file() else path / cifar10.BINARY
        found = WrittenData("the six files of CIFAR-10", files=[folder / name for name in names])
        read = "read_cifar10("
    else:
        found = WrittenData("the archive of CIFAR-10", files=[path])
        read = f"read_cifar10_archive(find({literal(path.name)}), "
    found.lines = [f"x_train, t_train = {read}{train})", f"x_test, t_test = {read}{test})"]
    return found


def _arrays(source: DatasetSource, dataset: Dataset, name: str, random_state: Mapping[str, Array]) -> WrittenData:
    """All samples as nnlab prepared them, in a file beside the script."""
    found = WrittenData(f"{name}, the samples of {registered_name(source)} as nnlab prepared them")
    contents = BytesIO()
    arrays: dict[str, Array] = {}
    for part, split in dataset.splits.items():
        arrays |= {f"x_{part}": split.inputs, f"t_{part}": split.targets}
    arrays |= {f"rng_{name}": array for name, array in random_state.items()}
    np.savez_compressed(contents, **arrays)  # type: ignore[arg-type]  # the stubs see allow_pickle in them
    found.arrays = contents.getvalue()
    found.lines.append(f"with np.load(find({literal(name)})) as arrays:")
    found.lines += [f'    x_{part}, t_{part} = arrays["x_{part}"], arrays["t_{part}"]' for part in dataset.splits]
    if random_state:
        names = ", ".join(f'"rng_{name}"' for name in random_state)
        found.lines += [
            "    # Reading and splitting the data has drawn from rng.",
            f'    rng.set_state(("MT19937", *(arrays[name] for name in ({names}))))',
        ]
    return found


def _add_sizes(found: WrittenData, source: DatasetSource, *, test: bool) -> None:
    for part, size in (("train", source.train_size), ("test", source.test_size if test else None)):
        if size is not None:
            constant = f"{part.upper()}_SIZE"
            found.settings.append((constant, size, f"number of {NOUNS[part]} samples, the first of the files"))
            found.lines.append(f"x_{part}, t_{part} = x_{part}[:{constant}], t_{part}[:{constant}]")


def _add_split(found: WrittenData, source: DatasetSource, *, legacy: bool) -> None:
    rng = "rng" if legacy else "stream(VALIDATION)"
    if source.fold is not None:
        found.settings += [
            ("FOLD", source.fold, "validation samples: this fold,"),
            ("FOLDS", source.folds, "of this number of folds"),
        ]
        call = f"hold_out_fold(t_train, FOLD, FOLDS, {rng})"
    elif source.validation > 0:
        found.settings.append(
            ("VALIDATION_SHARE", source.validation, "share of the training samples held out for validation")
        )
        call = f"hold_out_share(t_train, VALIDATION_SHARE, {rng})"
    else:
        return
    found.lines += [
        f"kept, held_out = {call}",
        "x_validation, t_validation = x_train[held_out], t_train[held_out]",
        "x_train, t_train = x_train[kept], t_train[kept]",
    ]
