"""Specs of image networks: impossible shapes are one clear line and exit code 2 before any training."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ShowModel = Callable[[str], Any]


@pytest.fixture
def show_model(nnlab: Any, images: Path) -> ShowModel:
    """``nnlab show`` of a spec with the given model on images of 3x3."""
    path = images / "images.yaml"

    def show(model: str) -> Any:
        path.write_text(
            f"data: {{name: idx, path: .}}\nmodel: {model}\noptimizer: adam\n"
            "train: {iterations: 2, batch_size: 3, eval_every: 1}\n",
            encoding="utf-8",
        )
        return nnlab("show", path)

    return show


def sequential(layers: str) -> str:
    return f"{{name: sequential, layers: [{layers}, flatten, {{name: linear, units: 3}}]}}"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("convnet", "layer 1 conv2d: kernel 5 exceeds input 3x3"),
        ("{name: convnet, kernel: 3}", "layer 3 max_pool: size 2 exceeds input 1x1"),
        (
            "{name: convnet, kernel: 2, padding: 2}",
            "layer 1 conv2d: padding 2 must be smaller than the kernel 2, or windows would be empty",
        ),
        ("alexnet", "layer 1 conv2d: kernel 11 exceeds input 3x3 with padding 2"),
        (
            sequential("{name: conv2d, filters: 2, kernel: [1, 3], dilation: 2, padding: [0, 0]}"),
            "layer 1 conv2d: kernel [1, 3] with dilation 2 (1x5 pixels) exceeds input 3x3",
        ),
        (
            sequential("{name: conv2d, filters: 4, groups: 2}"),
            "layer 1 conv2d: groups 2 must divide the number of input channels (1) and of filters (4)",
        ),
        (sequential("flatten, max_pool"), "layer 2 max_pool: needs images (C, H, W), got 9"),
        (sequential("{name: avg_pool, size: 4}"), "layer 1 avg_pool: size 4 exceeds input 3x3"),
        (
            sequential("relu, {name: residual, layers: [relu, {name: conv2d, filters: 2, kernel: 7}]}"),
            "layer 2 residual: layer 2 conv2d: kernel 7 exceeds input 3x3",
        ),
        (
            sequential("{name: residual, layers: [flatten]}"),
            "layer 1 residual: the inner layers turn 1x3x3 into 9, and no 1x1 projection does the same to the shortcut",
        ),
        (
            "{name: sequential, layers: [{name: conv2d, filters: 3}]}",
            "layer 1 conv2d: gives 3x1x1 values a sample, but the data has 3 classes",
        ),
    ],
)
def test_invalid_shapes(show_model: ShowModel, model: str, message: str) -> None:
    answer = show_model(model)
    assert (answer.code, answer.stdout, answer.stderr) == (2, "", f"nnlab: {message}\n")


SIZES = "must be a whole number from 0 to 10000 or 'same' or 'valid'"
PAIRS = f"{SIZES} or a list of 2 items, each a whole number from 0 to 10000"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("{name: convnet, padding: sme}", f"model.padding: {SIZES}, got 'sme'; did you mean 'same'?"),
        ("{name: convnet, padding: Valid}", f"model.padding: {SIZES}, got 'Valid'; did you mean 'valid'?"),
        ("{name: convnet, padding: reflect}", f"model.padding: {SIZES}, got 'reflect'"),
        ("{name: convnet, padding: -1}", f"model.padding: {SIZES}, got -1"),
        ("{name: convnet, padding: 1.5}", f"model.padding: {SIZES}, got 1.5"),
        ("{name: convnet, padding: true}", f"model.padding: {SIZES}, got true"),
        ("{name: convnet, kernel: 0}", "model.kernel: must be at least 1, got 0"),
        ("{name: convnet, stride: 0}", "model.stride: must be at least 1, got 0"),
        ("{name: alexnet, filters: 3}", "unknown key; it is a key of convnet and resnet_mini; alexnet has hidden,"),
        (sequential("{name: max_pool, padding: vaild}"), "model.layers.0.padding: " + PAIRS + ", got 'vaild'; did you"),
        (
            sequential("{name: max_pool, size: [2, 2, 2]}"),
            "model.layers.0.size: must be a whole number from 1 to 10000 or a list of 2 items, each a whole number "
            "from 1 to 10000, got [2, 2, 2]",
        ),
        (sequential("{name: conv2d, filters: 2, groups: 0}"), "model.layers.0.groups: must be at least 1, got 0"),
        (sequential("{name: max_pool, stride: 0}"), "model.layers.0.stride: must be a whole number from 1 to 10000 or"),
        (sequential("conv2d"), "model.layers.0: needs the key filters"),
        (sequential("{name: conv2, filters: 3}"), "model.layers.0.name: no layer is called 'conv2'; did you mean"),
        (sequential("{name: residual, layers: []}"), "model.layers.0.layers: must be a list of 1 to 1000 layers"),
        (
            sequential("{name: residual, layers: [{name: residual, layers: [{name: lrn, size: 0}]}]}"),
            "model.layers.0.layers.0.layers.0.size: must be at least 1, got 0",
        ),
    ],
)
def test_invalid_keys(show_model: ShowModel, model: str, message: str) -> None:
    answer = show_model(model)
    assert (answer.code, answer.stdout) == (2, "")
    assert message in answer.stderr
    assert answer.stderr.startswith("images.yaml:2:") or "/images.yaml:2:" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_show_counts_the_layers_inside_a_block(show_model: ShowModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    block = "{name: residual, layers: [{name: conv2d, filters: 2, stride: 2, padding: 1}, batch_norm, relu]}"
    answer = show_model(sequential(block))
    assert answer.code == 0
    # 2·2·2 outputs of 9 products, and 2·2·2 of one product for the projection.
    row = next(line for line in answer.stdout.splitlines() if "residual1" in line)
    for cell in ("2x2x2", "26 (", "conv2d1.W 2x1x3x3 + conv2d1.b 2", "80"):
        assert cell in row
    assert "53 parameters" in answer.stdout
    assert "104 multiply-adds a sample" in answer.stdout


@pytest.mark.parametrize(
    "model",
    [
        "{name: convnet, filters: 2, kernel: 2, hidden: 3}",
        "{name: resnet_mini, filters: 1}",
        sequential("{name: upsample, factor: 2}, {name: conv2d, filters: 2, padding: same}, lrn, layer_norm, avg_pool"),
    ],
)
@pytest.mark.usefixtures("no_pictures")
def test_valid_image_specs_are_trained_and_their_models_load(
    nnlab: Any, show_model: ShowModel, tmp_path: Path, model: str
) -> None:
    from nnlab.inference.trained_network import trained_network

    assert show_model(model).code == 0
    answer = nnlab("train", tmp_path / "images.yaml")
    assert answer.code == 0
    folder = Path(answer.stdout.splitlines()[-1])
    state = trained_network(folder).state()
    assert any(name.endswith(".W") for name in state)
