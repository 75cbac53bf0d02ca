"""docs/python.md is true: its blocks run in order, its names and arguments exist, a typed script of a user checks."""

import inspect
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from documents import ROOT, blocks
from inline_workers import InlineWorkers

import nnlab

PAGE = ROOT / "docs" / "python.md"
# Configs of the same names in the working folder come before those that are bundled.
SHORT = """\
base: {config}
data: {{train_size: 60, test_size: 30}}
train: {{iterations: 2, batch_size: 20, eval_every: 1, eval_train: all}}
"""

TYPED = """\
import numpy as np

import nnlab
from nnlab.core.rows import Row
from nnlab.models.network import Network

losses: list[float] = []


def watch(step: int, objective: float, row: Row | None, network: Network) -> None:
    losses.append(objective)


class Evaluations:
    def on_evaluation(self, row: Row) -> None:
        print(row["step"])


run = nnlab.run("adam", overrides={"optimizer.lr": 0.1}, observers=[watch, Evaluations()], progress="lines")
accuracy: float = run.metrics["test_accuracy"].max()
run.plot("accuracy").savefig("a.png")
for figure in run.plot(["loss", "confusion"]):
    figure.savefig("b.png")
comparison = nnlab.compare([run, "runs/*", nnlab.read_run(run.path)])
text: str = comparison.table()
comparison.plot().savefig("c.png")
sweep = nnlab.sweep({"data": "xor"}, {"optimizer.lr": [0.1]}, overrides={"seed": 1}, progress=False)
sweep.plot("goal").savefig("d.png")
nnlab.read_sweep(sweep.path).plot()[0].savefig("e.png")
evaluation = run.evaluate(np.zeros((1, 2)), [0])
folds: str = nnlab.cross_validate("adam", 3, overrides=["seed=1"]).status
nnlab.load_experiment("adam", {"seed": 1}).to_yaml()
"""
WRONG = {
    'nnlab.run("adam", progress="bar")': "arg-type",
    'nnlab.run("adam", observers=[3])': "list-item",
    "nnlab.run(3)": "arg-type",
    "nnlab.compare(3)": "arg-type",
    'nnlab.read_run("a").plots()': "attr-defined",
}


@pytest.mark.slow
@pytest.mark.usefixtures("no_pictures")
def test_the_blocks_of_the_page_run_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nnlab.sweeps.api.LocalWorkers", InlineWorkers)
    for name in ("adam", "momentum"):
        Path(name).write_text(SHORT.format(config=ROOT / "configs" / f"{name}.yaml"), encoding="utf-8")
    namespace: dict[str, Any] = {}
    for block in blocks(PAGE, "python"):
        code = "\n".join(line for line in block.text.splitlines() if not line.startswith("!"))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "forward takes scaled inputs")
            exec(compile(code, str(PAGE), "exec", dont_inherit=True), namespace)
    assert Path("confusion.png").exists()
    assert len(namespace["norms"]) == 3


def test_the_page_names_every_name_and_every_new_argument_of_run() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in nnlab.__all__:
        assert name == "__version__" or f"`nnlab.{name}(" in text, name
    arguments = set(
        re.findall(r"^\| `(\w+)` \|", text.partition("argument of `nnlab.run`")[2].partition("\n\n")[0], re.M)
    )
    assert arguments == set(inspect.signature(nnlab.run).parameters) - {"spec", "reporter"}


@pytest.mark.parametrize("name", sorted(set(nnlab.__all__) - {"__version__"}))
def test_every_public_name_has_a_docstring_and_its_types(name: str) -> None:
    function = getattr(nnlab, name)
    text = inspect.getdoc(function) or ""
    assert text.partition("\n")[0].rstrip().endswith((".", "``.", ":", "``")), text
    if name in {"run", "sweep", "cross_validate", "compare", "load_experiment"}:
        hints = inspect.get_annotations(function)
        assert "return" in hints
        assert "Raises" in text or "raised" in text


@pytest.mark.long
@pytest.mark.slow
def test_a_script_of_a_user_passes_a_strict_type_check(tmp_path: Path) -> None:
    good, wrong = tmp_path / "good.py", tmp_path / "wrong.py"
    good.write_text(TYPED, encoding="utf-8")
    wrong.write_text("import nnlab\n\n" + "\n".join(WRONG) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent"]
    command += ["--cache-dir", str(tmp_path / "cache"), "--no-error-summary", str(good), str(wrong)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    found = re.findall(r"(\w+)\.py:(\d+): error: .* +\[([\w-]+)\]", done.stdout)
    assert found == [("wrong", str(line), code) for line, code in enumerate(WRONG.values(), start=3)], done.stdout
