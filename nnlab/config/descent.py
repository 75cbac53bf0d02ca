"""The settings of ``nnlab descend``: a function, a starting point, and the optimizers to compare."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Le, MaxLen, MinLen, Predicate

from nnlab.config.bundled import spec_path
from nnlab.config.inheritance import default_name, read_spec, tree_from_mapping
from nnlab.config.misplaced_keys import MisplacedKeys
from nnlab.config.overrides import apply_overrides
from nnlab.config.positions import KeyPath, YamlTree, spec_error
from nnlab.config.recorded_data import RecordedData, plugins_named
from nnlab.config.resolved_spec import ResolvedSpec
from nnlab.config.spec_kinds import IS_SWEEP, is_sweep_spec
from nnlab.config.validation import Validator
from nnlab.functions.base import Function
from nnlab.optim.base import Optimizer
from nnlab.registry import Component, Doc
from nnlab.text import quote

MOST_RULES = 12
MOST_NUMBERS = 10_000_000
Coordinate = Annotated[float, Ge(-1e12), Le(1e12)]


@dataclass(kw_only=True)
class Descent(ResolvedSpec):
    """A function of n variables, a starting point, and the optimizers that minimise the function from there.

    Without optimizers (and starting point) only the gradient field of a function of two variables is plotted.
    """

    name: Annotated[
        str,
        Predicate(str.isprintable),
        MinLen(1),
        MaxLen(100),
        Doc("name of the run folders; default: the file name"),
    ]
    function: Annotated[
        Function, Component("function"), Doc("function to minimise; expression: TEXT is short for an expression")
    ]
    start: Annotated[list[Coordinate], MaxLen(100), Doc("starting point, shared by all optimizers")] = field(
        default_factory=list
    )
    optimizer: Annotated[
        list[Optimizer],
        Component("optimizer", many=True),
        MaxLen(MOST_RULES),
        Doc("one optimizer or a list; lr may be a list too (one optimizer each); none: only the gradient field"),
    ] = field(default_factory=list)
    steps: Annotated[int, Ge(1), Le(100_000), Doc("number of updates")] = 100
    gradient: Annotated[
        Literal["central", "complex", "analytic"],
        Doc("central: (f(x + h) − f(x − h)) / 2h; complex: Im f(x + ih) / h; analytic: the exact derivative"),
    ] = "central"
    h: Annotated[float, Ge(1e-300), Le(1), Doc("step size h of central and complex")] = 1e-4
    view: Annotated[
        list[Coordinate] | None,
        Doc("axis limits of the plots: left, right, bottom, top; null: chosen from function and paths"),
    ] = None
    arrows: Annotated[
        Literal["unit", "length"],
        Doc(
            "arrows in field.png; unit: equal lengths, coloured by gradient norm; length: proportional to the gradient"
        ),
    ] = "unit"

    # Keys that a spec may use as abbreviations.
    abbreviations: ClassVar[tuple[str, ...]] = ("expression",)

    def conflicts(self) -> Iterator[tuple[KeyPath, str]]:
        """Wrong combinations of function, starting point, optimizers, h and view."""
        least, most = self.function.variables
        count = len(self.start)
        plane = least <= 2 <= (most or 2) and count in (0, 2)
        if not self.optimizer and not plane:
            yield (
                ("function",),
                "without an optimizer only a gradient field is plotted, which needs a function of two variables",
            )
        elif self.optimizer and not self.start:
            yield ("start",), "needs the starting point, such as [-3, 4]"
        elif self.start and (count < least or (most is not None and count > most)):
            wanted = f"{least}" if least == most else f"at least {least}"
            yield ("start",), f"has {count} coordinate{'s' * (count != 1)}, but the function needs {wanted}"
        recorded = self.steps * count * len(self.optimizer)
        if recorded > MOST_NUMBERS:
            yield ("steps",), f"would record {recorded:,} coordinates; the limit is {MOST_NUMBERS:,}"
        if self.gradient == "central" and any(abs(x) + self.h == abs(x) for x in self.start):
            far = max(self.start, key=abs)
            yield ("h",), f"{quote(self.h)} is below the float64 precision at start {quote(far)}; use a larger h"
        if self.view is not None:
            if len(self.view) != 4:
                yield ("view",), f"must have 4 numbers: left, right, bottom, top; got {len(self.view)}"
            elif self.view[0] >= self.view[1] or self.view[2] >= self.view[3]:
                yield ("view",), "left must be below right, and bottom below top"


def load_descent(path: Path | str, overrides: Sequence[str] = (), *, tree: YamlTree | None = None) -> Descent:
    """Read a spec for ``nnlab descend``, apply ``key=value`` overrides and validate it; ``tree`` is its YAML, if read.

    Raises UsageError when the file cannot be read and SpecError with all problems.
    """
    path = spec_path(path)
    tree = read_spec(path) if tree is None else tree
    apply_overrides(tree, overrides)
    with plugins_named(path, RecordedData.of(path.absolute().parent)):
        return descent_from_tree(tree, default_name=default_name(path))


def as_descent(spec: "Descent | Path | str | Mapping[str, Any]") -> Descent:
    """A descent from a descent, the path of a spec, or a dict; raises UsageError."""
    if isinstance(spec, Descent):
        return spec
    return (
        descent_from_tree(tree_from_mapping(spec), default_name="descent")
        if isinstance(spec, Mapping)
        else load_descent(spec)
    )


def descent_from_tree(tree: YamlTree, *, default_name: str) -> Descent:
    """Validate a YAML tree and build its descent; raises SpecError."""
    raw, problems, descent = tree.value, list(tree.problems), None
    if raw is None and not tree.broken:
        problems.append((tree.position(()), (), "is empty; a descent needs function, start and optimizer"))
    elif is_sweep_spec(raw):
        problems.append((tree.position(()), (), IS_SWEEP))
    elif isinstance(raw, dict) and "model" in raw and not {"function", "expression"} & raw.keys():
        problems.append(
            (tree.position(()), (), "is a training spec; run it with nnlab train (a descent spec has a function)")
        )
    elif not tree.broken:
        expanded = _Expanded(raw)
        problems.extend((tree.position(key), key, message) for key, message in expanded.problems)
        validator = Validator(elsewhere=MisplacedKeys(Descent, raw))
        value = {"name": default_name, **expanded.value} if isinstance(expanded.value, dict) else raw
        descent = validator.section(Descent, value, (), "a descent")
        reported = {key for _, key, _ in problems}
        # An optimizer with several learning rates stands once in the file: its problem is reported once.
        for key, message in dict.fromkeys((expanded.origin(key), message) for key, message in validator.problems):
            if key not in reported:
                problems.append(tree.problem_at(key, message))
    if problems:
        raise spec_error(problems)
    if not isinstance(descent, Descent):
        raise TypeError("validation without problems gives a descent")
    return descent


class _Expanded:
    """A spec with its abbreviations expanded: ``expression``, one optimizer without a list, several learning rates.

    ``origin`` maps a key of the expanded spec to the key in the file.
    """

    def __init__(self, raw: object) -> None:
        self.value = raw
        self.problems: list[tuple[KeyPath, str]] = []
        self._origins: dict[KeyPath, KeyPath] = {}
        if isinstance(raw, dict):
            self.value = dict(raw)
            self._expand_expression(self.value)
            self._expand_optimizers(self.value)

    def origin(self, key: KeyPath) -> KeyPath:
        """The key in the file for a key of the expanded spec."""
        for length in range(len(key), 0, -1):
            if key[:length] in self._origins:
                return self._origins[key[:length]] + key[length:]
        return key

    def _expand_expression(self, spec: dict[Any, Any]) -> None:
        if "expression" not in spec:
            return
        if "function" in spec:
            self.problems.append((("expression",), "both function and expression are given; keep one"))
        spec["function"] = {"name": "expression", "text": spec.pop("expression")}
        self._origins |= dict.fromkeys([("function",), ("function", "text")], ("expression",))

    def _expand_optimizers(self, spec: dict[Any, Any]) -> None:
        given = spec.get("optimizer")
        if isinstance(given, str | dict):
            rules: list[tuple[KeyPath, object]] = [(("optimizer",), given)]
        elif isinstance(given, list):
            rules = [(("optimizer", index), rule) for index, rule in enumerate(given)]
        else:
            return
        spec["optimizer"] = []
        for path, rule in rules:
            rates = rule.get("lr") if isinstance(rule, dict) else None
            if isinstance(rates, list) and not rates:
                self.problems.append(((*path, "lr"), "must be a number above 0 or a list of numbers, got []"))
            several = (rates or [1.0]) if isinstance(rates, list) else [None]
            for number, rate in enumerate(several):
                if len(spec["optimizer"]) > MOST_RULES:  # too many already, and each may be long
                    return
                position: KeyPath = ("optimizer", len(spec["optimizer"]))
                self._origins[position] = path
                if rate is not None and isinstance(rule, dict):
                    spec["optimizer"].append({**rule, "lr": rate})
                    self._origins[*position, "lr"] = (*path, "lr", number)
                else:
                    spec["optimizer"].append(rule)
