"""A run whose pictures are drawn: its records, and its network with its data once a picture needs them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nnlab.data.dataset import Dataset, DatasetSource
from nnlab.engine.build import check_finished, load_weights, started
from nnlab.engine.predictions import Trained
from nnlab.errors import DataError, RunError, ShapeError, SpecError, UsageError
from nnlab.plots.curves import title_of
from nnlab.records.environment import changed_data
from nnlab.records.formats import ENVIRONMENT_FILE, MODEL_FILE
from nnlab.records.reader import RunRecord, read_environment


def ignore(value: object) -> None:
    """Do nothing with it."""


@dataclass(eq=False)
class RunView:
    """A run whose pictures are drawn.

    Once a picture needs them, ``begin`` gives the network and its data, and ``finish`` puts the trained weights in.
    """

    record: RunRecord
    begin: Callable[[], Trained]
    finish: Callable[[Trained], None] = ignore

    @cached_property
    def begun(self) -> Trained:
        """The network with its data, whatever its weights."""
        return self.begin()

    @cached_property
    def trained(self) -> Trained:
        """The trained network with its data."""
        self.finish(self.begun)
        return self.begun

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.record.path

    @property
    def name(self) -> str:
        """The experiment's name, with what became of it unless it was completed."""
        return title_of(self.record)


def drawable(
    record: RunRecord,
    warn: Callable[[str], None] = ignore,
    fetch: Callable[[DatasetSource], None] = ignore,
    data: Path | None = None,
) -> RunView:
    """A run as its folder holds it; ``warn`` hears of data that changed, ``fetch`` may download what is not there.

    ``data`` is the file or folder of its data, where that was moved.

    Whatever keeps its network and data from being had is raised when a picture needs them, and names the run.
    """
    changed: list[str] = []

    def begin() -> Trained:
        with _naming(record.path):
            experiment, prepared = started(record.path, fetch, data)
        changed.extend(_changed_data(record.path, prepared.dataset))
        if changed:
            warn(f"{record.path}: the data has changed since the training: {', '.join(changed)}")
        return Trained.begin(prepared.dataset, prepared.network, experiment.loss)

    def finish(trained: Trained) -> None:
        check_finished(record.path)
        try:
            load_weights(trained.network, record.path / MODEL_FILE)
        except RunError as error:
            if not (changed and isinstance(error.__cause__, ShapeError)):
                raise
            raise DataError(
                f"{record.path}: its weights no longer fit the data, which has changed: {', '.join(changed)}"
            ) from error

    return RunView(record, begin, finish)


def _changed_data(run: Path, dataset: Dataset) -> list[str]:
    """The files that are not what the run was trained on; none where it does not say."""
    if not (run / ENVIRONMENT_FILE).is_file():
        return []
    return changed_data(read_environment(run / ENVIRONMENT_FILE), dataset.checksums)


@contextmanager
def _naming(run: Path) -> Iterator[None]:
    """Put the run before what is wrong with its data."""
    try:
        yield
    except SpecError:  # which names the run's spec
        raise
    except (DataError, UsageError) as error:
        kind = DataError if isinstance(error, DataError) else UsageError
        raise kind(f"{run}: {error}") from error
