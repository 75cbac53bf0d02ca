"""The names that a plugin registers, read from its text: completing a command line executes nothing."""

import ast
from collections.abc import Iterable
from pathlib import Path

from nnlab import registry
from nnlab.errors import NnlabError
from nnlab.plugins.component_checks import NAME
from nnlab.plugins.source import read_plugin
from nnlab.registry import Registry


def names_in(paths: Iterable[Path]) -> dict[str, list[str]]:
    """The names under ``@layers.register("name")`` and the like, by kind; files that are no plugins have none."""
    found: dict[str, list[str]] = {}
    for path in paths:
        try:
            tree = read_plugin(path).tree()
        except NnlabError:
            continue
        for node in ast.walk(tree):
            match node:
                case ast.Call(ast.Attribute(ast.Name(name), "register"), [ast.Constant(str(own))]):
                    kind = getattr(registry, name, None)
                    if isinstance(kind, Registry) and NAME.fullmatch(own):
                        found.setdefault(kind.kind, []).append(own)
    return found
