"""docs/extending.md: its session runs from an empty folder and prints what the page shows; its examples work."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from documents import ROOT, blocks, masked
from inline_workers import InlineWorkers

import nnlab as package
from nnlab.gradcheck import check_components
from nnlab.plugins import load_plugin
from nnlab.registry import REGISTRIES

pytestmark = pytest.mark.usefixtures("own_registries")

PAGE = ROOT / "docs" / "extending.md"


def edit(file: Path, diff: str) -> None:
    """Change the line of a file that a diff shows."""
    old, new = diff.splitlines()
    assert (old[0], new[0]) == ("-", "+")
    text = file.read_text(encoding="utf-8")
    assert text.count(old[1:]) == 1
    file.write_text(text.replace(old[1:], new[1:]), encoding="utf-8")


def expected_code(shown: str) -> int:
    """1 where gradients are wrong, 2 for a mistake in the file and where a run lacks its plugin, else 0."""
    if "gradients are wrong" in shown:
        return 1
    return 2 if "nnlab: " in shown else 0


@pytest.mark.slow
@pytest.mark.usefixtures("no_pictures")
def test_the_session_prints_what_is_shown(
    nnlab: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("nnlab.cli.sweep_run.LocalWorkers", InlineWorkers)
    monkeypatch.setattr("nnlab.sweeps.run._draw", lambda *arguments: None)
    built_in = {registry: registry.own_items() for registry in REGISTRIES.values()}
    commands = 0
    for block in blocks(PAGE, "text", "diff", "yml"):
        if block.language == "diff":
            edit(tmp_path / "my_swish.py", block.text)
        elif block.language == "yml":
            (tmp_path / "swish.yaml").write_text(block.text, encoding="utf-8")
        for session in block.text.split("$ nnlab ")[1:]:
            command, _, shown = session.partition("\n")
            for registry, items in built_in.items():  # each command is a process of its own
                registry.replace(items)
            answer = nnlab(*shlex.split(command))
            assert answer.code == expected_code(shown), answer.stderr
            assert masked(shown) <= masked(answer.stdout + answer.stderr), command
            commands += 1
    assert commands == 9
    assert masked(package.read_run(next((tmp_path / "runs").glob("*-swish-??????"))).summary["status"]) == {"completed"}


def test_the_layer_is_the_one_that_init_writes() -> None:
    shown = next(block.text for block in blocks(PAGE, "text") if block.text.startswith("@layers"))
    text = (ROOT / "nnlab" / "plugins" / "templates" / "layer.txt").read_text(encoding="utf-8")
    code = {line.split("  #")[0] for line in text.replace("my_layer", "my_swish").splitlines()}
    lines = {line for line in shown.splitlines() if line and '"""' not in line and not line.startswith("class")}
    assert lines <= code, lines - code


def examples(tmp_path: Path) -> tuple[Path, Path]:
    """The optimizer and the layer of the page, each in its file."""
    files = tmp_path / "signsgd.py", tmp_path / "elementwise_prelu.py"
    for file, block in zip(files, blocks(PAGE, "python"), strict=True):
        file.write_text(block.text, encoding="utf-8")
    return files


def test_the_optimizer_works(tmp_path: Path) -> None:
    optimizer, _ = examples(tmp_path)
    load_plugin(optimizer)
    spec = {
        "data": "xor",
        "model": "softmax",
        "optimizer": {"name": "signsgd", "lr": 0.01},
        "train": {"epochs": 1, "pictures": False},
    }
    assert package.run(spec, tmp_path / "runs").status == "completed"


def test_the_layer_with_a_kink_works(tmp_path: Path) -> None:
    _, layer = examples(tmp_path)
    load_plugin(layer)
    for method in ("central", "complex"):
        results = check_components(method, ["elementwise_prelu"])
        assert {result.tensor for result in results if result.passed} == {"x", "a"}
