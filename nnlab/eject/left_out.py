"""What a script leaves out of a training."""

from collections.abc import Iterator

from nnlab.config.experiment import Experiment
from nnlab.metrics import DEFAULT_METRICS
from nnlab.registry import registered_name


def left_out(experiment: Experiment, shards: int) -> Iterator[str]:
    """Each thing that the script does not do, with what that changes."""
    train = experiment.train
    if experiment.dtype == "float32":
        yield "float32 (the script computes in float64; its losses equal those of nnlab with dtype: float64)"
    if shards > 1:
        yield f"the {shards} parts of each batch (sums are rounded in one piece)"
    yield "threads"
    yield "the run folder with its checkpoints and pictures"
    names = [registered_name(item) for item in experiment.metrics]
    if further := [name for name in names if name not in DEFAULT_METRICS]:
        yield f"the metrics {', '.join(further)} (the script measures {' and '.join(DEFAULT_METRICS)})"
    if train.diagnostics:
        yield "diagnostics"
    if train.snapshots:
        yield "snapshots"
    if train.tensorboard:
        yield "TensorBoard files"
    yield "the checks of spec and data"
