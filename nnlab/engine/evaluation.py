"""Evaluation: loss and metrics of a network on the splits of a dataset."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from nnlab.core.arrays import Array
from nnlab.core.rows import Row
from nnlab.core.sums import sum_in_order
from nnlab.core.threads import Workers
from nnlab.data.dataset import Dataset
from nnlab.data.pipeline.batches import Batch, BatchLoader
from nnlab.engine.chunked_evaluation import ChunkedEvaluation, Score
from nnlab.losses import Loss
from nnlab.metric_columns import in_row_order, measured_names, measured_statistics, metrics_columns, names_in
from nnlab.metrics import Record, Statistic
from nnlab.models.network import Network
from nnlab.regularizers import RegularizerTerm


def penalty_value(regularizers: Sequence[RegularizerTerm]) -> float:
    """The regularisation term of the objective."""
    return sum_in_order(regularizer.value() for regularizer in regularizers)


class Evaluation:
    """Measures one row of metrics.csv.

    ``columns`` are in the order of the row, whose first metric is the primary one. ``metric_names`` are those
    of its metrics, ``records`` those of the last row, by split.
    """

    records: Mapping[str, Sequence[Record]]

    def __init__(
        self,
        network: Network,
        loss: Loss,
        regularizers: Sequence[RegularizerTerm],
        dataset: Dataset,
        eval_train: int | Literal["all", "batch"],
        chunk: int,
        workers: Workers,
        replicas: Sequence[Network] = (),
        statistics: Sequence[Statistic] | None = None,
    ) -> None:
        self._regularizers = regularizers
        self._on_batch = eval_train == "batch"
        self._statistics = measured_statistics(task=dataset.task) if statistics is None else statistics
        names = measured_names(self._statistics)
        self.columns = in_row_order(metrics_columns(names), names[1:])
        self.metric_names = names_in(f"train_{name}" for name in (*names[1:], *names[:1]))
        self.records = {}
        self.chunk = chunk
        self._chunked = ChunkedEvaluation(network, loss, chunk, workers, replicas, dataset.numbers)
        # Loaders with memory of their own: an evaluation must not overwrite the current batch.
        splits = {
            "train": dataset.train.first(eval_train) if isinstance(eval_train, int) else dataset.train,
            "test": dataset.test,
            "validation": dataset.validation,
        }
        dtype = network.flat.values.dtype
        self._loaders = {
            part: [BatchLoader(split, dtype) for _ in range(workers.threads)] for part, split in splits.items() if split
        }

    def row(self, step: int, epoch: float, lr: float, last_batch: Callable[[], Batch]) -> dict[str, float | None]:
        """Evaluate now; ``last_batch`` gives the mini-batch to use where ``eval_train`` is ``batch``."""
        train = self._score_batch(*last_batch()) if self._on_batch else self._score_part("train")
        scores = {"train": train} | {part: self._score_part(part) for part in self._loaders if part != "train"}
        measured = {f"{part}_{name}": value for part, score in scores.items() for name, value in score.metrics.items()}
        self.records = {part: score.records for part, score in scores.items()}
        objective = train.minimised + penalty_value(self._regularizers)
        row: Row = {"step": step, "epoch": epoch, "lr": lr, "objective": objective, **measured}
        return {column: row.get(column) for column in self.columns}

    def inputs(self, column: str, last_batch: Callable[[], Batch]) -> Iterator[Array]:
        """The samples that a column of the row was measured on, chunk by chunk."""
        part = column.partition("_")[0]
        if part not in self._loaders or part == "train":  # the objective is measured with the training loss
            part = "train"
            if self._on_batch:
                yield last_batch()[0]
                return
        loader = self._loaders[part][0]
        for start in range(0, len(loader.split), self.chunk):
            yield loader.chunk(start, self.chunk)[0]

    def _score_batch(self, x: Array, labels: Array) -> Score:
        def take(worker: int, start: int, size: int) -> Batch:
            return x[start : start + size], labels[start : start + size]

        return self._chunked.samples(len(labels), take, self._statistics).score()

    def _score_part(self, part: str) -> Score:
        return self._chunked.split(self._loaders[part], self._statistics).score()
