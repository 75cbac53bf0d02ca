"""Pictures that move."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from matplotlib.animation import PillowWriter
from matplotlib.figure import Figure

from nnlab.storage.disk import atomic_write

FRAMES_A_SECOND = 10
DPI = 90


@contextmanager
def animation(figure: Figure, path: Path) -> Iterator[Callable[..., None]]:
    """A GIF of a figure; gives what takes the next frame of it as it stands, ``grab_frame(count)`` as several.

    The figure is laid out once, so that nothing moves from frame to frame but what should. The file is made in memory
    and written at the end. Raises OSError when it cannot be written.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    writer = PillowWriter(fps=FRAMES_A_SECOND)
    writer.setup(figure, str(path), DPI)
    drawn = vars(writer)["outfile"] = _Gif()

    def grab_frame(count: int = 1) -> None:
        writer.grab_frame()
        frames = vars(writer)["_frames"]
        frames += frames[-1:] * (count - 1)  # drawing the same again takes a tenth of a second

    yield grab_frame
    writer.finish()
    atomic_write(path, drawn.getvalue())


class _Gif(BytesIO):
    name = "animation.gif"  # by its ending Pillow knows the format
