"""Folders of pictures as a dataset: one subfolder for each class."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from annotated_types import Ge, Le, Lt, MaxLen, MinLen

from nnlab.core.arrays import Array
from nnlab.core.random import RandomGenerator
from nnlab.data.dataset import Dataset, Split
from nnlab.data.dataset_source import DatasetSource
from nnlab.data.files.reading import file_name
from nnlab.data.input_format import PictureSettings
from nnlab.data.pipeline.splitting import hold_out_share
from nnlab.data.tables.rows import counted
from nnlab.data.tables.splits import samples_by_split
from nnlab.errors import DataError
from nnlab.registry import Doc, FilePath, datasets

if TYPE_CHECKING:
    from nnlab.data.pictures.decoding import Picture


@datasets.register("images")
@dataclass(kw_only=True)
class Images(DatasetSource):
    """Pictures (PNG, JPEG, GIF, BMP, WebP) in one folder per class, or in train, validation and test with such folders.

    Classes and pictures are sorted by name, then shuffled. Without a folder of test samples a part is held out.
    Source: the user's pictures; folders as of PyTorch's ImageFolder.
    """

    path: Annotated[str, FilePath(), Doc("folder with a subfolder of pictures for each class")]
    test_path: Annotated[str | None, FilePath(), Doc("folder of the test samples, with the same subfolders")] = None
    size: Annotated[
        Annotated[list[Annotated[int, Ge(1), Le(4096)]], MinLen(2), MaxLen(2)] | None,
        Doc("[H, W]: size of all images; null: that of the pictures, which must be the same"),
    ] = None
    channels: Annotated[Literal["auto", 1, 3], Doc("1: grey, 3: colour; auto: grey where all pictures are")] = "auto"
    fit: Annotated[
        Literal["cover", "contain", "stretch", "digit"],
        Doc("how pictures of another size become images: their middle, whole, stretched, or cut out as MNIST's digits"),
    ] = "cover"
    invert: Annotated[
        Literal["no", "yes", "auto"], Doc("invert the pictures; auto: those with a light ground, for a dark one")
    ] = "no"
    test_split: Annotated[
        float, Ge(0), Lt(1), Doc("fraction of the samples held out for testing, unless there are test samples")
    ] = 0.2

    def files(self) -> list[Path]:
        """The folders, with those of parts and classes."""
        roots = [Path(path) for path in (self.path, self.test_path) if path is not None]
        return [*roots, *(path for root in roots for path in _folders(root))]

    @property
    def holds_out(self) -> bool:
        """Also true for a folder with validation samples."""
        return super().holds_out or any(path.name.casefold().startswith("val") for path in _folders(Path(self.path)))

    def conflicts(self) -> Iterator[tuple[tuple[str], str]]:
        """Digits are grey."""
        yield from super().conflicts()
        if self.fit == "digit" and self.channels == 3:
            yield ("channels",), "must be 1 or auto with fit: digit, which gives grey images"

    def read(self, rng: RandomGenerator) -> Dataset:
        """All samples, shuffled within their part.

        Raises DataError for a folder without classes or pictures, a damaged picture, and different sizes without
        ``size``.
        """
        from nnlab.data.pictures.labelled_folder import class_names_of, listed_pictures, parts_of, read_pictures

        root = Path(self.path)
        parts = parts_of(root)
        if self.test_path is not None:
            if "test" in parts:
                raise DataError(f"{file_name(root)}: both data.test_path and a folder test are given; remove test_path")
            parts["test"] = Path(self.test_path)
        names = class_names_of(parts["train"])
        listed = {part: listed_pictures(folder, names, all_classes=part == "train") for part, folder in parts.items()}
        fitting = _Fitting(self)
        read = {
            part: read_pictures(parts[part], found.files, fitting.image, fitting.channels)
            for part, found in listed.items()
        }
        most = max(found.images.shape[1] for found in read.values())
        splits = {}
        for part, found in read.items():
            images = found.images.repeat(most // found.images.shape[1], axis=1)
            splits[part] = Split(images, listed[part].labels)
        changed = sum(found.changed for found in read.values())
        # Where every picture already was an image of the training, new ones of other kinds are made like them.
        plain = not changed and self.invert == "no" and self.fit != "digit"
        settings = PictureSettings("auto", "auto") if plain else PictureSettings(self.fit, self.invert)
        train, test = self._held_out(splits, rng, file_name(root))
        counts = {"train": len(train), "validation": len(splits.get("validation", ())), "test": len(test or ())}
        _, C, H, W = train.inputs.shape
        kind = f"{W}x{H} {'grey' if C == 1 else 'colour'}"
        notes = [f"{root.name}: {len(names)} classes, {samples_by_split(counts)} of {kind} pixels"]
        notes += [f"{counted(changed, 'picture')} of another size: {_DONE[self.fit]}"] if changed else []
        notes += (note for found in listed.values() for note in found.notes)
        digests = {parts[part].name: found.digest for part, found in read.items()}
        return Dataset(train, test, names, digests, splits.get("validation"), notes=tuple(notes), pictures=settings)

    def _held_out(self, splits: dict[str, Split], rng: RandomGenerator, name: str) -> tuple[Split, Split | None]:
        """Training and test samples, both shuffled, so that the first N have all classes."""
        train, test = splits["train"], splits.get("test")
        kept, held_out = hold_out_share(train.targets, 0.0 if test else self.test_split, rng)
        if test is None and self.test_split and not len(held_out):
            raise DataError(
                f"{name}: data.test_split: {self.test_split} of {len(kept)} samples is less than one sample, or would "
                "leave a class without training samples; 0 means no test set"
            )
        if test is not None:
            return train.take(kept), test.take(hold_out_share(test.targets, 0.0, rng)[0])
        return train.take(kept), train.take(held_out) if self.test_split else None


_DONE = {
    "cover": "their middle is used",
    "contain": "they are contained whole",
    "stretch": "they are stretched",
    "digit": "their ink is cut out and centred",
}


class _Fitting:
    """Makes images of equal size, the first picture's where none is given."""

    def __init__(self, source: Images) -> None:
        self._source = source
        self._size = None if source.size is None else (source.size[0], source.size[1])
        self._first = ""
        self.channels = None if source.channels == "auto" else int(source.channels)
        if source.fit == "digit":
            self.channels = 1

    def image(self, picture: "Picture", file: Path) -> Array:
        """The image (C, H, W) of a picture; raises DataError that names its file."""
        from nnlab.data.pictures.fitting import PictureInput, fit_picture

        if self._size is None:
            self._size, self._first = (picture.size[1], picture.size[0]), file_name(file)
        height, width = self._size
        if self._source.size is None and picture.size != (width, height):
            raise DataError(
                f"{file_name(file)}: expected {width}x{height} pixels as {self._first}, found "
                f"{picture.size[0]}x{picture.size[1]}; data.size: [H, W] makes all pictures equal"
            )
        ground = 0.0 if self._source.invert == "auto" else None
        shape = (self.channels or picture.pixels.shape[2], height, width)
        try:
            return fit_picture(picture, PictureInput(shape, ground, self._source.fit, self._source.invert)).image
        except DataError as error:
            raise DataError(f"{file_name(file)}: {error}") from None


def _folders(root: Path) -> list[Path]:
    """The subfolders of a folder and theirs; empty where it cannot be read."""
    from nnlab.data.pictures.listing import class_folders

    try:
        first = [root / name for name in class_folders(root)]
        return [*first, *(folder / name for folder in first for name in class_folders(folder))]
    except DataError:
        return []
