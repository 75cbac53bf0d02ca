"""Text for a character model: the next character from the last ones."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le, Lt

from nnlab.core.arrays import Array
from nnlab.core.random import RandomGenerator
from nnlab.data.dataset import Dataset, Split
from nnlab.data.files.reading import file_name
from nnlab.data.files.text_file import read_text
from nnlab.data.pipeline.windows import windows_of
from nnlab.data.sources.table import Encoding
from nnlab.data.sources.windowed import WindowedSource
from nnlab.data.tables.csv_encoding import ENCODINGS
from nnlab.errors import DataError
from nnlab.registry import Doc, FilePath, datasets

BUNDLED = files("nnlab.data").joinpath("files", "texts", "sonnets.txt")


@datasets.register("text")
@dataclass(kw_only=True)
class Text(WindowedSource):
    """A text file as sequences of T characters (T,); the target of each step is the next character.

    A character is its index in the vocabulary, all characters of the file in the order of Unicode; these are the
    classes. The last part of the text is the test set. Windows are views of one array: a text takes 4 bytes a
    character, however many windows it has. Without a path: eighteen sonnets of Shakespeare, bundled.
    Source: the user's file; Karpathy 2015, "The Unreasonable Effectiveness of Recurrent Neural Networks".
    """

    path: Annotated[str | None, FilePath(), Doc("text file (also .txt.gz); null: the bundled sonnets")] = None
    length: Annotated[int, Ge(1), Le(10_000), Doc("number of steps T of a sample, in characters")] = 50
    stride: Annotated[
        int | None, Ge(1), Le(10_000), Doc("characters between the starts of two training samples; null: length")
    ] = None
    test_split: Annotated[float, Ge(0), Lt(1), Doc("fraction of the text held out for testing, from its end")] = 0.1
    encoding: Annotated[Encoding, Doc("encoding of the file; auto: UTF-8, or UTF-16 with a byte order mark")] = "auto"

    @property
    def predicted_steps(self) -> int:
        return self.length

    @property
    def distance(self) -> int:
        return self.stride or self.length

    def files(self) -> list[Path]:
        return [Path(str(BUNDLED)) if self.path is None else Path(self.path)]

    def read(self, rng: RandomGenerator) -> Dataset:
        """All windows, in the order of the text; raises DataError for a file that is no text, or too short."""
        (path,) = self.files()
        text, checksum = read_text(path, None if self.encoding == "auto" else ENCODINGS[self.encoding])
        tokens, vocabulary = tokens_of(text)
        if len(vocabulary) < 2:
            found = "an empty file" if not vocabulary else f"only the character {vocabulary[0]!r}"
            raise DataError(f"{file_name(path)}: expected text, found {found}")
        cut = len(tokens) - round(self.test_split * len(tokens))
        test = None
        if self.test_split:
            test = self._windows(tokens[cut:], self.length, f"the test set, {self.test_split} of it,", path)
        train = self._windows(tokens[:cut], self.distance, "the training part", path)
        return Dataset(train, test, vocabulary, {path.name: checksum}, tokens=True)

    def _windows(self, tokens: Array, stride: int, part: str, path: Path) -> Split:
        if len(tokens) <= self.length:
            raise DataError(
                f"{file_name(path)}: too short: {part} has {len(tokens)} characters, but a sample needs "
                f"{self.length + 1}; use a longer text or a smaller data.length"
            )
        return Split(windows_of(tokens[:-1], self.length, stride), windows_of(tokens[1:], self.length, stride))


def tokens_of(text: str) -> tuple[Array, tuple[str, ...]]:
    """The index of each character in the vocabulary (L,), and the vocabulary in the order of Unicode."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    present = np.bincount(codes) > 0 if len(codes) else np.zeros(0, bool)
    index = np.cumsum(present, dtype=np.int32) - 1
    return index[codes], tuple(map(chr, np.flatnonzero(present).tolist()))
