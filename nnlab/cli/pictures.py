"""Pictures that a command writes to a file that its user names."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnlab.plots.plot_style import Format


def picture_format(out: Path | None) -> "Format":
    """The format of a picture by the ending of its file; PNG without one. Raises UsageError for another ending."""
    from nnlab.errors import UsageError
    from nnlab.plots.plot_style import FORMATS
    from nnlab.text import one_line

    ending = "png" if out is None else out.suffix.removeprefix(".").lower()
    for known in FORMATS:
        if ending == known:
            return known
    endings = ", ".join(f".{known}" for known in FORMATS)
    raise UsageError(f"--out {one_line(str(out), 200)}: must end in one of {endings}")
