"""Event files as TensorBoard reads them."""

from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def events_in(folder: Path) -> EventAccumulator:
    """All events in the files of a folder, none sampled away."""
    every = {"scalars": 0, "histograms": 0, "images": 0, "tensors": 0}
    return EventAccumulator(str(folder), size_guidance=every, purge_orphaned_data=False).Reload()


def curve(folder: Path, tag: str) -> list[tuple[int, float]]:
    """Steps and values of a scalar."""
    return [(point.step, point.value) for point in events_in(folder).Scalars(tag)]
