"""Two metrics that nnlab does not have, each one class, and runs that measured them."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.rows import Bounds
from nnlab.metrics import Metric
from nnlab.registry import metrics


@dataclass(kw_only=True)
class TopTwo(Metric):
    """Share of samples whose label is among the two highest scores, from 0 to 1; higher is better."""

    label = "top-2 accuracy"
    label_ja = "上位2正解率"
    heading = "top 2"
    higher_is_better = True
    range = Bounds(0, 1)

    correct: int = field(default=0, init=False)
    samples: int = field(default=0, init=False)

    def update(self, scores: Array, targets: Array) -> None:
        highest = np.argsort(scores, axis=1)[:, -2:]
        self.correct += int((highest == targets[:, None]).any(axis=1).sum())
        self.samples += len(targets)

    def result(self) -> float:
        return self.correct / self.samples

    @classmethod
    def format(cls, value: float) -> str:
        return f"{value:.1%}"


@dataclass(kw_only=True)
class WorstClass(Metric):
    """Errors in the class with the most of them, at least 0; lower is better."""

    label = "errors of the worst class"
    label_ja = "最悪クラスの誤り"
    heading = "worst"
    higher_is_better = False
    range = Bounds(low=0)

    errors: Array = field(default=0, init=False)  # type: ignore[assignment]  # the number 0 until samples are added

    def update(self, scores: Array, targets: Array) -> None:
        wrong = targets[scores.argmax(axis=1) != targets]
        self.errors = self.errors + np.bincount(wrong, minlength=scores.shape[1])

    def result(self) -> float:
        return float(np.max(self.errors))


MADE: Mapping[str, type[Metric]] = {"top_2": TopTwo, "worst_class": WorstClass}


@contextmanager
def registered() -> Iterator[None]:
    """The two metrics are registered while this is open."""
    for name, cls in MADE.items():
        metrics.register(name)(cls) if "registered_name" not in vars(cls) else metrics.restore(name, cls)
    try:
        yield
    finally:
        for name in MADE:
            metrics.remove(name)


def measure(run: Path, columns: Mapping[str, Sequence[float]]) -> None:
    """Add columns to the evaluations of a run, as if it had measured them too."""
    path, file = run / "metrics.csv", run / "summary.json"
    header, *rows = csv.reader(path.read_text(encoding="utf-8").splitlines())
    rows = [[*row, *map(repr, values)] for row, *values in zip(rows, *columns.values(), strict=True)]
    path.write_text("".join(",".join(row) + "\n" for row in ([*header, *columns], *rows)), encoding="utf-8")
    summary = json.loads(file.read_text(encoding="utf-8"))
    for key in ("final", "best") if summary["final"] else ():
        index = next(place for place, row in enumerate(rows) if int(row[0]) == summary[key]["step"])
        summary[key] |= {name: values[index] for name, values in columns.items()}
    file.write_text(json.dumps(summary), encoding="utf-8")
