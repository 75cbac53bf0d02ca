"""The script of an exported network, run with PyTorch, gives the scores of nnlab."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from trainings import make_experiment, make_network

from nnlab.core.arrays import Array
from nnlab.data.input_format import InputFormat, Scaling
from nnlab.export.request import ExportRequest
from nnlab.export.safetensors_torch import export, files_of
from nnlab.inference.trained_network import predict
from nnlab.layers.base import Layer
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.conv import Conv2D
from nnlab.layers.flatten import Flatten
from nnlab.layers.gru import GRU
from nnlab.layers.linear import Linear
from nnlab.layers.lstm import LSTM
from nnlab.layers.pool import AvgPool, MaxPool
from nnlab.layers.prelu import PReLU
from nnlab.layers.recurrent import RecurrentLayer
from nnlab.layers.rnn import RNN
from nnlab.models.alexnet import AlexNet
from nnlab.models.base import Model
from nnlab.models.convnet import ConvNet
from nnlab.models.mlp import MLP, Softmax
from nnlab.models.network import Network
from nnlab.models.recurrent import Recurrent
from nnlab.models.resnet_mini import ResNetMini
from nnlab.registry import layers
from nnlab.train.run import run

torch = pytest.importorskip("torch", reason="PyTorch is not installed; .ci/run installs it for these tests")

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
MODELS: dict[str, tuple[Model, tuple[int, ...]]] = {
    "softmax": (Softmax(), (1, 28, 28)),
    "mlp": (MLP(hidden=[50, 40], batch_norm=BatchNorm(), dropout=0.3), (1, 28, 28)),
    "convnet": (ConvNet(), (1, 28, 28)),
    "alexnet": (AlexNet(hidden=64, upsample=2), (3, 32, 32)),
    "resnet_mini": (ResNetMini(), (3, 32, 32)),
    "recurrent": (Recurrent(cell="gru", units=20, layers=2, bidirectional=True, dropout=0.2), (1, 28, 28)),
}
BORDERS: list[tuple[Layer, tuple[int, ...]]] = [
    (Conv2D(filters=2, kernel=4, stride=3, padding="same"), (2, 7, 5)),
    (MaxPool(size=3, stride=2, padding="same"), (2, 4, 5)),
    (MaxPool(size=3, stride=1, padding=2), (2, 4, 5)),
    (AvgPool(size=4, stride=3, padding=3), (2, 5, 6)),
    (AvgPool(size=2, stride=1, padding="same"), (2, 3, 4)),
    (AvgPool(size=3, stride=2, padding=1), (2, 4, 4)),
]
SEQUENCES: list[tuple[Layer, tuple[int, ...]]] = [(PReLU(), (4, 3)), (PReLU(shared=True), (4, 3))]
EXAMPLES = [
    pytest.param(layer, in_shape, id=f"{name}-{number}")
    for name, cls in layers.items()
    for number, (layer, in_shape) in enumerate(cls.examples())
] + [pytest.param(layer, in_shape, id=f"border-{number}") for number, (layer, in_shape) in enumerate(BORDERS)]
EXAMPLES += [pytest.param(layer, shape, id=f"sequence-{number}") for number, (layer, shape) in enumerate(SEQUENCES)]


def shaken(network: Network) -> Network:
    """Random parameters and running statistics, so that none of them is its initial value."""
    rng = np.random.default_rng(1)
    for parameter in network.parameters:
        parameter.value += 0.1 * rng.standard_normal(parameter.shape)
    for name, array in network.state().items():
        if name.endswith("running_variance"):
            array *= rng.uniform(0.5, 2, array.shape)
        elif name.endswith("running_mean"):
            array += rng.standard_normal(array.shape)
    return network


def raw_format(shape: tuple[int, ...], scaling: Scaling | None = None) -> InputFormat:
    return InputFormat(shape, ("a", "b", "c"), pixels=False, low=np.array(0), high=np.array(1), scaling=scaling)


def loaded(folder: Path, network: Network, inputs: InputFormat):
    """The model that the written script loads."""
    contents, text = files_of(network, inputs, 7, {}, "run", "run.safetensors")
    (folder / "run.safetensors").write_bytes(contents)
    (folder / "run.py").write_text(text, encoding="utf-8")
    return runpy.run_path(str(folder / "run.py"))["load_model"]()


def largest_difference(model, network: Network, x: Array) -> float:
    """|PyTorch - nnlab| of the scores, relative to the largest score."""
    expected = network.forward(x, training=False).copy()
    with torch.inference_mode():
        found = model(torch.from_numpy(x)).numpy()
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    return float(np.abs(found - expected).max() / np.abs(expected).max())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("layer", "in_shape"), EXAMPLES)
def test_every_layer_in_pytorch_computes_what_it_computes_here(
    tmp_path: Path, layer: Layer, in_shape: tuple[int, ...], dtype: str
) -> None:
    probe = make_network([layer, Flatten(), Linear(units=3)], in_shape, 3, dtype=dtype)
    network = shaken(probe)
    x = network.layers[0].example_inputs(np.random.default_rng(0), 6).astype(dtype)
    model = loaded(tmp_path, network, raw_format(in_shape))
    assert largest_difference(model, network, x) <= TOLERANCE[dtype]


@pytest.mark.parametrize(
    "layer", [RNN(units=5), RNN(units=5, activation="relu"), LSTM(units=5), GRU(units=5)], ids=repr
)
def test_gradients_through_50_steps_are_those_of_pytorch(tmp_path: Path, layer: RecurrentLayer) -> None:
    """dx, and the norm of each weight's gradient, which the order of the gates does not change."""
    network = shaken(make_network([layer], (50, 3), (50, 5)))
    rng = np.random.default_rng(2)
    x, dy = rng.standard_normal((6, 50, 3)), rng.standard_normal((6, 50, 5))
    model = loaded(tmp_path, network, raw_format((50, 3)))
    inputs = torch.from_numpy(x).requires_grad_()
    model(inputs).backward(torch.from_numpy(dy))
    network.forward(x, training=True)
    dx = network.input_gradient(dy)
    expected = inputs.grad.numpy()
    assert np.abs(dx - expected).max() <= 1e-12 * np.abs(expected).max()
    own = {parameter.name: np.linalg.norm(parameter.grad) for parameter in network.parameters}
    (module,) = [part for part in model if isinstance(part, torch.nn.RNNBase)]
    theirs = {"Wx": module.weight_ih_l0, "Wh": module.weight_hh_l0, "b": module.bias_ih_l0}
    for name, weight in theirs.items():
        assert own[name] == pytest.approx(float(weight.grad.norm()), rel=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_in_pytorch_gives_the_same_scores(tmp_path: Path, name: str) -> None:
    model, in_shape = MODELS[name]
    network = shaken(make_network(model, in_shape, 10, dtype="float32"))
    x = np.random.default_rng(0).random((16, *in_shape), np.float32)
    difference = largest_difference(loaded(tmp_path, network, raw_format(in_shape)), network, x)
    assert difference <= TOLERANCE["float32"]


def test_loaded_model_is_in_evaluation_mode_and_has_no_missing_entry(tmp_path: Path) -> None:
    model, in_shape = MODELS["mlp"]
    loaded_model = loaded(tmp_path, shaken(make_network(model, in_shape, 10, dtype="float32")), raw_format(in_shape))
    assert not any(module.training for module in loaded_model.modules())
    assert loaded_model.state_dict()["batch_norm1.num_batches_tracked"] == 7
    assert loaded_model.linear1.weight.shape == (50, 784)


def test_features_are_scaled_in_double_precision(tmp_path: Path) -> None:
    network = make_network([Linear(units=3)], (2,), 3, dtype="float32")
    scaling = Scaling(np.array([1e9, -3.0]), np.array([2.0, 0.5]))
    model = loaded(tmp_path, network, raw_format((2,), scaling))
    raw = np.array([[1e9 + 1, -3.0], [1e9 - 2, -2.0]])
    expected = network.forward(scaling.apply(raw).astype(np.float32), training=False)
    assert model(torch.from_numpy(raw)).detach().numpy() == pytest.approx(expected, rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_exported_run_gives_the_same_classes(tmp_path: Path, no_pictures: None, dtype: str) -> None:
    spec = "{data: {name: mnist, train_size: 60, test_size: 40}, model: {name: mlp, hidden: [8]}, dtype: " + dtype
    spec += ", optimizer: {name: sgd, lr: 0.1}, train: {iterations: 5, batch_size: 20}}"
    done = run(make_experiment(tmp_path, spec), tmp_path / "runs")
    _, script = export(ExportRequest(run=done.path, out=tmp_path / "digits.safetensors"))
    namespace = runpy.run_path(str(script))
    pixels = np.random.default_rng(0).integers(0, 256, (20, 1, 28, 28), np.uint8)
    model = namespace["load_model"]()
    scores = model(torch.from_numpy(pixels)).detach().numpy()
    assert scores.dtype == dtype
    assert [namespace["CLASSES"][k] for k in scores.argmax(axis=1)] == [str(name) for name in predict(done, pixels)]
    floats = model(torch.from_numpy(pixels / np.float32(255))).detach().numpy()
    assert floats == pytest.approx(scores, abs=1e-5)


@pytest.mark.parametrize("target", ["[rent, price]", "price"])
def test_exported_regression_gives_numbers_in_the_users_units(tmp_path: Path, no_pictures: None, target: str) -> None:
    x = np.random.default_rng(0).random((20, 2))
    rows = "".join(f"{a},{b},{1e6 * (a - b)},{3 * a}\n" for a, b in x.tolist())
    (tmp_path / "houses.csv").write_text(f"a,b,price,rent\n{rows}", encoding="utf-8")
    spec = f"{{data: {{name: table, path: houses.csv, features: [a, b], target: {target}}}, model: softmax, "
    spec += "optimizer: {name: sgd, lr: 0.1}, train: {iterations: 5, batch_size: 8}}"
    done = run(make_experiment(tmp_path, spec), tmp_path / "runs")
    _, script = export(ExportRequest(run=done.path, out=tmp_path / "houses.safetensors"))
    namespace = runpy.run_path(str(script))
    found = namespace["load_model"]()(torch.from_numpy(x)).detach().numpy()
    assert namespace["TARGETS"] == target.strip("[]").split(", ")
    np.testing.assert_allclose(found.reshape(predict(done, x).shape), predict(done, x), rtol=1e-5)
