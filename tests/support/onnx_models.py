"""ONNX models run by onnxruntime and onnx.reference, and weights that let a wrong converter show."""

import numpy as np
import onnxruntime
from onnx import ModelProto

from nnlab.core.arrays import Array
from nnlab.export.onnx.reference import reference_evaluator
from nnlab.layers.base import Layer
from nnlab.layers.planning import all_layers

RUNNERS = ("onnxruntime", "onnx.reference")


def run_model(runner: str, model: ModelProto, x: Array) -> dict[str, Array]:
    """The outputs of a model by name, computed with one thread."""
    if runner == "onnx.reference":
        evaluator = reference_evaluator(model)
        return dict(zip(evaluator.output_names, evaluator.run(None, {"x": x}), strict=True))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"x": x}), strict=True))


def vary(layers: list[Layer], rng: np.random.Generator) -> None:
    """Change every bias, scale and running average, which would otherwise be 0 or 1 where nothing is trained."""
    for layer in layers:
        for parameter in layer.parameters:
            if not parameter.regularized:
                parameter.value += 0.3 * rng.standard_normal(parameter.shape)
    for layer in all_layers(layers):
        for buffer in layer.buffers.values():
            buffer *= rng.uniform(0.5, 2, buffer.shape)
            buffer += rng.uniform(0, 0.5, buffer.shape)
