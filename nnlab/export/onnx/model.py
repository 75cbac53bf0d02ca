"""The ONNX model of a trained network: raw samples in, scores out."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, TensorProto, checker, helper

from nnlab import __version__
from nnlab.core.arrays import Shape
from nnlab.core.memory import readable_bytes
from nnlab.data.input_format import WHITE, InputFormat
from nnlab.data.target_columns import TargetColumns
from nnlab.errors import UsageError
from nnlab.export.onnx.converters import CONVERTERS
from nnlab.export.onnx.graph import Graph
from nnlab.inference.trained_network import TrainedNetwork

OPSET = 17
"""The version of the operators: the first with LayerNormalization."""
IR_VERSION = 8
"""The version of the file format that came with opset 17; onnx itself would write its newest, which runtimes refuse."""
INPUT, SCORES, PROBABILITIES = "x", "scores", "probabilities"
PREDICTIONS = "predictions"
LARGEST_BYTES = 2**31 - 2**24
"""The weights that fit into one file: protobuf's limit of 2 GiB, less 16 MiB for all else."""


def onnx_model(
    network: TrainedNetwork,
    metadata: Mapping[str, str],
    *,
    probabilities: bool = False,
    dtype: npt.DTypeLike = np.float32,
) -> ModelProto:
    """The model with the input ``x`` and the output ``scores`` (N, K), with ``probabilities`` also softmax(scores).

    A network of numbers has the output ``predictions`` (N, K) in place of scores, float64 in the user's units. ``x``
    takes raw samples (N, ...): uint8 pixels, or float64 features with categories one-hot encoded. Raises
    UsageError where a layer has no converter or the weights exceed 2 GiB.
    """
    needed = sum(array.size for array in network.state().values()) * np.dtype(dtype).itemsize
    if needed > LARGEST_BYTES:
        raise UsageError(
            f"--to onnx: the weights have {readable_bytes(needed)}, but an ONNX file holds at most 2 GiB; "
            "--to safetensors has no such limit"
        )
    graph = Graph(dtype, CONVERTERS)
    scaled, element = _scaled_input(graph, network.inputs)
    named = zip(network.names, network.layers, strict=True)
    output = graph.layers(named, scaled)
    if network.inputs.targets is None:
        graph.name_value(output, SCORES)
        outputs = [SCORES]
    else:
        outputs = [_in_own_units(graph, output, network.inputs.targets, network.out_shape)]
    if probabilities:
        outputs.append(graph.node("Softmax", PROBABILITIES, [SCORES], network.out_shape, axis=len(network.out_shape)))
    model = helper.make_model(
        graph.finished("nnlab", {INPUT: (network.inputs.shape, element)}, outputs),
        producer_name="nnlab",
        producer_version=__version__,
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    helper.set_model_props(model, dict(metadata))
    checker.check_model(model, full_check=True)
    return model


def _in_own_units(graph: Graph, scores: str, targets: TargetColumns, shape: Shape) -> str:
    """The nodes from scores to predictions, scores · spread + centre in float64; returns their output."""
    spread = graph.constant("targets.spread", targets.spread, np.float64)
    centre = graph.constant("targets.centre", targets.centre, np.float64)
    x = graph.node("Cast", "targets.cast", [scores], shape, TensorProto.DOUBLE, to=TensorProto.DOUBLE)
    x = graph.node("Mul", "targets.scaled", [x, spread], shape, TensorProto.DOUBLE)
    return graph.node("Add", PREDICTIONS, [x, centre], shape, TensorProto.DOUBLE)


def _scaled_input(graph: Graph, inputs: InputFormat) -> tuple[str, int]:
    """The nodes from raw samples to network inputs; returns their output and the element type of raw samples.

    Features are scaled in float64: of a year or a time, float32 has too few digits to tell its neighbours apart.
    """
    if inputs.pixels:
        cast = graph.node("Cast", "input.cast", [INPUT], inputs.shape, to=graph.element_type)
        white = graph.constant("input.white", np.array(WHITE))
        return graph.node("Div", "input.divide", [cast, white], inputs.shape), TensorProto.UINT8
    x, element = INPUT, TensorProto.DOUBLE
    if inputs.scaling is not None:
        centre = graph.constant("input.centre", inputs.scaling.centre, np.float64)
        spread = graph.constant("input.spread", inputs.scaling.spread, np.float64)
        x = graph.node("Sub", "input.centred", [x, centre], inputs.shape, element)
        x = graph.node("Div", "input.scaled", [x, spread], inputs.shape, element)
    return graph.node("Cast", "input.cast", [x], inputs.shape, to=graph.element_type), element
