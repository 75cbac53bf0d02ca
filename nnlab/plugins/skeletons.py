"""Skeletons of components: commented plugins that work, to be changed."""

import keyword
import re
from importlib.resources import files
from pathlib import Path

from nnlab.errors import UsageError
from nnlab.plugins.component_checks import NAME
from nnlab.registry import REGISTRIES
from nnlab.text import quote

KINDS = ("layer", "activation", "loss", "optimizer", "metric", "dataset")
"""The kinds of components that have a skeleton."""


def skeleton(kind: str, path: Path) -> str:
    """The text of a plugin with one component, whose registered name and class are those of the file.

    Raises UsageError where the name of the file cannot be that of a new component.
    """
    name = path.stem
    if path.suffix != ".py":
        raise UsageError(f"--{kind}: the name of a plugin ends in .py, got {quote(path.name)}")
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise UsageError(
            f"--{kind}: the file is called as the component will be, with small letters, digits and _ only, such as "
            f"my_{kind}.py; got {quote(path.name)}"
        )
    for other in ("layer", "activation") if kind in {"layer", "activation"} else (kind,):
        if name in REGISTRIES[other]:
            raise UsageError(f"--{kind}: {other} {name!r} is there already; choose another name, such as my_{name}.py")
    text = files("nnlab.plugins").joinpath("templates", f"{kind}.txt").read_text(encoding="utf-8")
    return text.replace(f"My{kind.capitalize()}", class_name(name)).replace(f"my_{kind}", name)


def class_name(name: str) -> str:
    """``MySwish`` for ``my_swish``."""
    parts = [part.capitalize() for part in re.split(r"_+", name) if part]
    return "".join(parts)
