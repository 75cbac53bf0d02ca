"""Animated GIFs."""

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
    """A GIF of a figure; yields ``grab_frame(count=1)``, which adds its current state as ``count`` frames.

    The figure is laid out once, so that axes and texts keep their places. The file is built in memory and written at
    the end. Raises OSError when it cannot be written.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    writer = PillowWriter(fps=FRAMES_A_SECOND)
    writer.setup(figure, str(path), DPI)
    drawn = vars(writer)["outfile"] = _Gif()

    def grab_frame(count: int = 1) -> None:
        writer.grab_frame()
        frames = vars(writer)["_frames"]
        frames += frames[-1:] * (count - 1)  # drawing a frame again would take a tenth of a second

    yield grab_frame
    writer.finish()
    atomic_write(path, drawn.getvalue())


class _Gif(BytesIO):
    name = "animation.gif"  # Pillow takes the format from its ending
