"""Event files of TensorBoard that grow while a run trains; needs the package tensorboardX."""

from collections.abc import Callable

from nnlab.core.rows import Row
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import reason_of
from nnlab.export.tensorboard.export import pictures_of
from nnlab.export.tensorboard.run_events import FOLDERS, RunEvents
from nnlab.export.tensorboard.settings import hparams_of, start_of
from nnlab.records.run_folder import RunFolder
from nnlab.records.run_tables import close_files
from nnlab.storage.disk import make_folder, remove
from nnlab.storage.growing_file import GrowingFile
from nnlab.storage.layout import TENSORBOARD_FOLDER, events_file, is_events_file


class EventFiles:
    """Writes the steps and evaluations of a run as events, at each evaluation; a run gives the same events each time.

    A resumed run begins new files with all that is recorded, in place of the earlier ones: their events after the
    checkpoint would overlap with its own. Their names differ, so that a running TensorBoard reads them. Raises OSError
    when the disk refuses.
    """

    def __init__(self, setup: RunSetup, folder: RunFolder) -> None:
        self._folder = folder
        self._root = folder.path / TENSORBOARD_FOLDER
        self._spec = setup.experiment.resolved()
        self._name = events_file(setup.start)
        self._files: dict[str, GrowingFile] = {}
        self._events = RunEvents(start_of(folder.path))

    def begin(self) -> None:
        """Begin new files with everything recorded so far; the earlier ones are removed."""
        for place in (self._root / name for name in FOLDERS):
            for path in place.iterdir() if place.is_dir() else ():
                if is_events_file(path.name):
                    remove(path)
        self._events.begin(hparams_of(self._spec))
        if self._folder.step:
            self._events.replay(self._folder.record(self._spec))
        self._write()

    def on_step(self, step: int, objective: float) -> None:
        """Collect the objective of an update."""
        self._events.on_step(step, objective)

    def on_evaluation(self, row: Row) -> None:
        """Write all events up to an evaluation; diagnostics have recorded theirs before."""
        self._events.on_evaluation(row)
        step = int(row["step"] or 0)
        self._events.statistics(step, self._folder.layer_statistics)
        if step == 0:
            self._events.histograms(self._folder.histograms, initial=True)
        self._write()

    def end(self, status: str) -> None:
        """Write how the training ended, before the run counts as finished."""
        self._events.end(self._folder.step, status, self._folder.histograms)
        self._write()

    def add_pictures(self, say: Callable[[str], None]) -> None:
        """Write the pictures that the run has now; a full disk is reported in one line."""
        try:
            self._events.pictures(self._folder.step, pictures_of(self._folder.path))
            self._write()
        except OSError as error:
            say(f"the event files of TensorBoard cannot be written: {reason_of(error)}")

    def close(self) -> None:
        """Close the files."""
        close_files(self._files.values())

    def _write(self) -> None:
        for name, contents in self._events.take().items():
            if name not in self._files:
                make_folder(self._root / name, exist_ok=True)
                self._files[name] = GrowingFile(self._root / name / self._name)
            self._files[name].append(contents)
            self._files[name].flush()
