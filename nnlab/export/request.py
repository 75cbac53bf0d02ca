"""What an export is asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nnlab.errors import RunError, reported_as
from nnlab.storage.disk import make_folder, write_output
from nnlab.storage.overwriting import check_replaceable


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """A run to export and where to; ``say`` shows a line beside the result, such as the largest difference found.

    ``out`` is the file or folder to write, None for the default of the target. ``probabilities`` asks for an output
    with them besides the scores. ``data`` is the new location of the run's data.
    """

    run: Path
    out: Path | None = None
    overwrite: bool = False
    probabilities: bool = False
    data: Path | None = None
    say: Callable[[str], None] = lambda line: None

    def file(self, ending: str) -> Path:
        """The file to write: ``out``, or the name of the run's folder with this ending, in the working folder.

        Raises UsageError where it exists and may not be replaced.
        """
        return self.new(self.out or Path(f"{self.name}{ending}"))

    def new(self, path: Path) -> Path:
        """The path of a file to write; raises UsageError where it exists and may not be replaced."""
        check_replaceable(path, overwrite=self.overwrite, elsewhere="or --out PATH")
        return path

    @property
    def name(self) -> str:
        """The name of the run's folder."""
        return self.run.resolve().name

    def write(self, path: Path, contents: bytes) -> Path:
        """Write a file, in a new folder where there is none; raises RunError where the disk refuses."""
        with reported_as(RunError, f"{path}: cannot be written"):
            make_folder(path.parent, exist_ok=True)
            write_output(path, contents)
        return path
