"""The configs that ship with nnlab, by name: ``adam``, ``sweeps/weight_decay_lr``, or ``weight_decay_lr``."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from nnlab.errors import UsageError
from nnlab.text import near_hint, near_name, quote

SUFFIX = ".yaml"
_LISTED = "nnlab list config lists the bundled configs"


@cache
def bundled_configs() -> Mapping[str, Path]:
    """The path of each bundled config by its name, which begins with its folder: ``descent/valley``; sorted."""
    folder = _folder()
    paths = sorted(folder.rglob(f"*{SUFFIX}")) if folder else []
    named = {path.relative_to(folder).with_suffix("").as_posix(): path for path in paths if folder}
    return dict(sorted(named.items(), key=lambda item: (item[0].count("/"), item[0])))


def spec_path(spec: Path | str, folder: Path | None = None) -> Path:
    """The path of a spec: of the file or folder of this name, where there is one; else of the bundled config.

    A name without its folder stands for the one bundled config called so. ``folder`` is where a relative path begins.
    A name of neither is returned as a path, whose reader reports that it is missing.
    """
    path = Path(spec) if folder is None else folder / spec
    if os.path.lexists(path):
        return path
    return _by_name(Path(spec).as_posix()) or path


def bundled_config(name: str) -> Path:
    """The path of the bundled config of this name; raises UsageError."""
    path = _by_name(name)
    if path is None:
        near = near_hint(name, [*bundled_configs(), *_bare_names()])
        raise UsageError(f"no bundled config is called {quote(name)}; {near}{_LISTED}")
    return path


def is_bundled(name: str) -> bool:
    """Whether a bundled config has this name."""
    return _by_name(name) is not None


def passed_over(spec: Path | str) -> Path | None:
    """The file ``adam.yaml`` in the place of a name such as ``adam`` that stands for the bundled config; else None."""
    path = Path(spec)
    if os.path.lexists(path) or not is_bundled(path.as_posix()):
        return None
    return next((file for ending in (SUFFIX, ".yml") if (file := Path(f"{path}{ending}")).is_file()), None)


def near_configs(path: Path) -> str:
    """A hint to bundled configs for a spec that cannot be read, such as ``; did you mean 'adam'?``; else empty."""
    if os.path.lexists(path):
        return "; it hides the bundled config of this name" if is_bundled(path.as_posix()) else ""
    if path.is_absolute() or not path.name or ".." in path.parts:
        return ""
    written = path.suffix in {SUFFIX, ".yml"}
    name = (path.with_suffix("") if written else path).as_posix().removeprefix("configs/")
    if near := near_name(name, [*bundled_configs(), *_bare_names()]):
        return f"; did you mean {quote(near)}? {_LISTED}"
    return "" if written or path.parent.name else f"; {_LISTED}"


def _by_name(name: str) -> Path | None:
    return bundled_configs().get(name) or _bare_names().get(name)


@cache
def _bare_names() -> Mapping[str, Path]:
    """The configs in sub-folders by their names without the folder, where only one is called so."""
    known = bundled_configs()
    bare = [path.stem for name, path in known.items() if "/" in name]
    return {path.stem: path for name, path in known.items() if "/" in name and bare.count(path.stem) == 1}


def _folder() -> Path | None:
    """``configs/`` within the installed package, or beside it in a source tree; None where there is neither."""
    package = Path(__file__).resolve().parents[1]
    packaged, beside = package / "configs", package.parent / "configs"
    if packaged.is_dir():
        return packaged
    return beside if beside.is_dir() and (package.parent / "pyproject.toml").is_file() else None
