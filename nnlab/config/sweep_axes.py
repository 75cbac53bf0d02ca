"""The axes of a sweep: its ``over`` blocks and ``zip`` groups, from a file and from ``-s``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from nnlab.config.overrides import NOT_A_SETTING, key_parts
from nnlab.config.positions import Finding, KeyPath, Position, YamlTree
from nnlab.config.swept_values import NotSweptError, SweptKey, from_text, from_yaml
from nnlab.core.plain_values import canonical
from nnlab.core.rows import MOST_TRIALS
from nnlab.search.space import Axis, Range, Settings, Space
from nnlab.text import one_line

MOST_KEYS = 500

Group = list[SweptKey]
"""Keys that move together; a key of its own is a group of one."""


@dataclass(frozen=True)
class FixedKey:
    """A dotted spec key with its value in all trials."""

    key: str
    position: Position
    value: YamlTree


@dataclass
class SweepAxes:
    """What a sweep changes: fixed keys, ``over`` blocks of swept keys, and groups of keys that move together.

    Every point takes a value of each key of one block and a row of every group.
    """

    fixed: list[FixedKey] = field(default_factory=list)
    blocks: list[Group] = field(default_factory=lambda: [[]])
    zipped: list[Group] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)
    _room: int = MOST_TRIALS

    def read(self, tree: YamlTree) -> None:
        """Take ``set``, ``over`` and ``zip`` of a sweep file; values of the wrong type are left out."""
        parts = tree.children()
        if fixed := parts.get("set"):
            self.fixed += (FixedKey(key, place, value) for key, place, value in self._keys(fixed, ("set",)))
        if over := parts.get("over"):
            self.blocks = [self._block(block, path) for path, block in _mappings(over, "over")] or self.blocks
        if zipped := parts.get("zip"):
            self.zipped = [self._group(group, path) for path, group in _mappings(zipped, "zip")]

    def change(self, settings: Sequence[str], *, together: bool) -> None:
        """Apply ``-s`` settings: one value is fixed, several are swept (``together``: as one group).

        They replace what a file says of the same key.
        """
        swept: Group = []
        given: dict[str, Position] = {}
        for index, setting in enumerate(settings):
            position = Position(inf, index, f"-s {one_line(setting, 100)}")
            key, equals, text = setting.partition("=")
            key = key.strip()
            if not equals or key_parts(key) is None:
                self.problems.append((position, (), NOT_A_SETTING))
            elif key in given:
                self.problems.append((position, (key,), f"given twice, first by {given[key]}; keep one"))
            else:
                given[key] = position
                try:
                    found = self._counted(from_text(key, position, text, together=together, most=self._room))
                except NotSweptError as error:
                    self.problems.append((position, (key, *error.inner), str(error)))
                    continue
                if len(found.values) == 1:
                    self._fix(FixedKey(key, position, found.values[0]))
                else:
                    swept.append(found)
        self._sweep(swept, together=together)

    def space(self) -> Space:
        """The space of all blocks."""
        blocks = [Space(tuple(map(_axis, [*([key] for key in block), *self.zipped]))) for block in self.blocks]
        return Space(blocks[0].axes, tuple(blocks[1:]))

    def swept(self) -> Iterator[SweptKey]:
        """Every swept key of every block and group."""
        for group in (*self.blocks, *self.zipped):
            yield from group

    def check(self) -> None:
        """Collect the problems of keys that are swept twice, or both fixed and swept, and of groups."""
        if self._are_too_many():
            return
        before = self.problems
        self.problems = []
        for block in self.blocks:
            first: dict[str, Position] = {item.key: item.position for item in self.fixed}
            for item in (*block, *(item for group in self.zipped for item in group)):
                if item.key in first:
                    how = "set" if any(item.key == fixed.key for fixed in self.fixed) else "swept"
                    self._add(item.position, (item.key,), f"is already {how} by {first[item.key]}; keep one")
                first.setdefault(item.key, item.position)
        for group in self.zipped:
            self._check_group(group)
        self.problems = [*before, *dict.fromkeys(self.problems)]

    def _are_too_many(self) -> bool:
        """Whether there are more keys than a sweep may have; all are dropped then, since each takes time."""
        swept = list(self.swept())
        counts: list[tuple[str, Sequence[FixedKey | SweptKey | Group]]] = [
            ("fixed keys", self.fixed),
            ("swept keys", swept),
            ("mappings", self.blocks),
        ]
        too_many = [(len(items), noun) for noun, items in counts if len(items) > MOST_KEYS]
        for count, noun in too_many:
            position = (swept or self.fixed)[0].position
            self._add(position, (), f"{count:,} {noun} are more than the limit of {MOST_KEYS}")
        if too_many:
            self.fixed, self.blocks, self.zipped = [], [[]], []
        return bool(too_many)

    def _check_group(self, group: Group) -> None:
        for item in group:
            if item.range:
                message = "keys that move together need lists of values, got a range"
                self._add(item.position, (item.key,), message)
        lengths = {item.key: len(item.values) for item in group if not item.range}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{one_line(key)} {count}" for key, count in lengths.items())
            self._add(group[0].position, (), f"keys that move together need equally many values, got {listed}")
            return
        first: dict[str, int] = {}
        for number, row in enumerate(zip(*(item.values for item in group), strict=False), start=1):
            text = canonical([tree.value for tree in row])
            if text in first:
                position = row[0].positions.get((), group[0].position)
                self._add(position, (group[0].key,), f"row {number} of the values repeats row {first[text]}")
            first.setdefault(text, number)

    def _add(self, position: Position, path: KeyPath, message: str) -> None:
        self.problems.append((position, path, message))

    def _counted(self, item: SweptKey) -> SweptKey:
        """The key; raises NotSweptError where all keys together have more values than a sweep has trials."""
        if len(item.values) > self._room:
            raise NotSweptError(f"more than {MOST_TRIALS:,} values in all")
        self._room -= len(item.values)
        return item

    def _fix(self, item: FixedKey) -> None:
        self.fixed = [known for known in self.fixed if known.key != item.key] + [item]
        self.blocks = [[known for known in block if known.key != item.key] for block in self.blocks]

    def _sweep(self, swept: Group, *, together: bool) -> None:
        keys = {item.key for item in swept}
        self.fixed = [item for item in self.fixed if item.key not in keys]
        if together and len(swept) > 1:
            self.blocks = [[item for item in block if item.key not in keys] for block in self.blocks]
            self.zipped.append(swept)
            return
        if together and swept:
            self._check_group(swept)
        for index, block in enumerate(self.blocks):
            known = {item.key for item in block}
            replaced = [next((new for new in swept if new.key == item.key), item) for item in block]
            self.blocks[index] = [*replaced, *(item for item in swept if item.key not in known)]

    def _block(self, tree: YamlTree, path: KeyPath, *, together: bool = False) -> Group:
        if tree.value == {}:
            self._add(tree.position(()), path, "is empty; give a key with a list of values, or remove it")
        found = []
        for key, position, given in self._keys(tree, path):
            try:
                found.append(self._counted(from_yaml(key, position, given, together=together, most=self._room)))
            except NotSweptError as error:
                place, inner, message = given.problem_at(error.inner, str(error))
                self.problems.append((place, (*path, key, *inner), message))
        return found

    def _group(self, tree: YamlTree, path: KeyPath) -> Group:
        before = len(self.problems)
        group = self._block(tree, path, together=True)
        if len(self.problems) == before and len(group) == 1:
            self._add(tree.position(()), path, "needs two keys or more; a key that moves alone belongs to over")
        return group

    def _keys(self, tree: YamlTree, path: KeyPath) -> Iterator[tuple[str, Position, YamlTree]]:
        """The well-formed dotted keys of a mapping with their positions and values."""
        for key, value in tree.children().items():
            if isinstance(key, str) and key_parts(key) is not None:
                yield key, value.position(()), value
            elif isinstance(key, str):
                self._add(value.position(()), (*path, key), "must be a dotted key, such as optimizer.lr")


def _mappings(tree: YamlTree, key: str) -> list[tuple[KeyPath, YamlTree]]:
    """The mapping of a key, or the mappings of its list, each with its path."""
    if isinstance(tree.value, dict):
        return [((key,), tree)]
    return [((key, index), block) for index, block in tree.children().items() if isinstance(tree.value, list)]


def _axis(group: Sequence[SweptKey]) -> Axis:
    keys = tuple(item.key for item in group)
    if group[0].range:
        return Axis(keys, range=group[0].range)
    return Axis(keys, tuple(zip(*([tree.value for tree in item.values] for item in group), strict=True)))


def probes(space: Space, most: int) -> list[Settings]:
    """Points that take every value at least once, at most ``most`` of each axis; all grid points if they are few."""
    if not space.has_ranges and space.combinations <= most:
        return space.grid()
    found: list[Settings] = []
    for part in (replace(space, further=()), *space.further):
        rows = [[(_ends(axis.range),)] if axis.range else axis.rows[:most] for axis in part.axes]
        first = [axis_rows[0] for axis_rows in rows]
        found.append(part.settings(first))
        for number, axis_rows in enumerate(rows):
            found += (part.settings([*first[:number], row, *first[number + 1 :]]) for row in axis_rows[1:])
    return found


def _ends(bounds: Range) -> float:
    return int(bounds.low) if bounds.scale == "int" else bounds.low
