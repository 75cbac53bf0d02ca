"""Drawing the pictures of a run."""

from collections.abc import Callable, Sequence
from pathlib import Path

from nnlab.errors import DataError, NnlabError, RunError, UsageError
from nnlab.figures.picture_kinds import KINDS, kind_of
from nnlab.figures.run_view import RunView, ignore
from nnlab.storage.layout import MODEL_FILE
from nnlab.text import one_line


def draw(run: RunView, kinds: Sequence[str], folder: Path, written: Callable[[Path], None] = ignore) -> list[Path]:
    """Draw pictures of a run into ``folder``, which is made if need be; gives their paths.

    ``written`` is called with each path. Raises UsageError for a kind that the run cannot have before
    any is drawn and for one that cannot be drawn, RunError for damaged records, DataError when the data is no longer
    there and OSError when a picture cannot be written.
    """
    kinds = list(dict.fromkeys(kinds))
    for kind in kinds:
        if reason := kind_of(kind).unavailable_because(run):
            raise UsageError(f"{run.path}: cannot have the picture {kind}: {reason}")
        if kind_of(kind).of_network:
            _ = run.trained
    return [_drawn(run, kind, folder, written) for kind in kinds]


def _drawn(run: RunView, kind: str, folder: Path, written: Callable[[Path], None]) -> Path:
    path = kind_of(kind).drawn(run, folder)
    written(path)
    return path


def draw_all(
    run: RunView,
    folder: Path,
    warn: Callable[[str], None],
    kinds: Sequence[str] | None = None,
    written: Callable[[Path], None] = ignore,
) -> list[Path]:
    """Draw all of the kinds that a run can have; ``warn`` is called where its network or data is missing.

    What is damaged or cannot be drawn does not keep the others from being drawn: the last such error is raised at the
    end, and ``warn`` is called with those before it. OSError, when a picture cannot be written, is raised at once.
    """
    kinds = list(dict.fromkeys((*run.record.metric_names, *KINDS))) if kinds is None else kinds
    errors: list[NnlabError] = []
    try:
        _ = run.trained
    except (DataError, RunError, UsageError) as error:
        kinds = [kind for kind in kinds if not kind_of(kind).of_network]
        if isinstance(error, RunError) and (run.path / MODEL_FILE).exists():
            errors.append(error)
        else:
            warn(f"{run.path}: only pictures of the recorded numbers are drawn: {one_line(str(error), 500)}")
    drawn = []
    for kind in kinds:
        if kind_of(kind).unavailable_because(run):
            continue
        try:
            drawn.append(_drawn(run, kind, folder, written))
        except NnlabError as error:
            errors.append(error)
    for fault in errors[:-1]:
        warn(str(fault))
    if errors:
        raise errors[-1]
    return drawn
