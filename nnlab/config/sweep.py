"""A sweep: many trainings of one spec that differ in the swept keys."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from nnlab.config.experiment import Experiment
from nnlab.config.positions import Finding, spec_error
from nnlab.config.resolved_spec import spec_sha256
from nnlab.config.sweep_goal import Goal, goal_problem
from nnlab.config.trial_specs import TrialSpecs
from nnlab.config.validation import plain
from nnlab.config.yaml_writer import dump_yaml
from nnlab.search.base import Search
from nnlab.search.space import Axis, Settings, Space

# More failing points are not looked for: each takes memory, and their messages are cut at 100 lines.
MOST_FAILED = 10_000
# A shorter list of whole numbers is as readable as 0..2.
FEW_NUMBERS = 3


@dataclass(kw_only=True)
class Sweep:
    """A base experiment, a space of settings, and the search that chooses points in it.

    A point is trained with ``seeds`` seeds: the base's (or the point's own), the next one, and so on. ``goal`` is None
    only where no validation samples are held out and no other column was asked for. ``base`` is the spec with the keys
    of ``set``; where it is incomplete without the swept keys, with the first value of each of these. ``comment`` is the
    one that its file begins with, such as the question that it answers.
    """

    name: str
    base: Experiment
    space: Space
    search: Search
    seeds: int = 1
    goal: Goal | None = None
    specs: TrialSpecs = field(repr=False, compare=False)
    comment: tuple[str, ...] = ()

    @cached_property
    def points(self) -> int:
        """How many points the search trains."""
        wanted = self.search.wanted_points
        return len(self.space) if wanted is None else wanted

    @property
    def trials(self) -> int:
        """How many trials the sweep has."""
        return self.points * self.seeds

    def trial_number(self, point: int, seed_offset: int = 0) -> int:
        """The number of a point's trial, both counted from 1."""
        return (point - 1) * self.seeds + seed_offset + 1

    def point_of(self, trial: int) -> int:
        """The number of the point that a trial is of."""
        return (trial - 1) // self.seeds + 1

    def seed_of(self, settings: Settings, seed_offset: int) -> int:
        """The seed of a point's trial."""
        return int(settings.get("seed", self.base.seed)) + seed_offset

    def experiment(self, settings: Settings, seed_offset: int = 0) -> Experiment:
        """The experiment of a point, with ``seed_offset`` added to its seed; raises SpecError that names the point."""
        experiment, findings = self._built(settings, seed_offset)
        if experiment is None or findings:
            raise self.specs.error(settings, findings)
        return experiment

    def check(self, points: Iterable[Settings]) -> None:
        """Build the experiment of every point; raises SpecError with the problems of all points that fail.

        Equal problems are reported once, with the first of their points.
        """
        failed: list[tuple[Settings, list[Finding]]] = []
        tried = 0
        for settings in points:
            tried += 1
            if findings := self._built(settings, self.seeds - 1)[1]:
                failed.append((settings, findings))
                if len(failed) == MOST_FAILED:
                    break
        if failed:
            raise spec_error(self.specs.problems_of(failed, tried))

    def resolved(self) -> dict[str, Any]:
        """The sweep as plain values that load back equal: the base with its own bases merged and ``set`` applied."""
        own = self.specs.tree.value
        base = {"name": self.specs.default_name, **(own if isinstance(own, Mapping) else {})}
        found: dict[str, Any] = {"name": self.name, "base": base}
        if self.specs.late:
            found["set"] = {item.key: item.value.value for item in self.specs.late}
        spaces = (Space(self.space.axes), *self.space.further)
        over = [{axis.keys[0]: _values(axis) for axis in space.axes if len(axis.keys) == 1} for space in spaces]
        if any(over):
            found["over"] = over if len(over) > 1 else over[0]
        groups = [axis for axis in self.space.axes if len(axis.keys) > 1]
        if groups:
            found["zip"] = [
                {key: [row[index] for row in axis.rows] for index, key in enumerate(axis.keys)} for axis in groups
            ]
        found |= {"search": plain(self.search), "seeds": self.seeds}
        if self.goal:
            found["goal"] = self.goal.resolved()
        return found

    def to_yaml(self) -> str:
        """The sweep as YAML that loads back equal from any folder of this machine, below its comment."""
        placed = {
            name: str(path)
            for name, path in sorted(self.specs.paths.found.items())
            if not Path(name).is_absolute() and Path(path).exists()
        }
        text = dump_yaml(self.resolved() | ({"paths": placed} if placed else {}))
        return "".join(f"{line}\n" for line in self.comment) + text

    def sha256(self) -> str:
        """SHA-256 of the resolved sweep in canonical JSON."""
        return spec_sha256(self.resolved())

    def _built(self, settings: Settings, seed_offset: int) -> tuple[Experiment | None, list[Finding]]:
        experiment, findings = self.specs.experiment(settings, seed_offset)
        if experiment and self.goal and (message := goal_problem(self.goal, experiment)):
            return experiment, [(self.specs.goal_position, ("goal",), message)]
        return experiment, findings


def _values(axis: Axis) -> object:
    """The values of a key as a sweep file lists them."""
    if axis.range:
        return {axis.range.scale: [axis.range.low, axis.range.high]}
    values = [row[0] for row in axis.rows]
    whole = len(values) > FEW_NUMBERS and all(type(value) is int for value in values)
    if whole and values == list(range(values[0], values[0] + len(values))):
        return f"{values[0]}..{values[-1]}"
    return values
