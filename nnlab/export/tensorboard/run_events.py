"""The events of a run, in the order in which its training makes them, by folder."""

from collections.abc import Iterable, Mapping
from typing import Any

from nnlab.core.rows import SPLITS, Row
from nnlab.export.tensorboard import events
from nnlab.metric_columns import metric_of
from nnlab.records.diagnostics_reader import Histograms, LayerStatistics, read_layer_statistics
from nnlab.records.reader import RunRecord
from nnlab.storage.layout import DIAGNOSTICS_FILE, HISTOGRAMS_FILE

WHOLE = ""
"""The folder of what belongs to no split: settings and pictures."""

TRAIN = "train"
FOLDERS = (WHOLE, *SPLITS)
EVERY_STEP = 10_000
"""Up to this step each objective is an event, up to ten times of it every tenth, and so on."""


class RunEvents:
    """Collects the events of one run; ``take`` gives what came since the last call, as contents of files.

    Curves of one tag in several folders share a chart: the ``loss`` of ``train``, ``validation`` and ``test``. The time
    of an event is that of the start of the run and a second more for each step, so that its bytes are always the same.
    """

    def __init__(self, started: float) -> None:
        self._started = started
        self._begun: set[str] = set()
        self._pending: dict[str, list[bytes]] = {}

    def begin(self, hparams: Mapping[str, str | bool | float]) -> None:
        """Add the settings of the run."""
        self._add(WHOLE, 0, events.settings(hparams, self._started))

    def on_step(self, step: int, objective: float) -> None:
        """Add the objective of an update, where it is one of those that are kept."""
        if _is_kept(step):
            self._add(TRAIN, step, events.scalar("objective", objective))

    def on_evaluation(self, row: Row) -> None:
        """Add the metrics of an evaluation, each to its split, and the learning rate."""
        step = int(row["step"] or 0)
        for column, value in sorted(row.items()):
            split, _, name = column.partition("_")
            if value is not None and (column == "lr" or metric_of(column)):
                folder, tag = (TRAIN, column) if column == "lr" else (split, name)
                self._add(folder, step, events.scalar(tag, value))

    def statistics(self, step: int, statistics: LayerStatistics) -> None:
        """Add the statistics of each layer at an evaluation: ``gradient_norm/linear1``."""
        for layer, values in statistics.items():
            for name, value in values.items():
                self._add(TRAIN, step, events.scalar(f"{name}/{layer}", value))

    def histograms(self, histograms: Mapping[str, Histograms], *, initial: bool) -> None:
        """Add the histograms of all layers before the first update, or those after it."""
        for layer, by_step in histograms.items():
            for step, (edges, counts) in sorted(by_step.items()):
                if initial == (step == 0):
                    self._add(TRAIN, step, events.histogram(f"activations/{layer}", edges, counts))

    def end(self, step: int, status: str, histograms: Mapping[str, Histograms]) -> None:
        """Add what a run has when it ends: how it ended, and the histograms after the first update."""
        self.histograms(histograms, initial=False)
        self._add(WHOLE, step, events.ending(self._started + step, succeeded=status == "completed"))

    def pictures(self, step: int, pictures: Iterable[tuple[str, bytes]]) -> None:
        """Add the pictures of a run that ended after ``step`` updates, by name."""
        for name, png in pictures:
            if value := events.picture(f"plots/{name}", png):
                self._add(WHOLE, step, value)

    def replay(self, record: RunRecord) -> None:
        """Add the steps and evaluations of a record as if they came from its training."""
        statistics = _statistics(record)
        steps = iter(zip(record.steps["step"].tolist(), record.steps["loss"].tolist(), strict=True))
        upcoming = next(steps, None)
        for row in record.rows:
            while upcoming and upcoming[0] <= (row["step"] or 0):
                self.on_step(int(upcoming[0]), upcoming[1])
                upcoming = next(steps, None)
            self.on_evaluation(row)
            step = int(row["step"] or 0)
            self.statistics(step, statistics.get(step, {}))
            if step == 0:
                self.histograms(histograms_of(record), initial=True)
        for step, objective in [upcoming, *steps] if upcoming else []:
            self.on_step(int(step), objective)

    def take(self) -> dict[str, bytes]:
        """The contents to append to the file of each folder."""
        taken = {folder: b"".join(records) for folder, records in self._pending.items()}
        self._pending.clear()
        return taken

    def _add(self, folder: str, step: int, value: Any) -> None:
        pending = self._pending.setdefault(folder, [])
        if folder not in self._begun:
            self._begun.add(folder)
            pending.append(events.event(self._started))
        pending.append(events.event(self._started + step, step, value))


def _is_kept(step: int) -> bool:
    distance = 1
    while step > EVERY_STEP * distance:
        distance *= 10
    return step % distance == 0


def histograms_of(record: RunRecord) -> Mapping[str, Histograms]:
    """The histograms of a run by layer; none without diagnostics."""
    return record.histograms if (record.path / HISTOGRAMS_FILE).exists() else {}


def _statistics(record: RunRecord) -> Mapping[int, LayerStatistics]:
    return read_layer_statistics(record.path) if (record.path / DIAGNOSTICS_FILE).exists() else {}
