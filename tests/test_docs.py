"""What the README says is true: its commands exist, its spec loads, its CI line is the one CI runs."""

import re
from pathlib import Path

import pytest

import nnlab
from nnlab.cli.app import app
from nnlab.config.experiment import load_experiment
from nnlab.registry import optimizers
from nnlab.train.run import run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SPECS = sorted([*(ROOT / "configs").glob("*.yaml"), *(ROOT / "configs" / "activations").glob("*.yaml")])


def test_ci_runs_the_readmes_test_command_word_for_word() -> None:
    (command,) = [line.strip() for line in README.splitlines() if line.strip().endswith("/pytest")]
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert command in lines


def test_every_command_in_the_readme_exists() -> None:
    known = {command.name for command in (*app.registered_commands, *app.registered_groups)}
    named = set(re.findall(r"^    nnlab ([a-z]+)", README, flags=re.MULTILINE))
    assert named
    assert named <= known


def test_the_readmes_spec_loads(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL)
    path = tmp_path / "readme.yaml"
    path.write_text(text, encoding="utf-8")
    experiment = load_experiment(path)
    written = {line.split(":")[0] for line in text.splitlines() if re.match(r"\w", line)}
    assert written == set(experiment.resolved())


@pytest.mark.usefixtures("no_pictures")
def test_the_readmes_optimizer_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (text,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    monkeypatch.setattr(optimizers, "_classes", {k: v for k, v in optimizers.items() if k != "signsgd"})
    exec(compile(text, "README.md", "exec"), {"__name__": "signsgd"})
    path = tmp_path / "signsgd.yaml"
    path.write_text(
        "{data: xor, model: softmax, optimizer: {name: signsgd, lr: 0.01}, train: {epochs: 1, eval_every: 1}}",
        encoding="utf-8",
    )
    result = run(load_experiment(path), tmp_path / "runs")
    assert result.summary["status"] == "completed"


def test_whats_where_names_every_part_of_the_package() -> None:
    package = Path(nnlab.__file__).parent
    parts = [path.name + "/" * path.is_dir() for path in package.iterdir() if not path.name.startswith("_")]
    for part in parts:
        if part != "py.typed":
            assert f"`nnlab/{part}`" in README, part


def test_every_experiment_is_in_the_readme() -> None:
    for path in SPECS:
        assert f"`{path.stem}`" in README, path.stem


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_config_loads_asks_a_question_first_and_states_what_was_measured_last(path: Path) -> None:
    load_experiment(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert "?" in lines[0]
    comments = [line for line in lines if line.startswith("#")]
    assert lines[-1].startswith("# ")
    assert any(line.startswith("# Measured") for line in comments)
