"""The scores of an ONNX model beside those of its network."""

from dataclasses import dataclass, replace
from math import inf, isnan
from time import monotonic

import numpy as np
from onnx import ModelProto

from nnlab.core.arrays import Array
from nnlab.engine.predictions import all_scores, probabilities_of
from nnlab.errors import CheckFailed, RunError
from nnlab.export.onnx.model import INPUT, PREDICTIONS, PROBABILITIES, SCORES
from nnlab.export.onnx.reference import reference_evaluator
from nnlab.inference.trained_network import TrainedNetwork

TOLERANCE = 1e-5
"""The largest difference of an output, relative to the largest number in it."""
ROUNDING = 10
"""Differences of up to this multiple of a network's own rounding error are no fault of the model."""
BATCHES = (1, 7, 24, 32)
"""Samples in each batch of a verification; two sizes prove that the first dimension is free."""
MOST_SECONDS = 20.0
"""After this time no further batch begins: onnx.reference computes large convolutions slowly."""


@dataclass(frozen=True)
class Difference:
    """The largest difference of an output over samples, and the largest number in the output.

    ``rounding`` is the largest difference between the network's own scores in float32 and in float64, where asked for.
    """

    output: str
    samples: int
    absolute: float
    scale: float
    rounding: float | None = None

    @property
    def relative(self) -> float:
        """The difference relative to the largest number; absolute where all are 0."""
        return self.absolute / self.scale if self.scale else self.absolute

    def __str__(self) -> str:
        text = f"the {self.output} differ by up to {self.absolute:.2g}, {self.relative:.2g} of the largest"
        if self.rounding is None:
            return text
        return f"{text}; nnlab's own scores in float32 and float64 differ by {self.rounding:.2g}"


def verified(model: ModelProto, network: TrainedNetwork, raw: Array) -> Difference:
    """The largest difference between ``onnx.reference`` and the network on raw samples (N, ...), at most 64.

    Raises RunError where the network's own scores are not finite, CheckFailed where the difference exceeds both the
    tolerance and ten times the rounding error of the network itself, which deep saturated ones amplify.
    """
    difference = measured(model, network, raw)
    if difference.relative <= TOLERANCE:
        return difference
    difference = replace(difference, rounding=rounding_error(network, raw[: difference.samples]))
    if difference.rounding and difference.absolute <= ROUNDING * difference.rounding:
        return difference
    raise CheckFailed(
        f"--to onnx: the ONNX model is not the same as the network: on {difference.samples} samples {difference}; "
        f"expected at most {TOLERANCE:g} of the largest; nothing was written"
    )


def measured(model: ModelProto, network: TrainedNetwork, raw: Array) -> Difference:
    """The difference of the scores, or of the probabilities where the model has them and theirs is larger."""
    evaluator, start, samples = reference_evaluator(model), monotonic(), 0
    absolute, scale = (dict.fromkeys(evaluator.output_names, 0.0) for _ in range(2))
    for size in BATCHES:
        batch = raw[samples : samples + size]
        if not len(batch) or monotonic() - start > MOST_SECONDS:
            break
        scores = network_scores(network, batch)
        if not np.isfinite(scores).all():
            raise RunError("the network's scores are not finite, as after a divergence: it cannot be exported")
        with np.errstate(all="ignore"):  # underflow in exp, where nnlab's code avoids it
            outputs = evaluator.run(None, {INPUT: batch})
        expected = {SCORES: scores, PROBABILITIES: probabilities_of(scores, softmax=True)}
        if network.inputs.targets is not None:
            expected = {PREDICTIONS: network.inputs.targets.undo(scores)}
        for name, found in zip(evaluator.output_names, outputs, strict=True):
            largest = np.abs(found - expected[name]).max()
            absolute[name] = float(np.maximum(absolute[name], largest))  # NaN stays
            scale[name] = max(scale[name], float(np.abs(expected[name]).max()))
        samples += len(batch)
    differences = [Difference(name, samples, absolute[name], scale[name]) for name in evaluator.output_names]
    return max(differences, key=lambda each: inf if isnan(each.relative) else each.relative)


def network_scores(network: TrainedNetwork, raw: Array) -> Array:
    """The network's own scores (N, K) for raw samples: uint8 pixels, or float64 features before scaling."""
    scaling, plain = network.inputs.scaling, network.plain()
    inputs = raw if scaling is None else scaling.apply(raw)
    with np.errstate(all="ignore"):  # after a divergence scores may be anything
        return all_scores(plain.forward, plain, inputs)


def rounding_error(network: TrainedNetwork, raw: Array) -> float:
    """The largest difference between the network's scores for raw samples in float32 and in float64."""
    scores = []
    for dtype in ("float32", "float64"):
        replica = TrainedNetwork(replace(network.experiment, dtype=dtype), network.inputs)
        replica.load_state(network.state())
        scores.append(network_scores(replica, raw))
    return float(np.abs(scores[0] - scores[1]).max())
