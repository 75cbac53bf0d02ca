"""Every command in README and docs runs, on configs cut down to two steps; those not run are parsed.

The commands of one page run in order, in one working folder that also holds the runs which the page talks about.
"""

import functools
import json
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from documents import PAGES, README, ROOT, Block, blocks, is_option, masked, name_of, options, subcommand
from inline_workers import InlineWorkers

import nnlab as package
from nnlab.config import bundled
from nnlab.config.yaml_reader import read_collecting_problems
from nnlab.report.gallery import Gallery

pytestmark = pytest.mark.slow

Nnlab = Callable[..., Any]

CRASHED = "20250101-120000-relu-0a1b2c"  # named in docs/run-folder.md
PAGES_WITH_COMMANDS = [page for page in PAGES if blocks(page, "bash") and page.name != "README.ja.md"]
PAGES_WITH_PYTHON = [  # those of docs/python.md run in order in tests/test_python_page.py
    page
    for page in PAGES
    if "import nnlab" in "".join(block.text for block in blocks(page, "python")) and page.name != "python.md"
]


# Commands that end with exit code 1 where they find a problem, as a run of two steps has.
DIAGNOSES = {"doctor"}

# Commands after which the others of a page do not ask; those that README has too are run there only.
SELF_CONTAINED = {"activations", "compare", "crossval", "data", "gradcheck", "list", "plot", "show"}


def cut_down(path: Path) -> str:
    """A config with two steps on few samples; a sweep with two values of each key."""
    spec = read_collecting_problems(path).value
    if "over" in spec:
        cut_down_training(spec["base"])
        spec["over"] = {key: values[:2] if isinstance(values, list) else values for key, values in spec["over"].items()}
        spec |= {"seeds": 1, "search": {"name": "random", "trials": 2}}
    cut_down_training(spec)
    return yaml.safe_dump(spec)


def cut_down_training(spec: dict[str, Any]) -> None:
    if "train" in spec:
        spec["train"].pop("epochs", None)
        spec["train"] |= {"iterations": 2, "eval_every": 1, "eval_train": "batch"}
        if spec["data"]["name"] == "mnist":
            spec["data"] |= {"train_size": 500, "test_size": 100}
    elif "steps" in spec:
        spec["steps"] = 2


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all configs, cut down, two completed runs, a crashed one and a cross-validation."""
    folder = tmp_path_factory.mktemp("documented")
    configs = ROOT / "configs"
    folders = ("*.yaml", "descent/*.yaml", "activations/*_he.yaml", "sweeps/*.yaml")
    for path in (path for pattern in folders for path in configs.glob(pattern)):
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(cut_down(path), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nnlab.train.pictures.plot_run", lambda *arguments: None)
        patch.setattr("nnlab.train.pictures.draw_all", lambda *arguments: [])
        package.cross_validate(folder / "configs" / "spiral_softmax.yaml", 2, folder / "runs")
        run = package.run(folder / "configs" / "adam.yaml", folder / "runs").path
        run = run.rename(run.with_name("20250102-120000-adam-0a1b2d"))
        package.run(folder / "configs" / "spiral_relu.yaml", folder / "runs")  # the last: it has few pictures
    crashed = folder / "runs" / CRASHED
    shutil.copytree(run, crashed)
    summary = json.loads((crashed / "summary.json").read_text(encoding="utf-8")) | {"status": "running"}
    (crashed / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    return folder


def light_only(gallery: Gallery, drawn: Callable[..., dict[str, bytes]], draw: Any, style: str) -> dict[str, bytes]:
    """The pictures of a report for white background only, which take half the time; tests/report draws both."""
    return drawn(gallery, draw, style) if style == "light" else {}


@pytest.fixture
def workspace(tmp_path: Path, prepared: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The prepared folder as the working folder, whose configs are the bundled ones, in a terminal of 120 columns."""
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr("nnlab.cli.sweep_run.LocalWorkers", InlineWorkers)
    monkeypatch.setattr("nnlab.sweeps.api.LocalWorkers", InlineWorkers)
    monkeypatch.setattr("nnlab.cli.sweep_run.available_cores", lambda: 2)  # those of the shown output
    monkeypatch.setattr("nnlab.sweeps.run._draw", lambda *arguments: None)
    monkeypatch.setattr("nnlab.report.gallery.DPI", 40)
    monkeypatch.setattr(Gallery, "_drawn", functools.partialmethod(light_only, Gallery._drawn))
    monkeypatch.setattr(bundled, "_folder", lambda: tmp_path / "configs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    caches = (bundled.bundled_configs, bundled._bare_names)
    for cached in caches:
        cached.cache_clear()
    yield tmp_path
    for cached in caches:
        cached.cache_clear()


def nnlab_commands(block: Block, *, run: bool) -> list[str]:
    """The nnlab command lines of a bash block, those that are run or those that are not."""
    wanted = block.language == "bash" and bool(block.not_run) != run
    return [line.split(" #")[0].rstrip() for line in block.commands if line.startswith("nnlab ")] if wanted else []


def arguments(line: str, folder: Path, call: Callable[..., str]) -> tuple[list[str], Path | None]:
    """What a shell would pass to nnlab, and the file to which it would send the output."""
    line = re.sub(r"\$\(nnlab (.*?)\)", lambda match: call(*shlex.split(match[1])), line)
    line = re.sub(r"train\.iterations=[0-9]+", "train.iterations=2", line)
    words = shlex.split(re.sub(r"--iterations [0-9]+", "--iterations 4", line))[1:]
    output = None
    if ">" in words:
        *words, _, name = words
        output = folder / name
    expanded: list[str] = []
    for word in words:
        quoted = f"'{word}'" in line
        paths = [] if quoted or "*" not in word else sorted(folder.glob(word))
        expanded += [path.relative_to(folder).as_posix() for path in paths] or [word]
    return expanded, output


IN_README = {line for block in blocks(README) for line in nnlab_commands(block, run=True)}


@pytest.mark.usefixtures("no_pictures", "own_registries")
@pytest.mark.parametrize("page", PAGES_WITH_COMMANDS, ids=name_of)
def test_documented_commands_run_and_print_what_is_shown(page: Path, nnlab: Nnlab, workspace: Path) -> None:
    def call(*words: str) -> str:
        answer = nnlab(*words)
        assert answer.code in ({0, 1} if words[0] in DIAGNOSES else {0}), f"{words}: {answer.stderr}"
        printed.update(masked(answer.stdout + answer.stderr))
        stdout: str = answer.stdout
        return stdout

    if page == README:  # it makes all the runs that it names
        shutil.rmtree(workspace / "runs")
    printed: set[str] = set()
    for block in blocks(page, "bash", "console"):
        if block.language == "console":
            assert masked(block.text) - {"..."} <= printed, block.text
        printed.clear()
        for line in nnlab_commands(block, run=True):
            if page != README and line in IN_README and line.split()[1] in SELF_CONTAINED:
                continue
            words, output = arguments(line, workspace, call)
            stdout = call(*words)
            if output:
                output.write_text(stdout, encoding="utf-8")


@pytest.mark.parametrize("page", PAGES_WITH_COMMANDS, ids=name_of)
def test_documented_commands_exempt_from_running_are_parsed(page: Path) -> None:
    for block in blocks(page, "bash"):
        for line in nnlab_commands(block, run=False):
            command, words = subcommand(shlex.split(line)[1:])
            assert {word for word in words if is_option(word)} <= options(command)
            command.make_context(command.name, words, resilient_parsing=hasattr(command, "commands"))


@pytest.mark.usefixtures("workspace", "no_pictures")
@pytest.mark.parametrize("page", PAGES_WITH_PYTHON, ids=name_of)
def test_documented_python_runs(page: Path) -> None:
    for block in blocks(page, "python"):
        exec(compile(block.text, name_of(page), "exec"), {"__name__": "documented"})
