"""What a training does for TensorBoard where its spec asks for it: train.tensorboard."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nnlab.config.experiment import Experiment
from nnlab.engine.run_setup import RunSetup
from nnlab.extras import needed
from nnlab.records.run_folder import RunFolder

if TYPE_CHECKING:
    from nnlab.train.event_files import EventFiles


def check_tensorboard(experiment: Experiment) -> None:
    """Raise UsageError where an experiment asks for event files and the package that they need is missing."""
    if experiment.train.tensorboard:
        needed("tensorboardX", "tensorboard", "train.tensorboard")


@contextmanager
def event_files(setup: RunSetup, folder: RunFolder) -> "Iterator[list[EventFiles]]":
    """The event files of a run while it trains; none unless its spec asks for them."""
    check_tensorboard(setup.experiment)
    if not setup.experiment.train.tensorboard:
        yield []
        return
    from nnlab.train.event_files import EventFiles  # loads packages that not every training needs

    files = EventFiles(setup, folder)
    try:
        yield [files]
    finally:
        files.close()
