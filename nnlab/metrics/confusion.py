"""The confusion matrix."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.task import CLASSES
from nnlab.metrics.base import Record
from nnlab.registry import metrics
from nnlab.storage.layout import CONFUSION_FILE


@metrics.register("confusion")
@dataclass(kw_only=True)
class Confusion(Record):
    """Confusion matrix: how many samples of each class were predicted as each class; recorded in confusion.csv.

        C[i,j] = Σ_n 1 where label_n = i, prediction_n = j

    Source: Bishop 2006, "Pattern Recognition and Machine Learning", section 1.5; scikit-learn's confusion_matrix.
    """

    task = CLASSES
    file = CONFUSION_FILE
    columns = ("true", "predicted", "samples")

    chunks: tuple[tuple[Array, Array], ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        self._class_names: Sequence[str] = ()

    def bind(self, class_names: Sequence[str]) -> None:
        self._class_names = class_names

    def update(self, scores: Array, targets: Array) -> None:
        """The predicted class has the first of the highest scores."""
        places = targets.astype(np.int64) * scores.shape[1] + scores.argmax(axis=1)
        self.chunks += (np.unique(places, return_counts=True),)

    def lines(self) -> Iterator[tuple[str | int, ...]]:
        """True class, predicted class and number of samples where there are any, in the order of the classes."""
        places, counts = (np.concatenate(parts) for parts in zip(*self.chunks, strict=True))
        cells, cell_of = np.unique(places, return_inverse=True)
        totals = np.bincount(cell_of, counts).astype(np.int64)
        for cell, count in zip(cells.tolist(), totals.tolist(), strict=True):
            true, predicted = divmod(cell, len(self._class_names))
            yield self._class_names[true], self._class_names[predicted], count
