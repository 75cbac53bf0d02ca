"""Whether a plugin's classes are components: base class, methods with their arguments, hyper-parameters."""

import ast
import dataclasses
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from nnlab.hyperparameters import Doc, Hyperparameter, hyperparameters
from nnlab.text import one_line, quote, with_article

BASES = {
    "dataset": "nnlab.data.dataset_source.DatasetSource",
    "augmentation": "nnlab.data.pipeline.augmentation.Augmentation",
    "model": "nnlab.models.base.Model",
    "layer": "nnlab.layers.base.Layer",
    "activation": "nnlab.layers.base.Activation",
    "initialiser": "nnlab.core.initialisers.Initialiser",
    "loss": "nnlab.losses.Loss",
    "metric": "nnlab.metrics.Metric",
    "penalty": "nnlab.regularizers.Regularizer",
    "optimizer": "nnlab.optim.base.Optimizer",
    "schedule": "nnlab.optim.schedules.Schedule",
    "function": "nnlab.functions.base.Function",
}
"""The base class of each kind of component that a plugin can have."""

DEFAULTS = {"label_ja": "label", "heading": "label"}
"""Class variables of metrics that a plugin may leave out, with those that stand in for them."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
EXAMPLE = 'beta: Annotated[float, Ge(0), Le(10), Doc("factor β")] = 1.0'

STRICT = ConfigDict(strict=True, allow_inf_nan=False)

Fault = tuple[int | None, str]
"""The line of a mistake, None where it is not known, and what is wrong."""


def first_fault(kind: str, name: str, component: type[Any], tree: ast.Module) -> Fault | None:
    """The first mistake that keeps a registered class from being used, with its line in the plugin."""
    return next(_faults(kind, name, component, _definition(component.__name__, tree)), None)


def _faults(kind: str, name: str, component: type[Any], definition: ast.ClassDef | None) -> Iterator[Fault]:
    line = definition.lineno if definition else None
    own = component.__name__
    if kind not in BASES:
        yield line, f"a plugin cannot have {with_article(kind)}; it can have {', '.join(BASES)}"
        return
    if not NAME.fullmatch(name):
        yield line, f"the name {quote(name)} must have small letters, digits and _ only, and begin with a letter"
    home, _, base_name = BASES[kind].rpartition(".")
    base = getattr(import_module(home), base_name)
    if not (isinstance(component, type) and issubclass(component, base)):
        yield line, f"{with_article(kind)} derives from {base_name}: class {own}({base_name})"
        return
    if "__dataclass_fields__" not in vars(component):
        yield line, f"write @dataclass(kw_only=True) above class {own}, so that its fields become keys of the spec"
        return
    if component.__dataclass_params__.frozen:
        yield line, f"class {own} is frozen, so it cannot keep anything: write @dataclass(kw_only=True) alone"
    missing = sorted(component.__abstractmethods__)
    if missing:
        wanted = "; ".join(_signature(base, method) for method in missing)
        yield line, f"class {own} lacks {', '.join(missing)}: {wanted}"
    if unset := sorted(_unset(component, base)):
        yield line, f"class {own} lacks {', '.join(unset)}: each is a line such as {unset[0]} = ..."
    if getattr(component, "batch_dependent", False) and component.take_statistics is base.take_statistics:
        yield line, f"class {own} has batch_dependent = True, so it needs {_signature(base, 'take_statistics')}"
    if kind == "metric":
        for field in dataclasses.fields(component):
            if not field.init and not isinstance(field.default, int | float):
                yield _line_of(definition, field.name), f"the tally {field.name} starts as a number: default=0.0"
    yield from _wrong_methods(component, base, definition)
    yield from _wrong_fields(component, base, definition)


def _unset(component: type[Any], base: type[Any]) -> Iterator[str]:
    """The class variables of the protocol that have no value and no default."""
    for name, annotation in inspect.get_annotations(base).items():
        if str(annotation).startswith("typing.ClassVar") and not hasattr(component, name) and name not in DEFAULTS:
            yield name


def _wrong_methods(component: type[Any], base: type[Any], definition: ast.ClassDef | None) -> Iterator[Fault]:
    """Methods of the protocol that cannot be called as the protocol's."""
    for name in sorted(base.__abstractmethods__):
        method = vars(component).get(name)
        if not inspect.isfunction(method):
            continue
        expected = inspect.signature(getattr(base, name)).parameters.values()
        positional = [p.name for p in expected if p.kind is not p.KEYWORD_ONLY]
        keywords = {p.name: None for p in expected if p.kind is p.KEYWORD_ONLY}
        try:
            inspect.signature(method).bind(*positional, **keywords)
        except TypeError:
            found, wanted = _signature(component, name), _signature(base, name)
            yield _line_of(definition, name), f"{one_line(found, 120)} should be {wanted}"


def _wrong_fields(component: type[Any], base: type[Any], definition: ast.ClassDef | None) -> Iterator[Fault]:
    """Fields without Doc or with types that do not exist, and values that were meant to be fields."""
    known = {name for cls in base.__mro__ for name in inspect.get_annotations(cls)}
    for name, value in vars(component).items():
        plain = isinstance(value, bool | int | float | str) and not hasattr(base, name)
        annotated = name in known or name in inspect.get_annotations(component)
        if plain and not annotated and not name.startswith("_") and not name.isupper() and name != "registered_name":
            yield (
                _line_of(definition, name),
                f"{name} = {one_line(repr(value))} has no type, so it is no hyper-parameter: {EXAMPLE} "
                "(a constant is written in CAPITALS)",
            )
    try:
        parameters = hyperparameters(component)
    except Exception as error:  # whatever an annotation in quotes raises
        yield definition.lineno if definition else None, f"the type of a field: {one_line(str(error), 200)}"
        return
    for parameter in parameters:
        if not parameter.mark(Doc):
            yield (
                _line_of(definition, parameter.name),
                f'{parameter.name} has no description: its type is Annotated[TYPE, Doc("...")]: {EXAMPLE}',
            )
        elif reason := _wrong_default(parameter):
            yield _line_of(definition, parameter.name), reason


def _wrong_default(parameter: Hyperparameter) -> str:
    """Why no spec could name the default, so that the spec.yaml of a run could not be read again; or no text."""
    if parameter.required or parameter.base not in {bool, int, float, str}:
        return ""
    try:
        TypeAdapter(parameter.annotation, config=STRICT).validate_python(parameter.default)
    except ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"].removeprefix("Input ")
        return f"the default of {parameter.name} {reason}, got {one_line(repr(parameter.default), 100)}"
    return ""


def _signature(cls: type[Any], method: str) -> str:
    """``def forward(self, x, *, training)``: the names alone."""
    parameters = inspect.signature(getattr(cls, method)).parameters.values()
    return f"def {method}{inspect.Signature([p.replace(annotation=p.empty) for p in parameters])}"


def _definition(name: str, tree: ast.Module) -> ast.ClassDef | None:
    return next((node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == name), None)


def _line_of(definition: ast.ClassDef | None, name: str) -> int | None:
    """The line on which a class defines a method or field; else that of the class."""
    if definition is None:
        return None
    for node in definition.body:
        targets: list[ast.expr] = []
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node.lineno
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        elif isinstance(node, ast.Assign):
            targets = node.targets
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return node.lineno
    return definition.lineno
