"""Labels of a user's own samples as class indices of a trained network."""

from collections.abc import Sequence

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.tables.labels import plain_label
from nnlab.errors import UsageError
from nnlab.text import near_hint, one_line, quote

MOST_NAMED = 5
MOST_KNOWN_NAMED = 20


def class_indices(y: object, class_names: Sequence[str]) -> Array:
    """The class of each label (N,), by its name in the training data, counted from 0.

    Labels (N,) or (N, 1) are names, or the integers that are names; where no class has such a name, integers are class
    indices. Raises UsageError for labels of other classes.
    """
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or not labels.size:
        raise UsageError(f"expected one label per sample, of shape (N,), found shape {labels.shape}")
    if labels.dtype.kind in "iu" and not any(_is_integer(name) for name in class_names):
        outside = (labels < 0) | (labels >= len(class_names))
        if outside.any():
            raise UsageError(
                f"expected labels from 0 to {len(class_names) - 1} or class names, found {labels[outside][0]}"
            )
        return labels.astype(np.intp)
    distinct, codes = np.unique(labels.astype(str), return_inverse=True)
    return known_classes([plain_label(text.strip()) for text in distinct.tolist()], class_names)[codes]


def known_classes(names: Sequence[str], class_names: Sequence[str]) -> Array:
    """The index in ``class_names`` of each name; raises UsageError that lists the unknown ones."""
    position = {name: index for index, name in enumerate(class_names)}
    if unknown := [name for name in names if name not in position]:
        listed = ", ".join(quote(name, 40) for name in unknown[:MOST_NAMED])
        more = f" and {len(unknown) - MOST_NAMED} more" if len(unknown) > MOST_NAMED else ""
        known = one_line(", ".join(class_names[:MOST_KNOWN_NAMED]), 200)
        others = f" and {len(class_names) - MOST_KNOWN_NAMED} more" if len(class_names) > MOST_KNOWN_NAMED else ""
        noun = "class" if len(unknown) == 1 else "classes"
        raise UsageError(
            f"the network does not know the {noun} {listed}{more}; {near_hint(unknown[0], class_names)}"
            f"it knows {known}{others}"
        )
    return np.array([position[name] for name in names], np.intp)


def _is_integer(name: str) -> bool:
    return name.removeprefix("-").isdecimal()
