from pathlib import Path

import jsonschema
import pytest

from nnlab.config.descent import load_descent
from nnlab.config.loading import load_experiment
from nnlab.config.schema import spec_schema
from nnlab.config.sweep_loading import load_sweep
from nnlab.config.yaml_parser import parse_yaml
from nnlab.config.yaml_reader import read_yaml
from nnlab.registry import REGISTRIES, hyperparameters

SPECS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
DESCENTS = sorted((Path(__file__).parents[2] / "configs" / "descent").glob("*.yaml"))
SWEEPS = sorted((Path(__file__).parents[2] / "configs" / "sweeps").glob("*.yaml"))
SCHEMA = spec_schema()
MINIMAL = "{data: xor, model: softmax, optimizer: adam, train: {epochs: 1}%s}"


def accepts(value: object) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(value)


@pytest.mark.parametrize(
    ("train", "right"),
    [
        ("epochs: 1", True),
        ("iterations: 1", True),
        ("iterations: 1, epochs: null", True),
        ("iterations: null, epochs: 2", True),
        ("iterations: 1, epochs: 2", False),
        ("iterations: null, epochs: null", False),
        ("batch_size: 5", False),
    ],
)
def test_exactly_one_of_iterations_and_epochs(train: str, right: bool) -> None:
    text = f"{{data: xor, model: softmax, optimizer: adam, train: {{{train}}}}}"
    assert accepts(parse_yaml(text, "x").value) is right


@pytest.mark.parametrize("path", DESCENTS, ids=lambda path: path.stem)
def test_schema_accepts_every_descent_config(path: Path) -> None:
    assert accepts(read_yaml(path).value)
    assert accepts(load_descent(path).resolved())


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("{function: sphere, start: [1, 2], optimizer: adam}", True),
        ("{expression: x0**2, start: [1], optimizer: {name: sgd, lr: [0.1, 0.2]}}", True),
        ("{function: sphere, start: [1], optimizer: [adam, {name: sgd, lr: 1}], steps: 5}", True),
        ("{function: sphere, expression: x0, start: [1], optimizer: adam}", False),
        ("{function: spher, start: [1], optimizer: adam}", False),
        ("{function: sphere, optimizer: adan}", False),
        ("{function: sphere}", True),
        ("{function: sphere, start: [1], optimizer: sgd}", False),
        ("{function: sphere, start: [1], optimizer: {name: sgd, lr: []}}", False),
        ("{function: sphere, start: [1], optimizer: adam, steps: 0}", False),
        ("{function: sphere, start: [1], optimizer: adam, model: softmax}", False),
    ],
)
def test_schema_of_descents(text: str, right: bool) -> None:
    assert accepts(parse_yaml(text, "x").value) is right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("base: a.yaml", True),
        ("{base: a.yaml, optimizer: {lr: 0.1}, train: {batch_size: 5}}", True),
        ("{base: a.yaml, steps: 5}", True),
        ("{base: 5}", False),
        ("{base: a.yaml, optimzer: {lr: 0.1}}", False),
    ],
)
def test_schema_checks_keys_of_spec_with_base(text: str, right: bool) -> None:
    assert accepts(parse_yaml(text, "x").value) is right


@pytest.mark.parametrize(
    ("branches", "right"),
    [
        ("[[relu, {name: linear, units: 3}], []]", True),
        ("[[{name: concat, branches: [[]]}]]", True),
        ("{left: [relu, {name: linear, units: 3}], right: []}", True),
        ("{left: relu}", False),
        ("{}", False),
        ("[]", False),
        ("[relu]", False),
        ("[[relo]]", False),
    ],
)
def test_schema_of_branches(branches: str, right: bool) -> None:
    model = f"{{name: sequential, layers: [{{name: concat, branches: {branches}}}]}}"
    text = f"{{data: xor, model: {model}, optimizer: adam, train: {{epochs: 1}}}}"
    assert accepts(parse_yaml(text, "x").value) is right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("{base: a.yaml, over: {optimizer.lr: [0.1, 0.01], seed: 0..4}}", True),
        ("{base: a.yaml, over: [{optimizer.lr: {log: [1e-4, 0.1]}}, {model.hidden: [[5], [5, 5]]}]}", True),
        ("{base: a.yaml, over: {seed: [1]}, set: {train.iterations: 5}, seeds: 3, goal: validation_accuracy}", True),
        ("{base: {model: softmax}, zip: [{model: [softmax], seed: [1]}], search: {name: random, trials: 5}}", True),
        ("{base: a.yaml, seeds: 3, search: grid, goal: {minimize: train_loss}, name: q, paths: {a.csv: /a.csv}}", True),
        ("{base: a.yaml, over: {seed: 5}}", False),
        ("{base: a.yaml, over: {seed: []}}", False),
        ("{base: a.yaml, over: {seed: 0-4}}", False),
        ("{base: a.yaml, over: {optimizer.lr: {log: [0, 1]}}}", False),
        ("{base: a.yaml, over: {optimizer.lr: {log: [1, 2], int: [1, 2]}}}", False),
        ("{base: a.yaml, over: {optimizer.lr: {lg: [1, 2]}}}", False),
        ("{base: a.yaml, zip: {optimizer.lr: {log: [1, 2]}}}", False),
        ("{base: a.yaml, over: {seed: [1]}, goal: test_accuracy}", False),
        ("{base: a.yaml, over: {seed: [1]}, goal: {maximise: train_accuracy}}", False),
        ("{base: a.yaml, over: {seed: [1]}, search: random}", False),
        ("{base: a.yaml, over: {seed: [1]}, sedes: 3}", False),
        ("{base: a.yaml, seeds: 0}", False),
        ("{over: {seed: [1]}}", False),
    ],
)
def test_schema_of_sweeps(text: str, right: bool) -> None:
    assert accepts(parse_yaml(text, "x").value) is right


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.stem)
def test_schema_accepts_every_sweep_config(path: Path) -> None:
    assert accepts(read_yaml(path).value)
    assert accepts(load_sweep(path).resolved())


def test_schema_of_sweeps_knows_the_dotted_keys() -> None:
    for name in ("over", "zip"):
        known = SCHEMA["$defs"][f"swept.{name}"]["properties"]
        assert known["seed"]["description"] == "random seed"
        assert {"optimizer", "optimizer.lr", "optimizer.name", "model.init.std", "train.clip_norm"} <= known.keys()
    assert SCHEMA["$defs"]["sweep"]["properties"]["set"]["properties"].keys() == known.keys()


def test_schema_is_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_schema_accepts_every_config(path: Path) -> None:
    assert accepts(read_yaml(path).value)
    assert accepts(load_experiment(path).resolved())


def test_schema_defines_every_component() -> None:
    for kind, registry in REGISTRIES.items():
        for name, cls in registry.items():
            properties = SCHEMA["$defs"][f"{kind}.{name}"]["properties"]
            assert set(properties) == {"name"} | {parameter.name for parameter in hyperparameters(cls)}


@pytest.mark.parametrize(
    "extra",
    [
        ", sead: 1",
        ", seed: -1",
        ", seed: true",
        ", dtype: float16",
        ", penalty: {l3: 1}",
        ", penalty: {l2: -1}",
        ", loss: nll",
        ", compute: {threads: 0}",
        ", loss: {name: cross_entropy, extra: 1}",
        ", loss: {name: cross_entropy, smoothing: 1}",
    ],
)
def test_schema_rejects_invalid_keys(extra: str) -> None:
    assert accepts(parse_yaml(MINIMAL % "", "x").value)
    assert not accepts(parse_yaml(MINIMAL % extra, "x").value)


@pytest.mark.parametrize(
    ("augment", "right"),
    [
        ("[]", True),
        ("[shift, {name: flip, probability: 0.5}]", True),
        ("shift", False),
        ("[{name: flip, probability: 2}]", False),
        ("[relu]", False),
    ],
)
def test_schema_of_augmentations(augment: str, right: bool) -> None:
    text = f"{{data: {{name: mnist, augment: {augment}}}, model: softmax, optimizer: adam, train: {{epochs: 1}}}}"
    assert accepts(parse_yaml(text, "x").value) is right


@pytest.mark.parametrize(
    ("train", "fits"),
    [
        ("schedule: cosine", True),
        ("schedule: {name: warmup, steps: 5, after: {name: step, every: 9}}", True),
        ("schedule: step", False),
        ("schedule: {name: warmup, steps: 5, after: {name: step}}", False),
        ("early_stopping: true", True),
        ("early_stopping: {metric: train_loss, patience: 2}", True),
        ("early_stopping: {metric: test_loss}", False),
        ("clip_norm: 5.0", True),
        ("clip_norm: 0", False),
    ],
)
def test_schema_of_train_settings(train: str, fits: bool) -> None:
    text = f"{{data: xor, model: softmax, optimizer: adam, train: {{epochs: 1, {train}}}}}"
    assert accepts(parse_yaml(text, "x").value) is fits


def test_schema_of_abbreviations() -> None:
    for model in ("{name: mlp, hidden: [3], init: he}", "{name: mlp, hidden: [3], init: 0.5, batch_norm: true}"):
        assert accepts(parse_yaml(f"{{data: xor, model: {model}, optimizer: adam, train: {{epochs: 1}}}}", "x").value)
