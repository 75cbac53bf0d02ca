"""The pictures that a run draws when its training has ended.

The only module of a training that loads matplotlib; the trials of a sweep, which draw none, do without it.
"""

from collections.abc import Callable

from nnlab.engine.run_setup import RunSetup
from nnlab.figures.failures import failures_reported
from nnlab.figures.picture_kinds import BY_TRAINING, KINDS, naming_picture
from nnlab.figures.run_pictures import draw_all
from nnlab.figures.run_view import RunView
from nnlab.metric_columns import metric_called
from nnlab.plots.curves import plot_run
from nnlab.plots.notices import noticed_by
from nnlab.records.drawing import begin_drawing, last_pictures
from nnlab.records.run_folder import RunFolder
from nnlab.storage.disk import make_folder


class TrainingPictures:
    """Draws the pictures of a run from memory: all kinds where diagnostics are recorded, else those of every run.

    Raises OSError where their folder cannot be made.
    """

    def __init__(self, setup: RunSetup, folder: RunFolder) -> None:
        self._setup = setup
        self._folder = folder
        self._curves = setup.evaluation.metric_names
        kinds = KINDS if setup.experiment.train.diagnostics else BY_TRAINING
        self._others = [kind for kind in kinds if metric_called(kind) is None]
        make_folder(folder.plots, exist_ok=True)

    def begin(self) -> None:
        """Mark the pictures as missing, before the run counts as finished."""
        begin_drawing(self._folder.path, [*self._curves, *self._others])

    def draw(self, say: Callable[[str], None]) -> None:
        """Draw them; a picture that fails is reported in one line."""
        path, plots = self._folder.path, self._folder.plots
        record = self._folder.record(self._setup.experiment.resolved())
        with noticed_by(say):
            with failures_reported(say), naming_picture(path, " and ".join(self._curves)):
                plot_run(record, plots)
            with failures_reported(say), last_pictures(path):
                draw_all(RunView(record, lambda: self._setup), plots, say, self._others)
