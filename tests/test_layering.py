"""Imports point down only; ``nnlab --help`` loads no heavy packages; only plots imports matplotlib."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import nnlab

ROOT = Path(nnlab.__file__).parent
# Lowest first; a module may import its own level and those before it.
LEVELS = [
    {"textbook"},
    {"aliases"},
    {"text"},
    {"errors", "html", "words"},
    {"docstrings", "extras", "language"},
    {"hyperparameters"},
    {"registry"},
    {"core"},
    {"storage"},
    {"functions", "layers", "losses", "metric_columns", "metrics", "regularizers", "optim", "data", "search"},
    {"models"},
    {"components", "plugins"},
    {"gradcheck", "config"},
    {"records"},
    {"engine"},
    {"saved_run"},
    {"inference"},
    {"comparisons"},
    {"plots"},
    {"figures"},
    {"export"},
    {"descent", "train"},
    {"sweeps", "eject"},
    {"insight"},
    {"report"},
    {"cli"},
]
LEVEL_OF = {name: level for level, names in enumerate(LEVELS) for name in names}
# One test looks at all modules: hundreds of cases of a millisecond each would take longer to distribute than to run.
MODULES = sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT or path.stem in LEVEL_OF)


@cache
def imported_modules(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def top_part(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def test_every_module_has_a_level() -> None:
    parts = {top_part(path) for path in ROOT.rglob("*.py")} - {"__init__", "__main__"}
    assert parts == set(LEVEL_OF)


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parts_of_nnlab(path: Path) -> set[str]:
    """The top parts of nnlab that a module imports."""
    return {name.split(".")[1] for name in imported_modules(path) if name.startswith("nnlab.")}


def test_imports_point_down() -> None:
    upward = [
        f"{shown(path)} imports {part}"
        for path in MODULES
        for part in parts_of_nnlab(path) & set(LEVEL_OF)
        if LEVEL_OF[part] > LEVEL_OF[top_part(path)]
    ]
    assert not upward


def test_the_textbook_imports_numpy_only() -> None:
    for path in (ROOT / "textbook").rglob("*.py"):
        for name in imported_modules(path):
            own = name.startswith("nnlab.textbook")
            assert own or name.split(".")[0] in {"numpy", *sys.stdlib_module_names}, f"{path.name}: {name}"


# What reads and writes files knows no mathematics, so that runs are listed and compared without loading any.
MATHEMATICS = {"functions", "layers", "losses", "regularizers", "optim", "models", "gradcheck", "textbook"}


def test_records_and_storage_import_no_mathematics() -> None:
    chosen = [path for path in MODULES if top_part(path) in {"records", "storage", "comparisons"}]
    assert len(chosen) > 30
    assert not [shown(path) for path in chosen if parts_of_nnlab(path) & MATHEMATICS]


def test_the_engine_knows_no_run_folder() -> None:
    engine = [path for path in MODULES if top_part(path) == "engine"]
    assert len(engine) > 8
    assert not [shown(path) for path in engine if parts_of_nnlab(path) & {"records", "storage"}]


def test_runs_are_listed_without_loading_mathematics() -> None:
    code = (
        "import sys\n"
        "import nnlab.cli.runs, nnlab.cli.runs_list, nnlab.records.inventory, nnlab.records.sweep_folder\n"
        "parts = {name.split('.')[1] for name in sys.modules if name.startswith('nnlab.')}\n"
        f"assert not parts & {(MATHEMATICS | {'search', 'engine'}) - {'losses'}!r}, parts\n"  # metrics know the losses
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_activation_statistics_load_no_plotting_library() -> None:
    code = (
        "import sys\n"
        "import nnlab.engine.activation_statistics, nnlab.engine.loop, nnlab.engine.predictions\n"
        "loaded = {'matplotlib', 'nnlab.plots', 'nnlab.figures'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_matplotlib_lives_in_plots() -> None:
    users = [path for path in MODULES if any(name.split(".")[0] == "matplotlib" for name in imported_modules(path))]
    assert {top_part(path) for path in users} == {"plots"}, users


# What any part may know of layers: the protocols, and functions that take any layer.
LAYER_PROTOCOLS = {"base", "composite", "fusion", "joint_products", "planning"}
RECIPES = {*(ROOT / "models").glob("*.py")} - {ROOT / "models" / "network.py", ROOT / "models" / "textbook_twins.py"}


def test_concrete_layers_are_known_to_layers_and_recipes_only() -> None:
    concrete = [
        f"{shown(path)} imports {name}: let the layer say what is asked of it"
        for path in MODULES
        if top_part(path) != "layers" and path not in RECIPES
        for name in imported_modules(path)
        if name.startswith("nnlab.layers.") and name.split(".")[2] not in LAYER_PROTOCOLS
    ]
    assert not concrete


HELP = [
    ["--help"],
    *(
        [command, "--help"]
        for command in ("train", "compare", "plot", "evaluate", "export", "report", "crossval", "sweep", "data")
    ),
    *(["activations", "-h"], ["data", "show", "-h"]),
    ["--version"],
]


def test_help_imports_nothing_heavy() -> None:
    """In one process, one after the other: whatever one of them imports stays there to be found."""
    code = (
        "import sys\n"
        "from nnlab.cli import main\n"
        f"for arguments in {HELP!r}:\n"
        "    sys.argv = ['nnlab', *arguments]\n"
        "    try:\n        main()\n"
        "    except SystemExit as stop:\n        assert stop.code in (0, None), (arguments, stop.code)\n"
        "    else:\n        raise AssertionError(arguments)\n"
        "    heavy = {'numpy', 'matplotlib', 'pooch', 'safetensors', 'yaml', 'nnlab.registry'} & set(sys.modules)\n"
        "    assert not heavy, (arguments, heavy)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Usage: ") == len(HELP) - 1
