"""The text of a script: readable from top to bottom, clean for ruff, safe whatever the names in the spec."""

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import made_metrics
import pytest
from ejected import train_beside
from trainings import make_experiment

from nnlab.config.experiment import Experiment
from nnlab.config.loading import experiment_from_tree, load_experiment
from nnlab.config.yaml_reader import read_yaml
from nnlab.eject.parts import augmentation as parts_augmentation
from nnlab.eject.script import eject
from nnlab.eject.short_spec import short_spec
from nnlab.errors import UsageError
from nnlab.models import textbook_twins
from nnlab.optim.schedules import Cosine
from nnlab.registry import Registry, augmentations, schedules

CONFIGS = Path(__file__).parents[2] / "configs"
SPEC = """\
data: {name: moons, points: 20, test_points: 5}
model: {name: mlp, hidden: [8], activation: tanh}
optimizer: {name: sgd, lr: 0.1}
train: {iterations: 4, batch_size: 16, eval_every: 2}
"""


def script_of(experiment: Experiment) -> str:
    return eject(experiment, experiment.name, made_from="a test").text


@pytest.mark.parametrize(
    "name", ["adam", "spiral_softmax", "early_stopping", "overfit_dropout", "augmentation", "residual_20", "batch_norm"]
)
def test_a_script_imports_numpy_and_the_standard_library_only(name: str) -> None:
    text = script_of(load_experiment(CONFIGS / f"{name}.yaml"))
    tree = ast.parse(text)
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
        + ([str(node.module)] if isinstance(node, ast.ImportFrom) else [])
    }
    assert imported <= {"numpy", *sys.stdlib_module_names}
    assert max(map(len, text.splitlines())) <= 120
    assert text.splitlines()[0].startswith('"""')
    assert "Left out: " in text


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ruff") is None, reason="ruff is not installed")
def test_scripts_are_clean_and_formatted_for_ruff(tmp_path: Path) -> None:
    for name in ("adam", "spiral_relu", "early_stopping", "overfit_l1", "augmentation", "residual_20", "clipping"):
        (tmp_path / f"{name}.py").write_text(script_of(load_experiment(CONFIGS / f"{name}.yaml")), encoding="utf-8")
    plain = ["--isolated", "--line-length", "120", str(tmp_path)]
    for command in (["check", "--select", "E,F,W,I"], ["format", "--diff"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *plain], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_sections_are_in_the_order_of_reading() -> None:
    text = script_of(load_experiment(CONFIGS / "adam.yaml"))
    found = [line for line in text.splitlines() if line.startswith("# === ")]
    names = ["Settings", "Random numbers, initial weights", "Layers", "Loss", "Update rule", "Data", "Network"]
    assert found == [f"# === {name} ===" for name in (*names, "Evaluation", "Training")]
    assert "# What accuracy does a small sigmoid network reach on MNIST with Adam in 1,000 steps?\n" in text


def test_the_documentation_shows_the_loop_as_it_is_written() -> None:
    page = (CONFIGS.parent / "docs" / "eject.md").read_text(encoding="utf-8")
    (loop,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert f"\n{loop}" in script_of(load_experiment(CONFIGS / "adam.yaml"))


def test_only_what_the_network_uses_is_in_the_script(tmp_path: Path) -> None:
    text = script_of(make_experiment(tmp_path, SPEC))
    for word in (
        "class Relu",
        "class Sigmoid",
        "Convolution",
        "Adam",
        "penalty",
        "frozen",
        "regularizers",
        "read_idx",
        "find(",
        "/ 255",
    ):
        assert word not in text
    for word in ("class Tanh(Layer):", "class SGD:", "def moons(", "dtype: float64"):
        assert word in text


def test_the_script_names_what_it_leaves_out(tmp_path: Path) -> None:
    overrides = ["train.diagnostics=true", "train.snapshots=2", "compute.shards=2"]
    script = eject(make_experiment(tmp_path, SPEC, *overrides), "made", made_from="a test")
    listed = "; ".join(script.left_out)
    for word in ("float32", "2 parts", "checkpoints", "pictures", "threads", "diagnostics", "snapshots"):
        assert word in listed
    assert "float32" not in "; ".join(
        eject(make_experiment(tmp_path, SPEC, "dtype=float64"), "made", made_from="a test").left_out
    )


@pytest.mark.parametrize("name", ['"""; raise SystemExit', "a\\", "\\N{x} {{ 7 * 7 }} {% raw %}", "名前" * 20])
def test_a_name_is_text_only(name: str, tmp_path: Path) -> None:
    spec = f"# {name} \u202e?\n" + SPEC
    experiment = make_experiment(tmp_path, spec, name="spec")
    experiment.name = name
    found = train_beside(experiment, tmp_path)
    assert found.largest_difference < 1e-6
    assert "\u202e" not in found.text


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_short_spec_reads_back_as_the_same_experiment(path: Path, tmp_path: Path) -> None:
    experiment = load_experiment(path)
    short = tmp_path / "short.yaml"
    short.write_text(short_spec(experiment), encoding="utf-8")
    again = experiment_from_tree(read_yaml(short), default_name="short", folders=(path.parent,))
    assert again.resolved() == experiment.resolved()


@pytest.mark.parametrize(
    ("table", "component", "message"),
    [
        ("LAYERS", "tanh", "model: the layer tanh has no class in nnlab.textbook"),
        ("INITIALISERS", "he", "model: the initialiser he has no function in nnlab.textbook"),
        ("LOSSES", "cross_entropy", "loss: cross_entropy has no class in nnlab.textbook"),
        ("OPTIMIZERS", "sgd", "optimizer: sgd has no class in nnlab.textbook"),
        ("REGULARIZERS", "l2", "penalty: l2 has no class in nnlab.textbook"),
    ],
)
def test_what_the_textbook_lacks_is_an_error_with_its_key(
    table: str, component: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(getattr(textbook_twins, table), component)
    with pytest.raises(UsageError, match=message):
        script_of(make_experiment(tmp_path, SPEC, "penalty.l2=0.1"))


@pytest.mark.parametrize(
    ("registry", "settings"),
    [
        (augmentations, {}),
        (
            schedules,
            {"step": "every: 3", "exponential": "decay: 0.9", "warmup": "steps: 2", "plateau": "metric: train_loss"},
        ),
    ],
    ids=["augmentations", "schedules"],
)
def test_every_augmentation_and_schedule_of_nnlab_can_be_written(
    registry: Registry, settings: dict[str, str], tmp_path: Path, images: Path
) -> None:
    for name in registry.names():
        component = f"{{name: {name}, {settings.get(name, '')}}}"
        changes = ["data={name: idx, path: .}", "train.batch_size=4"]
        changes.append(f"data.augment=[{component}]" if registry is augmentations else f"train.schedule={component}")
        if name in {"shift", "cutout"}:
            changes[-1] = f"data.augment=[{{name: {name}, {'pixels' if name == 'shift' else 'size'}: 1}}]"
        compile(script_of(make_experiment(tmp_path, SPEC, *changes)), "script.py", "exec")


def test_a_monitored_metric_that_scripts_do_not_measure_is_an_error(tmp_path: Path) -> None:
    stopping = "train.early_stopping={metric: train_top_2}"
    with (
        made_metrics.registered(),
        pytest.raises(UsageError, match="train: a script measures loss and accuracy, so it cannot"),
    ):
        script_of(make_experiment(tmp_path, SPEC, stopping))


def test_an_augmentation_of_a_users_own_is_an_error_with_its_key(
    tmp_path: Path, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(parts_augmentation, "flip")
    changes = ["data={name: idx, path: .}", "train.batch_size=4", "data.augment=[brightness, flip]"]
    with pytest.raises(UsageError, match=r"data\.augment\.1: flip is not one of nnlab's own"):
        script_of(make_experiment(tmp_path, SPEC, *changes))


def test_a_schedule_of_a_users_own_is_an_error_with_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.eject.schedules.Constant", Cosine)
    with pytest.raises(UsageError, match=r"train\.schedule: constant is not one of nnlab's own"):
        script_of(make_experiment(tmp_path, SPEC))
