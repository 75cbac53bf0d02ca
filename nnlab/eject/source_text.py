"""The source text of the definitions that a script needs: classes and functions with their helpers and imports."""

import ast
import inspect
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import ModuleType
from typing import Self

import nnlab


@dataclass(frozen=True, order=True)
class Import:
    """``import module`` or, with a member, ``from module import member``; ``name`` is what it binds."""

    module: str
    member: str
    name: str

    @property
    def as_name(self) -> str:
        """The module or member with the name that it gets."""
        imported = self.member or self.module
        return imported if imported == self.name else f"{imported} as {self.name}"


@dataclass(eq=False)
class Definition:
    """A class, a function or an assignment at the top of a module."""

    node: ast.stmt
    module: ModuleType
    lines: Sequence[str]

    def parts(self, attributes: Collection[str]) -> Iterator[ast.AST]:
        """The syntax of its text."""
        if isinstance(self.node, ast.ClassDef):
            yield from (*self.node.bases, *self.node.decorator_list)
            yield from (member for member in self.node.body if _is_used(member, attributes))
        else:
            yield self.node

    def text(self, attributes: Collection[str]) -> str:
        """Its lines in the module, without the members of a class that no attribute names."""
        left_out: set[int] = set()
        for member in self.node.body if isinstance(self.node, ast.ClassDef) else ():
            if not _is_used(member, attributes):
                start, end = _extent(member)
                while not self.lines[start - 2].strip():
                    start -= 1
                left_out.update(range(start, end + 1))
        start, end = _extent(self.node)
        return "\n".join(self.lines[number - 1] for number in range(start, end + 1) if number not in left_out)


@dataclass
class Needed:
    """What a program needs: definitions, in the order of their modules, and imports."""

    definitions: list[Definition]
    attributes: set[str]
    imports: set[Import]

    def texts(self, module: ModuleType) -> list[str]:
        """The text of each definition of a module."""
        return [each.text(self.attributes) for each in self.definitions if each.module is module]


@dataclass
class Library:
    """The definitions of some modules by name, in their order, and the imports by the name that they bind."""

    definitions: dict[str, Definition] = field(default_factory=dict)
    imports: dict[str, Import] = field(default_factory=dict)

    @classmethod
    def of(cls, modules: Iterable[ModuleType]) -> Self:
        """Everything that the modules define or import; raises ValueError where a name has two meanings."""
        library = cls()
        for module in modules:
            library._add(module)
        return library

    def _add(self, module: ModuleType) -> None:
        source = inspect.getsource(module)
        for node in ast.parse(source).body:
            for found in _imported(node):
                if self.imports.setdefault(found.name, found) != found:
                    raise ValueError(f"{found.name} is imported from two modules")
            definition = Definition(node, module, source.splitlines())
            for name in _defined(node):
                if name in self.definitions:
                    raise ValueError(f"{name} is defined twice")
                self.definitions[name] = definition

    def needed(self, program: str) -> Needed:
        """What a program uses, directly or through other definitions; names that it defines itself are its own."""
        tree = ast.parse(program)
        own = {name for node in tree.body for name in _defined(node)}
        names, attributes = _names_in([tree])
        chosen: set[Definition] = set()
        size = -1
        while size != len(names) + len(attributes):
            size = len(names) + len(attributes)
            chosen = {self.definitions[name] for name in (names & self.definitions.keys()) - own}
            parts = (part for definition in chosen for part in definition.parts(attributes))
            more_names, more_attributes = _names_in(parts)
            names |= more_names
            attributes |= more_attributes
        imports = {self.imports[name] for name in names & self.imports.keys()}
        outside = {found for found in imports if found.module.partition(".")[0] != nnlab.__name__}
        ordered = dict.fromkeys(each for each in self.definitions.values() if each in chosen)
        return Needed(list(ordered), attributes, outside)


def import_lines(imports: Iterable[Import]) -> list[str]:
    """The statements of some imports, sorted as isort does; a blank line before those of NumPy."""
    modules: list[list[str]] = [[], []]
    members: list[list[str]] = [[], []]
    for module, group in groupby(sorted(imports), key=lambda found: found.module):
        third_party = module.partition(".")[0] == "numpy"
        whole: list[Import] = []
        parts: list[Import] = []
        for found in group:
            (parts if found.member else whole).append(found)
        modules[third_party] += [f"import {found.as_name}" for found in whole]
        if parts:
            parts.sort(key=lambda found: (not found.member.isupper(), not found.member[0].isupper(), found.member))
            members[third_party].append(f"from {module} import {', '.join(found.as_name for found in parts)}")
    standard, numpy = (modules[index] + members[index] for index in (0, 1))
    return [*standard, "", *numpy] if standard and numpy else standard + numpy


def _imported(node: ast.stmt) -> list[Import]:
    if isinstance(node, ast.Import):
        return [Import(alias.name, "", alias.asname or alias.name) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [Import(node.module or "", alias.name, alias.asname or alias.name) for alias in node.names]
    return []


def _defined(node: ast.stmt) -> Iterator[str]:
    """The names that a statement at the top of a module defines."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign | ast.For):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name) and _stores(each))


def _stores(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _names_in(parts: Iterable[ast.AST]) -> tuple[set[str], set[str]]:
    """The names and the attributes in some syntax."""
    names, attributes = set(), set()
    for part in parts:
        for node in ast.walk(part):
            if isinstance(node, ast.Name):
                names.add(node.id)
            elif isinstance(node, ast.Attribute):
                attributes.add(node.attr)
    return names, attributes


def _is_used(member: ast.stmt, attributes: Collection[str]) -> bool:
    """Whether a member of a class is named anywhere; what Python calls itself is."""
    names = [member.name] if isinstance(member, ast.FunctionDef) else list(_defined(member))
    return not names or any(name in attributes or name.startswith("__") for name in names)


def _extent(node: ast.stmt) -> tuple[int, int]:
    """Its first and last line, decorators included."""
    decorators = node.decorator_list if isinstance(node, ast.ClassDef | ast.FunctionDef) else []
    return min([node.lineno, *(each.lineno for each in decorators)]), node.end_lineno or node.lineno
