"""From the settings of a point to the experiment of its trial."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nnlab.config.data_paths import DataPaths
from nnlab.config.experiment import Experiment
from nnlab.config.loading import MANY, validated
from nnlab.config.overrides import key_parts, set_value
from nnlab.config.positions import Finding, KeyPath, Position, YamlTree, quote_key
from nnlab.config.sweep_axes import FixedKey
from nnlab.config.swept_values import SweptKey
from nnlab.config.validation import Validator
from nnlab.core.plain_values import canonical
from nnlab.errors import Problem, SpecError
from nnlab.registry import hyperparameters
from nnlab.search.space import Settings
from nnlab.text import format_value, one_line

MOST_NAMED = 3
MOST_SECTIONS = 10_000
LARGEST_SEED = 2**32 - 1
NOWHERE = Position(0, 0, "")


@dataclass
class TrialSpecs:
    """The base spec of a sweep, read once, to which the settings of each point are applied.

    ``tree`` is the base with the fixed keys set, ``changed`` says where each of these was. ``whole`` is the experiment
    of the base alone, where it is complete. ``late`` are fixed keys of swept sections, set after these.
    """

    tree: YamlTree
    default_name: str
    folders: tuple[Path, ...]
    paths: DataPaths
    changed: dict[KeyPath, Position] = field(default_factory=dict)
    keys: dict[str, Position] = field(default_factory=dict)
    values: dict[tuple[str, str], YamlTree] = field(default_factory=dict)
    goal_position: Position = NOWHERE
    whole: Experiment | None = None
    late: list[FixedKey] = field(default_factory=list)
    _sections: dict[object, "_Validated | None"] = field(default_factory=dict)

    def fix(self, keys: Iterable[FixedKey]) -> None:
        """Set keys for all trials."""
        for item in keys:
            parts = item.key.split(".")
            if any(".".join(parts[:length]) in self.keys for length in range(1, len(parts))):
                self.late.append(item)
            else:
                self._set(self.tree, item.key, item.value, item.position, self.changed)

    def know(self, swept: Iterable[SweptKey]) -> None:
        """Remember where each value stands, for messages."""
        for item in swept:
            self.keys.setdefault(item.key, item.position)
            for tree in item.values:
                self.values.setdefault((item.key, canonical(tree.value)), tree)

    def experiment(self, settings: Settings, seed_offset: int = 0) -> tuple[Experiment | None, list[Finding]]:
        """The experiment of a point, or None with its problems; ``seed_offset`` is added to its seed."""
        if self.whole and (short := self._changed_sections(self.whole, settings, seed_offset)):
            return short, []
        tree = self.tree.copy()
        self._apply(tree, settings, seed_offset)
        return validated(tree, default_name=self.default_name, folders=self.folders, paths=self.paths)

    def _changed_sections(self, whole: Experiment, settings: Settings, seed_offset: int) -> Experiment | None:
        """The base's experiment with the changed sections, each validated once; None where there are problems.

        Most points of a sweep share most sections: this takes a tenth of the time of validating the whole spec.
        """
        if len(self.tree.positions) > MANY:  # the limit of a spec's size is checked as a whole
            return None
        changes: dict[str, dict[str, Any]] = {item.key.partition(".")[0]: {} for item in self.late}
        for key, value in settings.items():
            changes.setdefault(key.partition(".")[0], {})[key] = value
        fields = {}
        for name, own in changes.items():
            known = (name, tuple((key, canonical(value)) for key, value in own.items()))
            if known not in self._sections:
                if len(self._sections) == MOST_SECTIONS:
                    self._sections.clear()
                self._sections[known] = self._section(name, own)
            section = self._sections[known]
            if section is None:
                return None
            fields[name] = section.value
        changed = replace(whole, **fields)
        if seed_offset:
            changed.seed += seed_offset
        return None if changed.seed > LARGEST_SEED or any(changed.conflicts()) else changed

    def _section(self, name: str, settings: Settings) -> "_Validated | None":
        """One section of the spec with its settings; None where it has problems."""
        base = self.tree.value
        parameter = next((known for known in hyperparameters(Experiment) if known.name == name), None)
        if parameter is None or not isinstance(base, dict):
            return None
        own = {name: base[name]} if name in base else {}
        tree = YamlTree(own, self.tree.positions, typos=self.tree.typos).copy()
        self._apply(tree, settings, 0, within=name)
        validator = Validator(self.folders, beside=lambda key: tree.position(key).folder, paths=self.paths)
        value = validator.field(parameter, tree.value[name]) if isinstance(tree.value, dict) else None
        return None if tree.problems or validator.problems else _Validated(value)

    def _value(self, key: str, value: object) -> YamlTree:
        return self.values.get((key, canonical(value)), YamlTree(value))

    def _apply(self, tree: YamlTree, settings: Settings, seed_offset: int, within: str | None = None) -> None:
        """Write settings and late keys, those ``within`` one section only, into a tree."""
        items = [FixedKey(key, self.keys.get(key, NOWHERE), self._value(key, value)) for key, value in settings.items()]
        late = [item for item in self.late if within in (None, item.key.partition(".")[0])]
        changed = dict(self.changed)
        for item in sorted([*late, *items], key=lambda item: item.key.count(".")):  # a section before its keys
            self._set(tree, item.key, item.value, item.position, changed)
        if seed_offset and isinstance(tree.value, dict):
            seed = tree.value.get("seed", Experiment.seed)
            if isinstance(seed, int) and not isinstance(seed, bool):
                tree.value["seed"] = seed + seed_offset

    def problems_of(self, failed: Sequence[tuple[Settings, Sequence[Finding]]], tried: int) -> list[Finding]:
        """The problems of failed points, equal ones once, each with the first of its points unless all have it."""
        grouped: dict[tuple[KeyPath, str], list[tuple[Settings, Position]]] = {}
        for settings, findings in failed:
            for position, path, message in findings:
                grouped.setdefault((path, message), []).append((settings, position))
        problems = []
        for (path, message), points in grouped.items():
            positions = {position for _, position in points}
            position = min(positions)
            if len(positions) > 1:  # the same for several values of a key
                position = self.keys.get(quote_key(path), position)
            problems.append((position, path, message + _named([settings for settings, _ in points], tried)))
        return problems

    def error(self, settings: Settings, findings: Sequence[Finding]) -> SpecError:
        """The error of one point, which names its settings."""
        where = f" (trial {settings_text(settings)})" if settings else ""
        return SpecError([Problem(str(place), quote_key(path), message + where) for place, path, message in findings])

    def _set(
        self, tree: YamlTree, key: str, value: YamlTree, position: Position, changed: dict[KeyPath, Position]
    ) -> None:
        parts = key_parts(key)
        if parts is None:
            tree.problems.append((position, (key,), "must be a dotted key, such as optimizer.lr"))
        elif isinstance(tree.value, dict):
            copied = YamlTree(value.copy().value, value.positions, typos=value.typos)
            set_value(tree, parts, copied, value.positions.get((), position), changed)


@dataclass(frozen=True)
class _Validated:
    """A valid value, which may be None."""

    value: Any


def settings_text(settings: Settings, limit: int = 200) -> str:
    """``optimizer.lr=0.1, model.init=he``, on one line."""
    return one_line(", ".join(f"{key}={format_value(value)}" for key, value in settings.items()), limit)


def base_value(tree: YamlTree, resolved: Mapping[str, Any], key: str, swept: Sequence[str]) -> tuple[bool, Any]:
    """Whether setting a key to the base's value changes nothing in a point with the ``swept`` keys, and that value."""
    parts = key.split(".")
    prefixes = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
    for other in swept:
        if other in prefixes or other.startswith(f"{key}."):
            return False, None
    found, value = _look_up(tree.value, parts)
    if found and not isinstance(value, dict):
        return True, value
    if any(f"{prefix}.name" in swept for prefix in prefixes):
        return False, None
    found, value = _look_up(resolved, parts)
    return found and not isinstance(value, dict), value


def _look_up(value: Any, parts: Sequence[str]) -> tuple[bool, Any]:
    for part in parts:
        if not isinstance(value, Mapping) or part not in value:
            return False, None
        value = value[part]
    return True, value


def _named(points: Sequence[Settings], tried: int) -> str:
    """`` (optimizer.lr=1, seed=0; optimizer.lr=1, seed=1; and 4 more)``; nothing where all points have the problem."""
    if len(points) >= tried or not points[0]:
        return ""
    listed = "; ".join(settings_text(settings, 100) for settings in points[:MOST_NAMED])
    more = f"; and {len(points) - MOST_NAMED} more" if len(points) > MOST_NAMED else ""
    return f" ({listed}{more})"
