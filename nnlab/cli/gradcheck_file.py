"""``nnlab gradcheck FILE.py``: the gradients of one's own components, classes and functions."""

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlab.cli.console import echo, echo_agreement, results

if TYPE_CHECKING:
    from types import ModuleType

    from nnlab.gradcheck import GradientCheck, Method

    Checked = tuple[list[GradientCheck], list[str]]

WITH_GRADIENT = {"layer", "activation", "loss", "penalty"}


def check_file(path: Path, only: list[str] | None, method: "Method", seed: int, *, json: bool) -> None:
    """Check what a file defines, and print it; raises CheckFailed, and UsageError where code cannot be checked."""
    from nnlab.errors import CheckFailed, UsageError
    from nnlab.gradcheck import GradientCheck

    # What the code under test prints is no result of this command.
    with contextlib.redirect_stdout(sys.stderr):
        checks, unchecked = _checked(path, only, method, seed)
    notes = tuple(note for check in checks for note in check.notes)
    found = GradientCheck(tuple(tensor for check in checks for tensor in check.tensors), notes)
    if json:
        _print_json(found, unchecked)
    elif found.tensors:
        _print(found, method)
    failed = [f"{check.component}.{check.tensor}" for check in found.failed]
    for message in unchecked if failed else unchecked[1:]:
        echo(message, err=True)
    if failed:
        raise CheckFailed(f"{len(failed)} of {len(found.tensors)} gradients are wrong: {', '.join(failed)}")
    if unchecked:
        raise UsageError(unchecked[0])
    if not json and found.tensors:
        echo_agreement(len(found.tensors), method, seed)


def _checked(path: Path, only: list[str] | None, method: "Method", seed: int) -> "Checked":
    """The check of each subject, and what is wrong with those that cannot be checked."""
    from nnlab.errors import PluginError, UsageError
    from nnlab.gradcheck import GradientCheck
    from nnlab.gradcheck.check import names_to_check
    from nnlab.gradcheck.own_code import NOTHING, check_own, examples_in, subjects_in
    from nnlab.gradcheck.registered import check_registered

    module, components = _loaded(path)
    registered = {name: kind for kind, classes in components.items() for name in classes}
    classes = {cls for own in components.values() for cls in own.values()}
    subjects = {name: own for name, own in subjects_in(module).items() if own[0] not in classes}
    names = names_to_check(only, [*registered, *subjects])
    if not names:
        raise PluginError.at(path, None, NOTHING)
    if method != "central" and not registered.keys() & set(names):
        raise UsageError(
            f"--method {method} is for registered components; other code is checked by central differences"
        )
    examples = examples_in(module)
    checks, unchecked = [], []
    for name in names:
        kind = registered.get(name)
        try:
            if kind is None:
                checks.append(check_own(name, subjects[name], examples, seed))
            elif kind in WITH_GRADIENT:
                checks.append(GradientCheck(tuple(check_registered([name], method, seed))))
            else:
                echo(f"{kind} {name} has no gradient to check", err=True)
        except UsageError as error:
            unchecked.append(str(error))
    return checks, unchecked


def _loaded(path: Path) -> "tuple[ModuleType, Any]":
    """The executed module of a file, and the components that it registers."""
    from nnlab.plugins import load_plugin
    from nnlab.plugins.source import read_plugin

    source = read_plugin(path)
    if _registers(source.tree()):
        plugin = load_plugin(path)
        return sys.modules[source.module_name], plugin.components
    source.execute()
    return sys.modules[source.module_name], {}


def _registers(tree: Any) -> bool:
    """Whether a class in a syntax tree has a decorator such as ``@layers.register("name")``."""
    import ast

    decorators = (entry for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for entry in node.decorator_list)
    return any(
        isinstance(entry, ast.Call) and isinstance(entry.func, ast.Attribute) and entry.func.attr == "register"
        for entry in decorators
    )


def _print(found: "GradientCheck", method: str) -> None:
    from rich.table import Table
    from rich.text import Text

    from nnlab.gradcheck.gradient_check import HEADINGS, cells, details

    table = Table(title=f"relative L2 error of each gradient ({method}, float64)", title_justify="left")
    for heading in HEADINGS:
        table.add_column(heading, overflow="fold", justify="right" if heading in {"norm", "error"} else "left")
    for check in found.tensors:
        row = cells(check)
        table.add_row(*map(Text, row[:-1]), Text(row[-1], "green" if check.passed else "bold red"))
    results().print(table)
    for check in found.failed:
        echo(f"{check.component}.{check.tensor}:")
        for line in details(check):
            echo(f"  {line}")
    for remark in found.remarks():
        echo(remark)


def _print_json(found: "GradientCheck", unchecked: list[str]) -> None:
    import json

    echo(json.dumps(found.as_data() | {"not_checked": unchecked}, indent=2))
