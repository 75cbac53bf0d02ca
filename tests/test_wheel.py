"""The built packages hold what they must, and an installed wheel works in an empty folder, without a network."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

import nnlab
from nnlab.config.bundled import bundled_configs

pytestmark = pytest.mark.slow

ROOT = Path(nnlab.__file__).parents[1]
# What has no network: any connection of requests or urllib goes to a port that nobody listens on.
OFFLINE = {f"{scheme}_proxy": "http://127.0.0.1:9" for scheme in ("http", "https", "all")}


def build(kind: str, folder: Path) -> Path:
    """Build the wheel or the sdist as pip does, with the build backend of pyproject.toml."""
    code = f"from hatchling.build import build_{kind}; print(build_{kind}({str(folder)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return folder / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the contents of the wheel, which has no scripts but its entry point."""
    folder = tmp_path_factory.mktemp("wheel")
    with ZipFile(build("wheel", folder)) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


def python(installed: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | OFFLINE | {"PYTHONPATH": str(installed), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


def test_the_wheel_has_every_file_of_the_package_and_every_config(installed: Path) -> None:
    def files(folder: Path) -> set[str]:
        found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        return {name for name in found if "__pycache__" not in name}

    configs = {f"configs/{name}" for name in files(ROOT / "configs")}
    assert files(installed / "nnlab") == files(ROOT / "nnlab") | configs
    assert {path.name for path in installed.iterdir()} == {"nnlab", f"nnlab_runner-{nnlab.__version__}.dist-info"}


def test_a_bundled_config_is_trained_in_an_empty_folder_without_a_network(installed: Path, tmp_path: Path) -> None:
    code = (
        "import sys, nnlab\n"
        "from nnlab.cli import main\n"
        "print(nnlab.__file__, flush=True)\n"
        "sys.argv = ['nnlab', 'train', 'adam', '-s', 'train.iterations=2', '--no-plots']\n"
        "main()\n"
    )
    done = python(installed, tmp_path, "-c", code)
    assert done.returncode == 0, done.stderr
    where, *_, run = done.stdout.splitlines()
    assert Path(where) == installed / "nnlab" / "__init__.py"
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
    assert (tmp_path / run / "spec.yaml").read_text(encoding="utf-8").startswith("name: adam\n")


def test_the_sdist_has_what_building_and_testing_need(tmp_path: Path) -> None:
    with tarfile.open(build("sdist", tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"configs/{name}.yaml" for name in bundled_configs()} <= names
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "nnlab/py.typed", "tests/test_wheel.py"} <= names
    assert not {name for name in names if name.startswith(("runs/", ".git/", ".venv/"))}
