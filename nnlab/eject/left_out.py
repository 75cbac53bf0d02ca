"""What a script leaves out of a training."""

from collections.abc import Iterator

from nnlab.config.experiment import Experiment


def left_out(experiment: Experiment, shards: int) -> Iterator[str]:
    """Each thing that the script does not do, with what that changes."""
    train = experiment.train
    if experiment.dtype == "float32":
        yield "float32: the script computes in float64, so its numbers equal those of nnlab with dtype: float64"
    if shards > 1:
        yield f"the {shards} parts of each batch: sums are rounded in one piece"
    yield "threads, the run folder with its checkpoints and pictures, and the checks of spec and data"
    if train.diagnostics:
        yield "diagnostics: true"
    if train.snapshots:
        yield f"snapshots: {train.snapshots}"
    for key in ("tensorboard",):
        if getattr(train, key, False):
            yield f"{key}: true"
