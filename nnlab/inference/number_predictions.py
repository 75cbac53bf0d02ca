"""Predicted numbers for samples as rows, CSV and plain values."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nnlab.core.arrays import Array
from nnlab.records.formats import text_cell


@dataclass(frozen=True, eq=False)
class NumberPredictions:
    """Predictions for N samples in the user's units: (N, K) for K targets, or (N, T, K) for each of T steps."""

    samples: tuple[str, ...]
    target_names: tuple[str, ...]
    predicted: Array

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def steps(self) -> int | None:
        """The number of steps T of a sample that have a prediction each; None where a sample has one prediction."""
        return None if self.predicted.ndim == 2 else int(self.predicted.shape[1])

    @property
    def headings(self) -> tuple[str, ...]:
        """The columns of a row: ``sample``, ``step`` where steps have predictions, and the targets.

        The column of a single target is ``prediction``.
        """
        numbers = ("prediction",) if len(self.target_names) == 1 else self.target_names
        return ("sample", *(() if self.steps is None else ("step",)), *numbers)

    def rows(self) -> Iterator[tuple[str, int | None, list[float]]]:
        """Sample, step (counted from 1, None without steps) and the predicted numbers of each prediction."""
        for sample, predicted in zip(self.samples, self.predicted.tolist(), strict=True):
            if self.steps is None:
                yield sample, None, predicted
                continue
            yield from ((sample, step, numbers) for step, numbers in enumerate(predicted, start=1))

    def to_csv(self) -> str:
        """Columns as in ``headings``; numbers in the shortest form that reads back."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*map(text_cell, self.headings)])
        for sample, step, numbers in self.rows():
            writer.writerow([text_cell(sample), *(() if step is None else (step,)), *map(repr, numbers)])
        return text.getvalue()

    def as_plain(self) -> list[dict[str, Any]]:
        """For each sample the prediction of each target by its name; a list of them where there are steps."""

        def named(numbers: list[float]) -> dict[str, float]:
            return dict(zip(self.target_names, numbers, strict=True))

        return [
            {"sample": sample, "prediction": named(found) if self.steps is None else [*map(named, found)]}
            for sample, found in zip(self.samples, self.predicted.tolist(), strict=True)
        ]
