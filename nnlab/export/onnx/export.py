"""A run as an ONNX file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnlab.errors import UsageError
from nnlab.export.finite_weights import check_finite
from nnlab.export.request import ExportRequest
from nnlab.extras import needed
from nnlab.inference.trained_network import TrainedNetwork
from nnlab.records.exportable import check_exportable
from nnlab.records.json_files import read_status
from nnlab.registry import registered_name
from nnlab.storage.layout import SUMMARY_FILE


@dataclass(frozen=True)
class OnnxFile:
    """The contents of an ONNX file, and what is to be said about them, one line each."""

    contents: bytes
    notes: tuple[str, ...]


def export(request: ExportRequest) -> list[Path]:
    """Write the ONNX file of a run, only once it is verified: see :func:`onnx_file`."""
    check_exportable(request.run, "onnx", "run")
    path = request.file(".onnx")
    file = onnx_file(request.run, probabilities=request.probabilities)
    for note in file.notes:
        request.say(note)
    return [request.write(path, file.contents)]


def onnx_file(run: Path, *, probabilities: bool = False) -> OnnxFile:
    """The network of a run as an ONNX file of opset 17, verified against nnlab; the same bytes each time.

    Raises RunError where the run has no readable model or its weights are not finite, UsageError where the network
    cannot be exported or the package onnx is missing, CheckFailed where the model gives other scores than the network.
    """
    needed("onnx", "onnx", "--to onnx")
    from nnlab.export.metadata import metadata_of
    from nnlab.export.onnx.model import onnx_model
    from nnlab.export.onnx.samples import raw_samples_of
    from nnlab.export.onnx.verification import BATCHES, verified

    network = TrainedNetwork.load(run)
    check_finite(run, network, np.float32)
    loss = network.experiment.loss
    if probabilities and not loss.softmax:
        raise UsageError(
            f"--probabilities: the scores of a network trained with {registered_name(loss)} are no logits "
            "of a softmax; leave it out"
        )
    model = onnx_model(network, metadata_of(run, network.inputs), probabilities=probabilities)
    raw, origin = raw_samples_of(network, sum(BATCHES))
    difference = verified(model, network, raw)
    notes = [f"verified with onnx.reference on {difference.samples} {origin}: {difference}"]
    if network.flat.values.dtype == np.float64:
        notes.insert(0, "the float64 network was exported as float32, which every runtime can compute")
    status = read_status(run / SUMMARY_FILE)["status"]
    if status != "completed":
        notes.insert(0, f"the run has the status {status}: its weights may be those before the first update")
    return OnnxFile(model.SerializeToString(deterministic=True), tuple(notes))
