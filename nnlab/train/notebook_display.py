"""Progress in a notebook: one output of the cell that is replaced while a run trains."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from time import perf_counter
from typing import Any
from uuid import uuid4

from nnlab.core.rows import REPORTING_SPLITS, SPLITS, Row
from nnlab.engine.loop import Observer
from nnlab.html import block, line
from nnlab.metric_columns import headline, labelled
from nnlab.metrics import LOSS
from nnlab.registry import metrics
from nnlab.text import escape_control
from nnlab.train.curves_svg import Series, curves_svg

SECONDS_BETWEEN_UPDATES = 0.5
"""A front end that receives more slows down, and saves every one of them with the notebook."""

BUCKETS = 200
MOST_NOTES = 8
MOST_ROWS = 1000


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook; IPython is asked only where it is loaded already."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return getattr(shell, "kernel", None) is not None


class CellOutput:
    """One output of a cell, replaced at most twice a second.

    Where it can no longer be shown nothing more is: training continues.
    """

    def __init__(self) -> None:
        self._id: str | None = None
        self._shown_at = 0.0
        self._gone = False

    @property
    def due(self) -> bool:
        """Whether it may be replaced now."""
        return not self._gone and (self._id is None or perf_counter() - self._shown_at >= SECONDS_BETWEEN_UPDATES)

    def show(self, text: str, html: str) -> None:
        """Show a text, and its HTML where the front end can, in place of what was shown before."""
        if self._gone:
            return
        display: Any = import_module("IPython.display").display
        update, self._id = self._id is not None, self._id or f"nnlab-{uuid4().hex}"
        try:
            display({"text/plain": text, "text/html": html}, raw=True, display_id=self._id, update=update)
        except Exception:  # whatever the front end's own code raises
            self._gone = True
        self._shown_at = perf_counter()


class NotebookReporter:
    """Shows a run in one output: a line of numbers, curves of objective and metrics, and what it reported.

    ``close`` shows how it ended.
    """

    def __init__(self) -> None:
        self._output = CellOutput()
        self._above: list[str] = []
        self._below: list[str] = []
        self._curves: _Curves | None = None

    def say(self, text: str) -> None:
        """Keep a line: what is said before a training stands above its numbers."""
        self._below = [*self._below, text][-MOST_NOTES:]
        self._show_if_due()

    def evaluation(self, text: str) -> None:
        """Evaluations are in the curves."""

    @contextmanager
    def watch(self, iterations: int) -> Iterator[Sequence[Observer]]:
        """Follow one training; the next one begins new curves."""
        self._above, self._below = self._below, []
        self._curves = _Curves(iterations)
        try:
            yield (self,)
        finally:
            self._curves.ended = perf_counter()

    def on_step(self, step: int, objective: float) -> None:
        """Take in the objective of a step."""
        if self._curves:
            self._curves.add_step(step, objective)
        self._show_if_due()

    def on_evaluation(self, row: Row) -> None:
        """Take in an evaluation."""
        if self._curves:
            self._curves.add_row(row)
        self._show_if_due()

    def close(self) -> None:
        """Show the last state, if there is any."""
        if self._curves or self._below:
            self._show()

    def _show_if_due(self) -> None:
        if self._output.due:
            self._show()

    def _show(self) -> None:
        numbers, curves = (self._curves.line(), self._curves.svg()) if self._curves else ("", "")
        above, below = (line("\n".join(notes), small=True) if notes else "" for notes in (self._above, self._below))
        text = "\n".join(filter(None, [*self._above, numbers, *self._below]))
        self._output.show(escape_control(text), block(above, line(numbers) if numbers else "", curves, below))


class _Curves:
    """What is known of a training: objectives, averaged over intervals of steps, and evaluations."""

    def __init__(self, iterations: int) -> None:
        self._rows: list[Row] = []
        self._last: Row = {}
        self.ended: float | None = None
        self._iterations = iterations
        self._every = -(-iterations // BUCKETS)
        self._step = self._first = 0
        self._objective: float | None = None
        self._sum, self._count = 0.0, 0
        self._means: list[tuple[float, float]] = []
        self._started = perf_counter()

    def add_step(self, step: int, objective: float) -> None:
        """Add the objective of a step."""
        if self._objective is None:
            self._first = step - 1
        self._step, self._objective = step, objective
        self._sum += objective
        self._count += 1
        if step % self._every == 0:
            self._means.append((step, self._sum / self._count))
            self._sum, self._count = 0.0, 0

    def add_row(self, row: Row) -> None:
        """Add an evaluation; of very many every second one is kept."""
        self._rows.append(row)
        self._last = row
        if len(self._rows) > MOST_ROWS:
            del self._rows[1::2]

    def line(self) -> str:
        """How far the training is: ``step 600/1,000, objective 0.3012, test accuracy 0.9012, 4,200 steps/s``."""
        parts = [f"step {self._step:,}/{self._iterations:,}"]
        if self._objective is not None:
            parts.append(f"objective {self._objective:.4f}")
        measured = (list(labelled(self._last, split).values()) for split in REPORTING_SPLITS)
        parts += next(filter(None, measured), [])[:1]
        seconds = (self.ended or perf_counter()) - self._started
        if (done := self._step - self._first) and seconds > 0:
            parts.append(f"{done / seconds:,.0f} steps/s")
            if self.ended is None:
                parts.append(f"about {(self._iterations - self._step) * seconds / done:,.0f} s left")
            else:
                parts.append(f"{seconds:.1f} s")
        return ", ".join(parts)

    def svg(self) -> str:
        """The curves of the objective and of the first metric."""
        if not self._rows:
            return ""
        name = next(iter(headline(self._last)), LOSS)
        rows = self._rows if self._last is self._rows[-1] else [*self._rows, self._last]
        measured = [Series(split, list(_points(rows, f"{split}_{name}"))) for split in SPLITS]
        panels = {"objective": [Series("objective", self._means)], metrics[name].label: measured}
        return curves_svg(panels, self._iterations)


def _points(rows: Sequence[Row], column: str) -> Iterator[tuple[float, float]]:
    for row in rows:
        if (value := row.get(column)) is not None:
            yield row["step"] or 0, value
