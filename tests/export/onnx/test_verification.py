"""An exported model is verified before it is written."""

from pathlib import Path

import numpy as np
import pytest
from onnx import ModelProto, numpy_helper
from onnx_models import vary
from trainings import make_experiment

from nnlab.data.input_format import Column, InputFormat, Scaling
from nnlab.engine.predictions import evaluation_split
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import CheckFailed, RunError
from nnlab.export.onnx import verification
from nnlab.export.onnx.model import onnx_model
from nnlab.export.onnx.samples import random_samples, raw_samples_of
from nnlab.export.onnx.verification import measured, rounding_error, verified
from nnlab.inference.trained_network import TrainedNetwork

CHAOTIC = "{name: mlp, hidden: [100, 100, 100, 100, 100, 100, 100, 100], activation: tanh, init: 1.0}"
INPUTS = InputFormat((6,), ("a", "b", "c"), False, -np.ones(6), np.ones(6))


def make_network(folder: Path, model: str, inputs: InputFormat = INPUTS, *overrides: str) -> TrainedNetwork:
    spec = f"data: spiral\nmodel: {model}\noptimizer: {{name: sgd, lr: 0.1}}\ntrain: {{iterations: 1}}\n"
    network = TrainedNetwork(make_experiment(folder, spec, *overrides), inputs)
    vary(network.layers, np.random.default_rng(0))
    return network


def shifted(model: ModelProto, name: str, share: float) -> ModelProto:
    """The model with one constant array changed by a share of its largest number."""
    (constant,) = (each for each in model.graph.initializer if each.name == name)
    array = numpy_helper.to_array(constant)
    constant.CopyFrom(numpy_helper.from_array((array + share * np.abs(array).max()).astype(array.dtype), name))
    return model


def test_difference_is_measured_on_64_samples_in_batches_of_several_sizes(tmp_path: Path) -> None:
    network = make_network(tmp_path, "{name: mlp, hidden: [8], batch_norm: true}")
    difference = verified(onnx_model(network, {}, probabilities=True), network, random_samples(INPUTS, 64))
    assert difference.samples == 64
    assert 0 <= difference.relative <= 1e-6
    assert difference.scale > 0.1
    assert measured(onnx_model(network, {}), network, random_samples(INPUTS, 5)).samples == 5


@pytest.mark.parametrize("name", ["linear1.W", "batch_norm1.running_mean", "linear2.b"])
def test_model_with_other_scores_is_refused(tmp_path: Path, name: str) -> None:
    network, raw = make_network(tmp_path, "{name: mlp, hidden: [8], batch_norm: true}"), random_samples(INPUTS, 64)
    with pytest.raises(CheckFailed, match=r"on 64 samples the scores differ by up to .* expected at most 1e-05"):
        verified(shifted(onnx_model(network, {}), name, 1e-3), network, raw)


def test_probabilities_are_verified_too(tmp_path: Path) -> None:
    network, raw = make_network(tmp_path, "softmax"), random_samples(INPUTS, 9)
    model = onnx_model(network, {}, probabilities=True)
    next(node for node in model.graph.node if node.name == "probabilities").op_type = "LogSoftmax"
    with pytest.raises(CheckFailed, match="on 9 samples the probabilities differ"):
        verified(model, network, raw)


def test_probabilities_are_not_measured_by_scores_that_are_much_smaller(tmp_path: Path) -> None:
    network, raw = make_network(tmp_path, "softmax"), random_samples(INPUTS, 64)
    for array in network.state().values():
        array *= 1e-6
    difference = verified(onnx_model(network, {}, probabilities=True), network, raw)
    assert difference.relative <= 1e-6


def test_model_that_gives_nan_is_refused(tmp_path: Path) -> None:
    network, raw = make_network(tmp_path, "softmax"), random_samples(INPUTS, 9)
    with pytest.raises(CheckFailed, match="the scores differ by up to nan"):
        verified(shifted(onnx_model(network, {}), "linear1.b", np.nan), network, raw)


def test_rounding_that_the_network_itself_amplifies_is_no_fault_of_the_model(tmp_path: Path) -> None:
    network, raw = make_network(tmp_path, CHAOTIC, INPUTS, "dtype=float64"), random_samples(INPUTS, 64)
    difference = verified(onnx_model(network, {}), network, raw)
    assert difference.relative > 1e-5
    assert difference.rounding == rounding_error(network, raw)
    assert "nnlab's own scores in float32 and float64 differ by" in str(difference)
    with pytest.raises(CheckFailed, match="own scores in float32 and float64"):
        verified(shifted(onnx_model(network, {}), "linear4.W", 1e-2), network, raw)


def test_network_without_finite_scores_is_refused(tmp_path: Path) -> None:
    network = make_network(tmp_path, "{name: mlp, hidden: [8], activation: relu}")
    for name in ("linear1.W", "linear2.W"):
        network.state()[name][...] = 1e30
    with pytest.raises(RunError, match="scores are not finite, as after a divergence"):
        verified(onnx_model(network, {}), network, np.ones((3, 6)))


def test_verification_of_a_slow_model_stops_after_a_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "MOST_SECONDS", -1.0)
    clock = iter([0.0, -2.0, 0.0])
    monkeypatch.setattr(verification, "monotonic", lambda: next(clock))
    network = make_network(tmp_path, "softmax")
    assert verified(onnx_model(network, {}), network, random_samples(INPUTS, 64)).samples == 1


def test_samples_are_those_that_the_run_is_judged_by(tmp_path: Path) -> None:
    network = make_network(tmp_path, "softmax", InputFormat((2,), ("0", "1", "2"), False, -np.ones(2), np.ones(2)))
    name, split = evaluation_split(RunSetup(network.experiment).dataset)
    samples, origin = raw_samples_of(network, 64)
    assert origin == f"{name} samples"
    np.testing.assert_array_equal(samples, split.inputs[:64])


def test_random_samples_stand_in_for_data_that_is_gone_or_changed(tmp_path: Path) -> None:
    network = make_network(tmp_path, "softmax")  # of six features, where the data of the spec has two
    samples, origin = raw_samples_of(network, 64)
    assert (samples.shape, origin) == ((64, 6), "random samples, since the run's data is not available")
    assert np.abs(samples).max() <= 1
    np.testing.assert_array_equal(samples, random_samples(INPUTS, 64))


def test_random_samples_of_a_text_are_tokens() -> None:
    inputs = InputFormat((5,), tuple("abc"), False, np.zeros(5), np.full(5, 2.0), tokens=True)
    samples = random_samples(inputs, 50)
    assert (samples.shape, samples.dtype) == ((50, 5), np.float64)
    assert set(samples.flat) == {0, 1, 2}


def test_random_rows_of_a_table_have_one_category_each() -> None:
    columns = (Column("a"), Column("b", ("x", "y", "z")), Column("c", ("u", "v")))
    low, high = np.array([5.0, 0, 0, 0, 0, 0]), np.array([9.0, 1, 1, 1, 1, 1])
    inputs = InputFormat((6,), ("no", "yes"), False, low, high, columns, Scaling(np.ones(6), np.ones(6)))
    samples = random_samples(inputs, 50)
    assert (samples[:, 0] >= 5).all()
    for part in (samples[:, 1:4], samples[:, 4:]):
        assert set(np.unique(part)) == {0, 1}
        assert (part.sum(axis=1) == 1).all()
        assert part.any(axis=0).all()
