"""Contents that came from a stream, such as stdin, read like a file."""

from collections.abc import Iterator
from importlib.resources.abc import Traversable
from io import BytesIO
from typing import IO, Any


class InMemoryFile(Traversable):
    """A file without a place on the disk."""

    def __init__(self, name: str, contents: bytes) -> None:
        self._name, self._contents = name, contents

    @property
    def name(self) -> str:
        return self._name

    def __str__(self) -> str:
        return self._name

    def is_file(self) -> bool:
        return True

    def is_dir(self) -> bool:
        return False

    def iterdir(self) -> Iterator[Traversable]:
        return iter(())

    def joinpath(self, *descendants: Any) -> Traversable:
        raise NotADirectoryError(self._name)

    def read_bytes(self) -> bytes:
        return self._contents

    def read_text(self, encoding: str | None = None) -> str:
        return self._contents.decode(encoding or "utf-8")

    def open(self, mode: str = "r", *arguments: Any, **options: Any) -> IO[Any]:
        return BytesIO(self._contents)
