"""Pictures that move."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from matplotlib.animation import PillowWriter
from matplotlib.figure import Figure

FRAMES_A_SECOND = 10
DPI = 90


@contextmanager
def animation(figure: Figure, path: Path) -> Iterator[Callable[[], None]]:
    """A GIF of a figure; gives what takes the next frame of it as it stands.

    The figure is laid out once, so that nothing moves from frame to frame but what should, and the file appears under
    its name when it is whole. Raises OSError when it cannot be written.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    writer = PillowWriter(fps=FRAMES_A_SECOND)
    unfinished = path.with_name(f".{path.name}")
    try:
        writer.setup(figure, str(unfinished), DPI)
        yield writer.grab_frame
        writer.finish()  # which writes the file
        unfinished.replace(path)
    except OSError as error:
        if error.filename == str(unfinished):
            error.filename = str(path)
        raise
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
