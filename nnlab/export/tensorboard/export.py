"""A run, or each run of a sweep or a cross-validation, as event files of TensorBoard."""

from collections.abc import Iterator
from pathlib import Path

from nnlab.errors import NnlabError, RunError, reported_as
from nnlab.export.request import ExportRequest
from nnlab.export.tensorboard.settings import hparams_of, start_of
from nnlab.extras import needed
from nnlab.records.exportable import check_exportable
from nnlab.records.formats import kind_of, runs_within
from nnlab.records.reader import read_run
from nnlab.storage.checked_files import check_file, reading
from nnlab.storage.disk import remove
from nnlab.storage.layout import PLOTS_FOLDER, TENSORBOARD_FOLDER, events_file, is_events_file
from nnlab.storage.overwriting import already_exists
from nnlab.text import one_line

PICTURE_ENDING = ".png"
MAX_PICTURE_BYTES = 2**24


def export(request: ExportRequest) -> list[Path]:
    """Write the folder ``tensorboard`` of a run, and of each run of a sweep or cross-validation, or below ``out``.

    Runs of a sweep that cannot be read are named and left out. Raises RunError where none can, UsageError where there
    are events already or the package tensorboardX is missing.
    """
    needed("tensorboardX", "tensorboard", "--to tensorboard")
    check_exportable(request.run, "tensorboard", "run", "crossval", "sweep")
    with reported_as(RunError, f"{request.run}: cannot be read"):
        inside = sorted(runs_within(request.run))
    if kind_of(request.run) == "run":
        return [_export_run(request, request.run, request.out)]
    written = []
    for run in inside:
        try:
            written.append(_export_run(request, run, request.out and request.out / run.name))
        except RunError as error:
            request.say(one_line(str(error), 500))
    if not written:
        raise RunError(f"{request.run}: has no run that can be exported")
    return [request.out] if request.out else written


def _export_run(request: ExportRequest, run: Path, out: Path | None) -> Path:
    from nnlab.export.tensorboard.run_events import FOLDERS, RunEvents, histograms_of

    record = read_run(run)
    folder = out or run / TENSORBOARD_FOLDER
    if out is None and (links := [place for name in FOLDERS if (place := folder / name).is_symlink()]):
        raise RunError(f"{links[0]}: is a link; --out DIR writes into another folder")
    present = list(_present(folder, FOLDERS))
    if present and not request.overwrite:
        raise already_exists(present[0], "or --out DIR")
    events = RunEvents(start_of(run))
    events.begin(hparams_of(record.spec))
    events.replay(record)
    steps = int(record.summary["steps"])
    events.end(steps, record.summary["status"], histograms_of(record))
    events.pictures(steps, pictures_of(run))
    written = {request.write(folder / name / events_file(0), contents) for name, contents in events.take().items()}
    for path in set(present) - written:
        with reported_as(RunError, f"{path}: cannot be removed"):
            remove(path)
    return folder


def _present(folder: Path, names: tuple[str, ...]) -> Iterator[Path]:
    """The event files that nnlab wrote below a folder."""
    for name in names:
        place = folder / name
        with reported_as(RunError, f"{place}: cannot be read"):
            yield from sorted(path for path in place.iterdir() if is_events_file(path.name)) if place.is_dir() else ()


def pictures_of(run: Path) -> Iterator[tuple[str, bytes]]:
    """Name and contents of each PNG picture of a run; files that cannot be read are left out."""
    try:
        paths = sorted((run / PLOTS_FOLDER).glob(f"*{PICTURE_ENDING}"))
    except OSError:
        return
    for path in paths:
        try:
            check_file(path, MAX_PICTURE_BYTES)
            with reading(path):
                contents = path.read_bytes()
        except NnlabError:
            continue
        yield path.stem, contents
