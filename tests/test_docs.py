"""What the README says is true: its commands exist, its spec loads, its CI line is the one CI runs."""

import re
import shutil
from pathlib import Path

import pytest
from documents import PAGES, ROOT, blocks, inline_code, is_option, name_of, options, subcommand

import nnlab
from nnlab.config.completions import spec_keys
from nnlab.config.descent import Descent, load_descent
from nnlab.config.loading import load_experiment
from nnlab.config.sweep_keys import SweepKeys
from nnlab.config.sweep_loading import load_sweep
from nnlab.core.rows import SPLITS
from nnlab.figures.picture_kinds import KINDS
from nnlab.figures.sweep_pictures import KINDS as SWEEP_KINDS
from nnlab.plots.descent import FILES as DESCENT_PICTURES
from nnlab.records.trash import TRASH_FOLDER
from nnlab.registry import hyperparameter_names, metrics, searches
from nnlab.storage import layout

README = (ROOT / "README.md").read_text(encoding="utf-8")
EXTENDING = ROOT / "docs" / "extending.md"
EXPERIMENTS = (ROOT / "docs" / "experiments.md").read_text(encoding="utf-8")
CONFIGS = sorted((ROOT / "configs").rglob("*.yaml"))
SPECS = sorted([*(ROOT / "configs").glob("*.yaml"), *(ROOT / "configs" / "activations").glob("*.yaml")])
SWEEPS = sorted((ROOT / "configs" / "sweeps").glob("*.yaml"))

RUN_FILES = {
    *(value for name, value in vars(layout).items() if name.endswith(("_FILE", "_FOLDER"))),
    *(kind.file for kind in KINDS.values()),
    *(kind.file for kind in SWEEP_KINDS.values()),
    *DESCENT_PICTURES.values(),
    "boundary.gif",
    "fit.gif",
    TRASH_FOLDER,
    layout.step_file(100),
    *map(layout.trial_folder, (1, 2)),
    *(f"{layout.TENSORBOARD_FOLDER}/{split}" for split in SPLITS),
}
# Where a page may say a path from: the repository, and the folder of the components it talks about.
FOLDERS = [ROOT, ROOT / "docs", *(ROOT / "nnlab" / part for part in ("", "data", "textbook"))]
USERS_FILES = {
    "signsgd.py",
    "elementwise_prelu.py",
    "my_swish.py",
    "swish.yaml",
    "RUN/plugins/my_swish.py",
    "flowers.csv",
    "predictions.png",
    "predictions/",
    "learning-rates/",
    "digits.py",
    "digits.safetensors",
    "adam.py",
    "adam-steps.csv",
    ".vscode/settings.json",
    "two.csv",
    "by_hand.yaml",
    "spiral.html",
    "lion.py",
    "prelu.py",
    "my_layers.py",
}
TOP_KEYS = {key.split(".")[0].split("=")[0] for key in spec_keys()}
OTHER_KEYS = {
    *hyperparameter_names(SweepKeys),
    *(key for registry in (searches, metrics) for _, cls in registry.items() for key in hyperparameter_names(cls)),
}


ALL_OPTIONS = options(subcommand([])[0])


def test_ci_runs_the_readmes_test_command_word_for_word() -> None:
    (command,) = [line.strip() for line in README.splitlines() if line.strip().endswith("/pytest")]
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert command in lines


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_and_option_exists(page: Path) -> None:
    for code in inline_code(page):
        words = code.split()
        if words[0] == "nnlab" and len(words) > 1:
            command, rest = subcommand([word for word in words[1:] if not word.endswith("...")])
            assert {word for word in rest if is_option(word)} <= options(command), code
        elif is_option(words[0]):
            assert words[0] in ALL_OPTIONS, code


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_spec_key_exists(page: Path) -> None:
    keys = {line.split("=")[0] for line in spec_keys()}
    names = {part for key in keys for part in key.split(".")} | set(Descent.__dataclass_fields__) | OTHER_KEYS
    for code in inline_code(page):
        if match := re.fullmatch(r"([a-z_]+(?:\.[a-z_0-9]+)+)(?:: .*|=.*)?", code):
            if match[1].split(".")[0] in TOP_KEYS and not is_path(match[1]):
                assert match[1] in keys, code
        elif match := re.fullmatch(r"([a-z_0-9]+): .+", code):
            assert match[1] in names, code


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_specs_load(page: Path, tmp_path: Path) -> None:
    """Whole specs as they are, parts of one on top of configs/adam.yaml."""
    shutil.copy(ROOT / "configs" / "adam.yaml", tmp_path)
    path = tmp_path / "documented.yaml"
    for block in blocks(page, "yaml"):
        descent, sweep = "function:" in block.text, re.search("^over:", block.text, re.M)
        whole = descent or re.search("^(train|base):", block.text, re.M)
        path.write_text(block.text if whole else "base: adam.yaml\n" + block.text, encoding="utf-8")
        (load_descent if descent else load_sweep if sweep else load_experiment)(path)


def test_the_first_spec_of_its_page_names_every_key(tmp_path: Path) -> None:
    text = blocks(ROOT / "docs" / "spec.md", "yaml")[0].text
    path = tmp_path / "documented.yaml"
    path.write_text(text, encoding="utf-8")
    written = {line.split(":")[0] for line in text.splitlines() if re.match(r"\w", line)}
    assert written == set(load_experiment(path).resolved())


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_exists(page: Path) -> None:
    for code in inline_code(page):
        if is_path(code) and code not in USERS_FILES:
            name = re.sub(r"^(RUN/|FOLDER/|runs/|plots/(?=.))+", "", code)
            known = name.rstrip("/") in RUN_FILES or any((folder / name).exists() for folder in FOLDERS)
            assert known, code


def is_path(code: str) -> bool:
    return re.fullmatch(r"[\w./-]*(\.(py|md|ya?ml|csv|json|png|gif|txt|toml|safetensors)|\w/)", code) is not None


def test_the_japanese_readme_has_the_commands_outputs_spec_and_links_of_the_english_one() -> None:
    def without_prose(page: Path) -> tuple[list[tuple[str, str]], list[int], list[str]]:
        text = page.read_text(encoding="utf-8")
        fenced = [(block.language, re.sub(" *#.*", "", block.text)) for block in blocks(page)]
        titles = [len(marks) for marks in re.findall("^(#+) ", re.sub("```.*?```", "", text, flags=re.S), re.M)]
        links = [target for target in re.findall(r"\]\((.+?)\)", text) if not target.startswith("README")]
        return fenced, titles, links

    japanese = ROOT / "README.ja.md"
    assert without_prose(japanese) == without_prose(ROOT / "README.md")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_of_the_repository_exists(page: Path) -> None:
    for path in re.findall(
        r"\b(?:benchmarks|configs|docs|nnlab|tests)/[\w./-]+\.\w+", page.read_text(encoding="utf-8")
    ):
        assert path in USERS_FILES or (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, _, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(#([^)\s]+))?\)", page.read_text(encoding="utf-8")):
        linked = page.parent / target if target else page
        assert linked.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.M)
            assert anchor in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}, anchor


def test_the_package_layout_names_every_part_of_the_package() -> None:
    layout = EXTENDING.read_text(encoding="utf-8")
    package = Path(nnlab.__file__).parent
    parts = [path.name + "/" * path.is_dir() for path in package.iterdir() if not path.name.startswith("_")]
    for part in parts:
        if part != "py.typed":
            assert f"`nnlab/{part}`" in layout, part


def test_every_experiment_is_documented() -> None:
    for path in CONFIGS:
        assert f"`{path.stem}`" in EXPERIMENTS, path.stem


@pytest.mark.parametrize("path", [*SPECS, *SWEEPS], ids=lambda path: path.stem)
def test_a_config_loads_asks_a_question_first_and_states_what_was_measured_last(path: Path) -> None:
    (load_sweep if path in SWEEPS else load_experiment)(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert "?" in lines[0]
    comments = [line for line in lines if line.startswith("#")]
    assert lines[-1].startswith("# ")
    assert any(line.startswith("# Measured") for line in comments)
