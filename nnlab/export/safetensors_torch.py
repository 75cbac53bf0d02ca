"""The weights of a run with the names and layouts of PyTorch, and the script that loads them."""

from collections.abc import Mapping
from pathlib import Path

from nnlab.data.input_format import InputFormat
from nnlab.errors import UsageError
from nnlab.export.finite_weights import check_finite
from nnlab.export.metadata import metadata_of
from nnlab.export.pytorch_modules import sequential
from nnlab.export.pytorch_script import input_arrays, script
from nnlab.export.request import ExportRequest
from nnlab.inference.trained_network import TrainedNetwork
from nnlab.models.network import Network
from nnlab.records.exportable import check_exportable
from nnlab.records.json_files import read_summary
from nnlab.storage.layout import SUMMARY_FILE
from nnlab.storage.script_names import hides_module, importable_name
from nnlab.storage.tensors import packed

ENDING, SCRIPT_ENDING = ".safetensors", ".py"
IMPORTED = ("numpy", "safetensors", "torch")
"""What the script imports, itself or through PyTorch."""


def export(request: ExportRequest) -> list[Path]:
    """Write the weights, and beside them the script that rebuilds the network in PyTorch and loads them.

    Neither needs nnlab, and nothing here needs PyTorch. Raises UsageError for a layer that PyTorch has not.
    """
    check_exportable(request.run, "safetensors", "run")
    if request.out is not None and request.out.suffix != ENDING:
        raise UsageError(f"--out {request.out}: must end in {ENDING}; the script beside it ends in {SCRIPT_ENDING}")
    if request.out is not None and hides_module(module := request.out.stem, *IMPORTED):
        raise UsageError(
            f"--out {request.out}: a script {module}{SCRIPT_ENDING} would hide the module {module}; use another name"
        )
    weights = request.new(request.out or Path(importable_name(request.name) + ENDING))
    loader = request.new(weights.with_name(weights.name.removesuffix(ENDING) + SCRIPT_ENDING))
    network = TrainedNetwork.load(request.run)
    check_finite(request.run, network, network.flat.values.dtype)
    steps = read_summary(request.run / SUMMARY_FILE)["steps"]
    metadata = metadata_of(request.run, network.inputs)
    contents, text = files_of(network, network.inputs, steps, metadata, request.name, weights.name)
    return [request.write(weights, contents), request.write(loader, text.encode(errors="backslashreplace"))]


def files_of(
    network: Network, inputs: InputFormat, updates: int, metadata: Mapping[str, str], run: str, weights: str
) -> tuple[bytes, str]:
    """The safetensors file of a network, and the script that loads it as ``weights``."""
    layers = sequential(zip(network.names, network.layers, strict=True), updates)
    arrays = {**input_arrays(inputs), **layers.state_dict()}
    text = script(layers, inputs, network.flat.values.dtype, run, weights)
    return packed(arrays, {"format": "pt", **metadata}), text
