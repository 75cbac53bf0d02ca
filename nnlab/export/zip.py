"""A run as a zip file to share."""

from pathlib import Path

from nnlab.export.request import ExportRequest
from nnlab.records.packing import packed_run


def export(request: ExportRequest) -> list[Path]:
    """Pack the folder of a run: see :func:`nnlab.records.packing.packed_run`."""
    path = request.file(".zip")
    return [request.write(path, packed_run(request.run))]
