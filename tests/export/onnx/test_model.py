"""Whole networks give the same scores in ONNX, from raw samples."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from documents import blocks
from onnx import TensorProto, shape_inference
from onnx_models import RUNNERS, run_model, vary
from trainings import make_experiment

from nnlab.config.bundled import bundled_configs
from nnlab.config.experiment import Experiment
from nnlab.config.loading import load_experiment
from nnlab.core.arrays import Array, Shape
from nnlab.core.random import make_streams
from nnlab.data.input_format import Column, InputFormat, Scaling
from nnlab.engine.predictions import probabilities_of
from nnlab.errors import UsageError
from nnlab.export.onnx.model import onnx_model
from nnlab.export.onnx.samples import random_samples
from nnlab.export.onnx.verification import network_scores
from nnlab.inference.trained_network import TrainedNetwork

CONFIGS = {name: path for name, path in bundled_configs().items() if "/" not in name or name.startswith("activations/")}
DOCUMENT = Path(__file__).parents[3] / "docs" / "export.md"
MODELS = {
    "softmax": "softmax",
    "mlp": "{name: mlp, hidden: [30, 20], activation: tanh, batch_norm: true, dropout: 0.3}",
    "convnet": "{name: convnet, filters: 8}",
    "alexnet": "{name: alexnet, hidden: 32, upsample: 3}",
    "resnet_mini": "{name: resnet_mini, filters: 4}",
    "recurrent": "{name: recurrent, cell: lstm, units: 8, layers: 2, bidirectional: true}",
}
PIXELS = InputFormat((1, 28, 28), tuple("0123456789"), True, np.array(0.0), np.array(255.0))


def network_of(experiment: Experiment, inputs: InputFormat) -> TrainedNetwork:
    """A network with its initial weights, and running averages that are no zeros and ones."""
    network = TrainedNetwork(experiment, inputs)
    vary(network.layers, np.random.default_rng(0))
    return network


def make_network(folder: Path, model: str, inputs: InputFormat, *overrides: str) -> TrainedNetwork:
    spec = f"data: mnist\nmodel: {model}\noptimizer: {{name: sgd, lr: 0.1}}\ntrain: {{iterations: 1}}\n"
    return network_of(make_experiment(folder, spec, *overrides), inputs)


def inputs_of(experiment: Experiment) -> InputFormat:
    if experiment.data.published_shape is None:
        return experiment.data.load(make_streams("streams", 0).rng(0)).inputs
    shape, classes = experiment.data.published_shape
    return InputFormat(shape, tuple(map(str, range(classes))), True, np.array(0.0), np.array(255.0))


def table(shape: Shape = (4,), **settings: Any) -> InputFormat:
    """A column of years, one of three categories."""
    columns = (Column("year"), Column("colour", ("blue", "red", "été")))
    low, high = np.array([1990.0, 0, 0, 0]), np.array([2020.0, 1, 1, 1])
    scaling = Scaling(np.array([2005.0, 0.2, 0.3, 0.5]), np.array([0.01, 0.4, 0.5, 0.5]))
    return InputFormat(shape, ("no", "yes"), False, low, high, columns, scaling)


def check_scores(network: TrainedNetwork, raw: Array, tolerance: float = 1e-5) -> None:
    model, targets = onnx_model(network, {}), network.inputs.targets
    name, dtype = ("scores", np.float32) if targets is None else ("predictions", np.float64)
    for batch in (raw[:1], raw[:7]):
        expected = network_scores(network, batch)
        expected = expected if targets is None else targets.undo(expected)
        scale = np.abs(expected).max()
        assert scale > 0
        for runner in RUNNERS:
            found = run_model(runner, model, batch)[name]
            assert (found.shape, found.dtype) == (expected.shape, dtype)
            np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * scale)


def check_scores_in_double_precision(network: TrainedNetwork, raw: Array) -> None:
    """For networks that amplify rounding, such as a state that doubles over 50 steps: no digit is left to float32."""
    double = TrainedNetwork(replace(network.experiment, dtype="float64"), network.inputs)
    double.load_state(network.state())
    expected = network_scores(double, raw)
    assert np.abs(expected).max() > 0
    found = run_model("onnx.reference", onnx_model(double, {}, dtype=np.float64), raw)["scores"]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("name", MODELS)
def test_model_gives_the_same_scores(tmp_path: Path, name: str) -> None:
    check_scores(make_network(tmp_path, MODELS[name], PIXELS), random_samples(PIXELS, 7))


def test_probabilities_at_each_step_are_over_the_classes(tmp_path: Path) -> None:
    spec = "{data: {name: binary_addition, bits: 4, samples: 20, test_samples: 5}, model: {name: recurrent, units: 3}, "
    experiment = make_experiment(tmp_path, spec + "optimizer: adam, train: {iterations: 1}}")
    inputs = inputs_of(experiment)
    network, raw = network_of(experiment, inputs), random_samples(inputs, 3)
    model = onnx_model(network, {}, probabilities=True)
    expected = np.exp(network_scores(network, raw))
    expected /= expected.sum(axis=2, keepdims=True)
    for runner in RUNNERS:
        found = run_model(runner, model, raw)["probabilities"]
        np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_bundled_config_gives_the_same_scores(name: str) -> None:
    experiment = load_experiment(CONFIGS[name])
    inputs = inputs_of(experiment)
    network, raw = network_of(experiment, inputs), random_samples(inputs, 7)
    if name in ("rnn_exploding", "rnn_clipped"):
        check_scores_in_double_precision(network, raw)
    else:
        # Five layers of tanhs with weights of std 1 amplify rounding: in float32 the network's own scores are as wrong.
        check_scores(network, raw, 1e-3 if name == "activations/tanh_std_1" else 1e-5)


def test_opset_and_file_format_are_those_of_2022(tmp_path: Path) -> None:
    """The newest that onnxruntime 1.12 to 1.14 read; onnx itself writes a newer format even for this opset."""
    model = onnx_model(make_network(tmp_path, MODELS["mlp"], PIXELS), {})
    assert (model.ir_version, [(each.domain, each.version) for each in model.opset_import]) == (8, [("", 17)])
    assert (model.producer_name, model.doc_string, model.graph.doc_string) == ("nnlab", "", "")
    assert not any(node.doc_string for node in model.graph.node)


def test_batch_dimension_is_free_and_every_value_has_a_shape(tmp_path: Path) -> None:
    model = onnx_model(make_network(tmp_path, MODELS["resnet_mini"], PIXELS), {})
    values = [*model.graph.input, *model.graph.output, *model.graph.value_info]
    assert {value.type.tensor_type.shape.dim[0].dim_param for value in values} == {"N"}
    assert {value.name for value in values} == {"x", *(name for node in model.graph.node for name in node.output)}
    inferred = shape_inference.infer_shapes(model, strict_mode=True)
    assert inferred.SerializeToString(deterministic=True) == model.SerializeToString(deterministic=True)


def test_nodes_and_constants_have_the_names_of_the_layers(tmp_path: Path) -> None:
    model = onnx_model(make_network(tmp_path, MODELS["mlp"], PIXELS), {}, probabilities=True)
    assert [node.name for node in model.graph.node] == [
        *("input.cast", "input.divide", "flatten1", "linear1", "batch_norm1", "tanh1"),
        *("linear2", "batch_norm2", "tanh2", "linear3", "probabilities"),
    ]
    own = {constant.name for constant in model.graph.initializer}
    assert own == {"input.white", *make_network(tmp_path, MODELS["mlp"], PIXELS).state()}


def test_pixels_enter_as_uint8_and_are_scaled_inside(tmp_path: Path) -> None:
    model = onnx_model(make_network(tmp_path, "softmax", PIXELS), {})
    (x,) = model.graph.input
    assert x.type.tensor_type.elem_type == TensorProto.UINT8
    white = np.full((2, 1, 28, 28), 255, np.uint8)
    network = make_network(tmp_path, "softmax", PIXELS)
    expected = network.forward(np.ones((2, 1, 28, 28), np.float32), training=False)
    np.testing.assert_allclose(run_model("onnxruntime", model, white)["scores"], expected, rtol=1e-5)


def test_features_enter_as_float64_since_years_need_more_digits_than_float32_has(tmp_path: Path) -> None:
    network = make_network(tmp_path, "{name: mlp, hidden: [5]}", table())
    (x,) = onnx_model(network, {}).graph.input
    assert x.type.tensor_type.elem_type == TensorProto.DOUBLE
    raw = random_samples(table(), 7)
    raw[:, 0] = 2005 + np.linspace(-0.02, 0.02, 7)
    assert np.ptp(network_scores(network, raw), axis=0).min() > 0.1, "the digits after the point matter"
    check_scores(network, raw)


def test_unscaled_features_and_float_images_enter_as_they_are(tmp_path: Path) -> None:
    for shape, end in (((2,), np.ones(2)), ((2, 8, 8), np.array(1.0))):
        inputs = InputFormat(shape, ("a", "b", "c"), False, -end, end)
        check_scores(make_network(tmp_path, "{name: mlp, hidden: [5]}", inputs), random_samples(inputs, 7))


@pytest.mark.parametrize("runner", RUNNERS)
def test_probabilities_are_the_softmax_of_the_scores(tmp_path: Path, runner: str) -> None:
    network, raw = make_network(tmp_path, MODELS["mlp"], PIXELS), random_samples(PIXELS, 7)
    outputs = run_model(runner, onnx_model(network, {}, probabilities=True), raw)
    assert list(outputs) == ["scores", "probabilities"]
    expected = probabilities_of(network_scores(network, raw), softmax=True)
    np.testing.assert_allclose(outputs["probabilities"], expected, atol=1e-6)


def test_float64_network_is_exported_as_float32(tmp_path: Path) -> None:
    network = make_network(tmp_path, MODELS["mlp"], PIXELS, "dtype=float64")
    assert {constant.data_type for constant in onnx_model(network, {}).graph.initializer} == {TensorProto.FLOAT}
    check_scores(network, random_samples(PIXELS, 7))


def test_float64_model_agrees_to_all_digits_with_onnx_reference(tmp_path: Path) -> None:
    network, raw = make_network(tmp_path, MODELS["convnet"], PIXELS, "dtype=float64"), random_samples(PIXELS, 3)
    model = onnx_model(network, {}, dtype=np.float64)
    expected = network_scores(network, raw)
    np.testing.assert_allclose(run_model("onnx.reference", model, raw)["scores"], expected, rtol=1e-12)


def test_network_that_ends_in_layers_without_nodes_gives_scores(tmp_path: Path) -> None:
    layers = "[flatten, {name: linear, units: 10}, {name: dropout}, identity]"
    check_scores(make_network(tmp_path, f"{{name: sequential, layers: {layers}}}", PIXELS), random_samples(PIXELS, 7))


def test_weights_beyond_the_limit_of_protobuf_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.export.onnx.model.LARGEST_BYTES", 30_000)
    with pytest.raises(
        UsageError, match=r"^--to onnx: the weights have 30\.7 KiB, but an ONNX file holds at most 2 GiB"
    ):
        onnx_model(make_network(tmp_path, "softmax", PIXELS), {})


def test_same_network_gives_the_same_bytes(tmp_path: Path) -> None:
    metadata = {"b": json.dumps({"é": 1}), "a": "2"}
    files = {
        onnx_model(make_network(tmp_path, MODELS["mlp"], PIXELS), metadata).SerializeToString(deterministic=True)
        for _ in range(2)
    }
    assert len(files) == 1


def test_documented_lines_print_class_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (block,) = (block for block in blocks(DOCUMENT, "python") if "import onnxruntime" in block.text)
    monkeypatch.chdir(tmp_path)
    metadata = {"class_names": json.dumps(PIXELS.class_names)}
    model = onnx_model(make_network(tmp_path, "softmax", PIXELS), metadata)
    Path("digits.onnx").write_bytes(model.SerializeToString())
    exec(compile(block.text, "export.md", "exec"), {})
    assert re.fullmatch(r"\[('\d', ){4}'\d'\]\n", capsys.readouterr().out)
