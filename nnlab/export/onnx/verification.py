"""The scores of an ONNX model beside those of its network."""

from dataclasses import dataclass
from functools import partial
from time import monotonic

import numpy as np
from onnx import ModelProto

from nnlab.core.arrays import Array
from nnlab.engine.predictions import probabilities_of, scores_of
from nnlab.errors import CheckFailed, RunError
from nnlab.export.onnx.model import INPUT, PROBABILITIES, SCORES
from nnlab.export.onnx.reference import reference_evaluator
from nnlab.inference.trained_network import TrainedNetwork
from nnlab.models.network import Network

TOLERANCE = 1e-5
"""The largest difference of scores, relative to the largest score."""
BATCHES = (1, 7, 24, 32)
"""Samples in each batch of a verification; two sizes prove that the first dimension is free."""
MOST_SECONDS = 20.0
"""After this time no further batch begins: onnx.reference computes large convolutions slowly."""


@dataclass(frozen=True)
class Difference:
    """The largest difference of scores over samples, and the largest score."""

    samples: int
    absolute: float
    scale: float

    @property
    def relative(self) -> float:
        """The difference relative to the largest score; absolute where all scores are 0."""
        return self.absolute / self.scale if self.scale else self.absolute


def verified(model: ModelProto, network: TrainedNetwork, raw: Array) -> Difference:
    """The difference between ``onnx.reference`` and the network on raw samples (N, ...), at most 64.

    Raises RunError where the network's own scores are not finite, CheckFailed where the difference exceeds the
    tolerance.
    """
    evaluator, start, samples = reference_evaluator(model), monotonic(), 0
    absolute = scale = 0.0
    for size in BATCHES:
        batch = raw[samples : samples + size]
        if not len(batch) or monotonic() - start > MOST_SECONDS:
            break
        expected = network_scores(network, batch)
        if not np.isfinite(expected).all():
            raise RunError("the network's scores are not finite, as after a divergence: it cannot be exported")
        outputs = dict(zip(evaluator.output_names, evaluator.run(None, {INPUT: batch}), strict=True))
        pairs = [(outputs[SCORES], expected)]
        if PROBABILITIES in outputs:
            pairs.append((outputs[PROBABILITIES], probabilities_of(expected, softmax=True)))
        absolute = max(absolute, *(float(np.abs(found - right).max()) for found, right in pairs))
        scale = max(scale, float(np.abs(expected).max()))
        samples += len(batch)
    difference = Difference(samples, absolute, scale)
    if not difference.relative <= TOLERANCE:
        raise CheckFailed(
            f"--to onnx: the scores of the ONNX model differ from nnlab's by up to {absolute:.2g} over {samples} "
            f"samples, {difference.relative:.2g} of the largest score (at most {TOLERANCE:g} expected); nothing was "
            "written"
        )
    return difference


def network_scores(network: TrainedNetwork, raw: Array) -> Array:
    """The network's own scores (N, K) for raw samples: uint8 pixels, or float64 features before scaling."""
    scaling = network.inputs.scaling
    inputs = raw if scaling is None else scaling.apply(raw)
    chunks = scores_of(partial(Network.forward, network), network, inputs)
    with np.errstate(all="ignore"):  # after a divergence scores may be anything
        return np.concatenate([chunk.copy() for chunk in chunks])
