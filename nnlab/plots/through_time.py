"""The gradient at each step of a sequence, before and after training."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nnlab.core.arrays import Array
from nnlab.language import tr
from nnlab.plots.canvas import label_text, picture, plain_text, write_nothing
from nnlab.plots.palette import palette

THROUGH_TIME_FILE = "gradients_through_time.png"
MOST_LAYERS = 6


def plot_through_time(name: str, before: Mapping[str, Array], after: Mapping[str, Array], folder: Path) -> None:
    """Write ``gradients_through_time.png``: the gradient norm (T,) of each recurrent layer at each step, log scale.

    Dashed lines are those before training. A gradient of 0, or one that is not finite, has no point. Raises OSError
    when it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    title = tr("{name}: gradient at each step of the sequence", name=plain_text(name, 36))
    with picture(folder / THROUGH_TIME_FILE, title, tr("gradient norm")) as (figure, axes):
        drawn = False
        for colour, layer in zip(palette().colours, list(after)[:MOST_LAYERS], strict=False):
            for norms, moment, dashes in (
                (before[layer], tr("before training"), "--"),
                (after[layer], tr("after training"), "-"),
            ):
                usable = np.isfinite(norms) & (norms > 0)
                label = f"{label_text(layer, 30)}, {moment}" if len(after) > 1 else moment
                axes.plot(
                    np.arange(1, len(norms) + 1), np.where(usable, norms, np.nan), dashes, color=colour, label=label
                )
                drawn = drawn or bool(usable.any())
        axes.set_xlabel(tr("step of the sequence"))
        if not drawn:
            write_nothing(axes)
            return
        axes.set_yscale("log")
        for text in figure.legend(loc="outside upper right", ncols=2).get_texts():
            text.set_parse_math(False)
