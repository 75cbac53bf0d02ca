"""What a spec for ``nnlab descend`` may say: a function, and the update rules that race from a start, if any."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Le, MaxLen, MinLen, Predicate

from nnlab.config.inheritance import default_name, read_spec, tree_from_mapping
from nnlab.config.misplaced_keys import MisplacedKeys
from nnlab.config.overrides import apply_overrides
from nnlab.config.positions import KeyPath, YamlTree, spec_error
from nnlab.config.resolved_spec import ResolvedSpec
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
    """A function of n variables, where to start, and the update rules that go down from there.

    Without update rules, and so without a start, there is only the field of gradients of a function of two variables.
    """

    name: Annotated[
        str, Predicate(str.isprintable), MinLen(1), MaxLen(100), Doc("names the run folder; default: the file's name")
    ]
    function: Annotated[
        Function, Component("function"), Doc("what is minimised; expression: TEXT stands for one written out")
    ]
    start: Annotated[list[Coordinate], MaxLen(100), Doc("the point from which every rule starts")] = field(
        default_factory=list
    )
    optimizer: Annotated[
        list[Optimizer],
        Component("optimizer", many=True),
        MaxLen(MOST_RULES),
        Doc("one update rule or a list of them; lr may be a list too, for one rule each; none: only field.png"),
    ] = field(default_factory=list)
    steps: Annotated[int, Ge(1), Le(100_000), Doc("number of steps of each")] = 100
    gradient: Annotated[
        Literal["central", "complex", "analytic"],
        Doc("central: (f(x + h) − f(x − h)) / 2h; complex: Im f(x + ih) / h; analytic: the derivative written out"),
    ] = "central"
    h: Annotated[float, Ge(1e-300), Le(1), Doc("the step of central and complex")] = 1e-4
    view: Annotated[
        list[Coordinate] | None,
        Doc("the part of the plane that pictures show: left, right, bottom, top; null: what suits function and paths"),
    ] = None
    arrows: Annotated[
        Literal["unit", "length"],
        Doc("of field.png: unit: all equally long, coloured by gradient norm; length: as long as the gradient, too"),
    ] = "unit"

    # Keys that may stand in a spec for others.
    short_forms: ClassVar[tuple[str, ...]] = ("expression",)

    def conflicts(self) -> Iterator[tuple[KeyPath, str]]:
        """The start must have as many numbers as the function has variables, and a view four in order."""
        least, most = self.function.variables
        count = len(self.start)
        plane = least <= 2 <= (most or 2) and count in (0, 2)
        if not self.optimizer and not plane:
            yield ("function",), "without an optimizer there is only the field of gradients, of two variables"
        elif self.optimizer and not self.start:
            yield ("start",), "needs the point from which every optimizer starts, such as [-3, 4]"
        elif self.start and (count < least or (most is not None and count > most)):
            wanted = f"{least}" if least == most else f"at least {least}"
            yield ("start",), f"has {count} number{'s' * (count != 1)}, but the function takes {wanted}"
        recorded = self.steps * count * len(self.optimizer)
        if recorded > MOST_NUMBERS:
            yield ("steps",), f"{recorded:,} coordinates would be recorded, but at most {MOST_NUMBERS:,} can be"
        if self.gradient == "central" and any(abs(x) + self.h == abs(x) for x in self.start):
            far = max(self.start, key=abs)
            yield ("h",), f"{quote(self.h)} is lost in the digits of the start {quote(far)}; take a larger one"
        if self.view is not None:
            if len(self.view) != 4:
                yield ("view",), f"must have 4 numbers: left, right, bottom, top; got {len(self.view)}"
            elif self.view[0] >= self.view[1] or self.view[2] >= self.view[3]:
                yield ("view",), "left must be below right, and bottom below top"


def load_descent(path: Path | str, overrides: Sequence[str] = ()) -> Descent:
    """Read a spec for ``nnlab descend``, apply ``key=value`` overrides and check everything.

    Raises UsageError when the file cannot be read and SpecError with every problem found.
    """
    path = Path(path)
    return descent_from(read_spec(path), path, overrides)


def as_descent(spec: "Descent | Path | str | Mapping[str, Any]") -> Descent:
    """A descent as it is, from the path of a spec, or from a dict of what a spec says; raises UsageError."""
    if isinstance(spec, Descent):
        return spec
    return (
        descent_from_tree(tree_from_mapping(spec), default_name="descent")
        if isinstance(spec, Mapping)
        else load_descent(spec)
    )


def descent_from(tree: YamlTree, path: Path, overrides: Sequence[str] = ()) -> Descent:
    """Like :func:`load_descent`, from a tree that was read from ``path``."""
    apply_overrides(tree, overrides)
    return descent_from_tree(tree, default_name=default_name(path))


def descent_from_tree(tree: YamlTree, *, default_name: str) -> Descent:
    """Check a tree of plain values and build the descent it describes; raises SpecError."""
    raw, problems, descent = tree.value, list(tree.problems), None
    if raw is None and not tree.broken:
        problems.append((tree.position(()), (), "is empty; a descent needs function, start and optimizer"))
    elif isinstance(raw, dict) and "model" in raw and not {"function", "expression"} & raw.keys():
        problems.append(
            (tree.position(()), (), "describes a training, which nnlab train takes; a descent has a function")
        )
    elif not tree.broken:
        written_out = _WrittenOut(raw)
        problems.extend((tree.position(key), key, message) for key, message in written_out.problems)
        validator = Validator(elsewhere=MisplacedKeys(Descent, raw))
        value = {"name": default_name, **written_out.value} if isinstance(written_out.value, dict) else raw
        descent = validator.section(Descent, value, (), "a descent")
        reported = {key for _, key, _ in problems}
        # A rule with several learning rates stands once in the file and so is complained of once.
        for key, message in dict.fromkeys((written_out.origin(key), message) for key, message in validator.problems):
            if key not in reported:
                problems.append(tree.problem_at(key, message))
    if problems:
        raise spec_error(problems)
    if not isinstance(descent, Descent):
        raise TypeError("validation without problems gives a descent")
    return descent


class _WrittenOut:
    """A spec without its short forms: ``expression``, one optimizer without a list, several learning rates.

    ``origin`` leads from a key of it to the key that stands in the file.
    """

    def __init__(self, raw: object) -> None:
        self.value = raw
        self.problems: list[tuple[KeyPath, str]] = []
        self._origins: dict[KeyPath, KeyPath] = {}
        if isinstance(raw, dict):
            self.value = dict(raw)
            self._write_out_expression(self.value)
            self._write_out_rules(self.value)

    def origin(self, key: KeyPath) -> KeyPath:
        """The key in the file for a key of the spec written out."""
        for length in range(len(key), 0, -1):
            if key[:length] in self._origins:
                return self._origins[key[:length]] + key[length:]
        return key

    def _write_out_expression(self, spec: dict[Any, Any]) -> None:
        if "expression" not in spec:
            return
        if "function" in spec:
            self.problems.append((("expression",), "function and expression are both given; keep one"))
        spec["function"] = {"name": "expression", "text": spec.pop("expression")}
        self._origins |= dict.fromkeys([("function",), ("function", "text")], ("expression",))

    def _write_out_rules(self, spec: dict[Any, Any]) -> None:
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
                self.problems.append(((*path, "lr"), "must be a number above 0 or a list of them, got []"))
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
