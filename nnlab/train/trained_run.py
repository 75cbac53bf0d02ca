"""A run as its folder holds it, with what can be asked of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from nnlab.core.arrays import Array
from nnlab.errors import UsageError
from nnlab.extras import needed
from nnlab.language import Language
from nnlab.records import reader
from nnlab.records.reader import RunRecord
from nnlab.text import quote

if TYPE_CHECKING:
    import pandas

    from nnlab.inference.evaluation import Evaluation
    from nnlab.inference.number_evaluation import NumberEvaluation
    from nnlab.plots.plot_style import Style
    from nnlab.plots.shown_figure import Figures, ShownFigure


class RunQuestions:
    """What can be asked of a run in a folder: predictions, an evaluation, pictures, its tables.

    A training asks nothing, so what answers is imported when it is asked.
    """

    path: Path

    def predict(self, x: object, *, probabilities: bool = False, check_range: bool = True) -> Array:
        """The class of each raw sample: see :meth:`nnlab.inference.trained_network.TrainedNetwork.predict`."""
        from nnlab.inference.trained_network import predict

        return predict(self, x, probabilities=probabilities, check_range=check_range)

    def evaluate(self, x: object, y: object, *, check_range: bool = True) -> "Evaluation | NumberEvaluation":
        """Metrics, confusion matrix and precision by class on raw samples with labels: see :func:`nnlab.evaluate`."""
        from nnlab.inference.evaluation import evaluate

        return evaluate(self, x, y, check_range=check_range)

    @overload
    def plot(
        self, kind: str | None = None, *, style: "Style" = "light", language: Language = "en", data: Path | None = None
    ) -> "ShownFigure": ...

    @overload
    def plot(
        self,
        kind: list[str] | tuple[str, ...],
        *,
        style: "Style" = "light",
        language: Language = "en",
        data: Path | None = None,
    ) -> "Figures": ...

    def plot(
        self,
        kind: str | list[str] | tuple[str, ...] | None = None,
        *,
        style: "Style" = "light",
        language: Language = "en",
        data: Path | None = None,
    ) -> "ShownFigure | Figures":
        """A picture as a matplotlib figure, or a list of them for a list of kinds: ``run.plot("confusion")``.

        ``kind`` is a metric or a picture of ``nnlab plot``; by default the metric that the run is reported by. Nothing
        is written; ``figure.savefig(path)`` does. ``data`` is the file or folder of the data, where it was moved.
        Raises UsageError for an unknown kind and for one that this run cannot have.
        """
        from nnlab.figures.run_figures import run_figures  # loads matplotlib

        record = reader.read_run(self.path)
        figures = run_figures(record, [kind] if isinstance(kind, str) else kind, style, language, data)
        return figures[0] if kind is None or isinstance(kind, str) else figures

    def to_frame(self, table: Literal["metrics", "steps"] = "metrics") -> "pandas.DataFrame":
        """The rows of metrics.csv, or of steps.csv, as a DataFrame; raises UsageError without pandas."""
        if table not in ("metrics", "steps"):
            raise UsageError(f"to_frame: must be metrics or steps, got {quote(table)}")
        record = reader.read_run(self.path)
        return data_frame(record.steps if table == "steps" else record.metrics)


class TrainedRun(RunRecord, RunQuestions):
    """A run as its folder holds it, with predictions, evaluations and pictures."""


def read_run(folder: Path | str) -> TrainedRun:
    """Read a run folder: its spec, summary, metrics and steps; raises RunError naming file and line."""
    record = reader.read_run(folder)
    return TrainedRun(record.path, record.spec, record.summary, record.metrics)


def data_frame(columns: Mapping[str, Array]) -> "pandas.DataFrame":
    """Columns of equal length as a DataFrame; raises UsageError without pandas."""
    return needed("pandas", None, "to_frame").DataFrame(dict(columns))
