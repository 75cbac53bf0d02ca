"""What each differing key of two experiments contributes: the keys swapped one at a time, both ways."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

from nnlab.comparisons.entries import RECORDING_KEYS, REPEATED_KEYS
from nnlab.config.experiment import Experiment
from nnlab.core.plain_values import canonical
from nnlab.errors import UsageError
from nnlab.registry import FilePath, hyperparameters
from nnlab.search.space import Settings

MOST_KEYS = 12
"""How many keys may differ: each takes two trainings a seed."""

# They change no digit of a run.
UNCHANGING_KEYS = (*REPEATED_KEYS, *RECORDING_KEYS, "compute.threads")

Combination = frozenset[int]
"""The numbers of the changes that have B's values; the others have A's."""


@dataclass(frozen=True)
class Change:
    """Keys that change together from A to B, with the values of both."""

    keys: tuple[str, ...]
    before: tuple[Any, ...]
    after: tuple[Any, ...]

    @property
    def name(self) -> str:
        """The keys in a heading."""
        return ", ".join(self.keys)

    @property
    def section(self) -> str:
        """The section of the spec that the keys are in."""
        return self.keys[0].rpartition(".")[0]

    def settings(self, *, changed: bool) -> Settings:
        """The keys with the values of B where ``changed``, else of A."""
        return dict(zip(self.keys, self.after if changed else self.before, strict=True))

    def __add__(self, other: "Change") -> "Change":
        return Change(self.keys + other.keys, self.before + other.before, self.after + other.after)


@dataclass(frozen=True)
class WhyPlan:
    """The combinations to train: A, B, A with each change, B without each change.

    ``a`` and ``b`` are the resolved specs; ``impossible`` has the reason for each combination that cannot be trained.
    """

    a: Mapping[str, Any]
    b: Mapping[str, Any]
    changes: tuple[Change, ...]
    impossible: Mapping[Combination, str] = field(default_factory=dict)

    @property
    def whole(self) -> Combination:
        """B: all changes."""
        return frozenset(range(len(self.changes)))

    @property
    def combinations(self) -> list[Combination]:
        """What is trained, A first, then B; with one or two changes some are the same."""
        single = [end for change in self.whole for end in (frozenset({change}), self.whole - {change})]
        every = dict.fromkeys([frozenset(), self.whole, *single])
        return [combination for combination in every if combination not in self.impossible]

    def settings(self, combination: Combination) -> Settings:
        """The values of all keys that differ."""
        parts = (change.settings(changed=number in combination) for number, change in enumerate(self.changes))
        return {key: value for part in parts for key, value in part.items()}


def plan_why(
    a: Mapping[str, Any], b: Mapping[str, Any], check: Callable[[Settings], str], ignored: Collection[str] = ()
) -> WhyPlan:
    """Plan the swaps between two resolved specs.

    The ``ignored`` keys stay as in A. ``check`` returns why A with some settings cannot be trained, or an empty text.
    Changes of one section that are possible together but not alone (``train.iterations`` and ``train.epochs``) are one
    change. Raises UsageError where the specs do not differ, or in more than MOST_KEYS keys.
    """
    changes = [change for change in changes_between(a, b) if change.name not in ignored]
    if not changes:
        raise UsageError("A and B do not differ in any setting that changes results")
    if len(changes) > MOST_KEYS:
        names = ", ".join(change.name for change in changes)
        raise UsageError(
            f"A and B differ in {len(changes)} keys, more than the {MOST_KEYS} that can be swapped ({names}); "
            "give some of them equal values first"
        )
    reasons: dict[str, str] = {}

    def reason(plan: WhyPlan, combination: Combination) -> str:
        settings = plan.settings(combination)
        name = canonical(settings)
        if name not in reasons:
            reasons[name] = check(settings)
        return reasons[name]

    plan = _joined(WhyPlan(a, b, tuple(changes)), reason)
    found = {combination: reason(plan, combination) for combination in plan.combinations}
    return replace(plan, impossible={combination: why for combination, why in found.items() if why})


def _joined(plan: WhyPlan, reason: Callable[[WhyPlan, Combination], str]) -> WhyPlan:
    """The plan with changes joined that are possible in pairs only."""

    def impossible(changes: Combination) -> bool:
        return bool(reason(plan, changes) or reason(plan, plan.whole - changes))

    alone = [number for number in sorted(plan.whole) if impossible(frozenset({number}))]
    for pair in map(frozenset, combinations(alone, 2)):
        parts = [plan.changes[number] for number in sorted(pair)]
        if len({part.section for part in parts}) == 1 and not impossible(pair):
            others = [change for number, change in enumerate(plan.changes) if number not in pair]
            return _joined(replace(plan, changes=(parts[0] + parts[1], *others)), reason)
    return plan


def changes_between(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Change]:
    """The differences of two resolved specs, in the smallest parts that mean something alone.

    A component that differs by name is one part with all its keys, since the keys of one mean nothing to the other.
    """
    for path, before, after in _differences(a, b, ()):
        if (key := ".".join(path)) not in UNCHANGING_KEYS:
            yield Change((key,), (before,), (after,))


def _differences(a: object, b: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object, object]]:
    if canonical(a) == canonical(b):
        return
    if not (isinstance(a, Mapping) and isinstance(b, Mapping)) or (path and a.get("name") != b.get("name")):
        yield path, a, b
        return
    for key in dict.fromkeys([*a, *b]):
        yield from _differences(a.get(key), b.get(key), (*path, key))


def with_absolute_paths(experiment: Experiment) -> dict[str, Any]:
    """The resolved spec with absolute data paths, which mean the same beside any other spec."""
    resolved = experiment.resolved()
    data = resolved["data"]
    for parameter in hyperparameters(type(experiment.data)):
        found = getattr(experiment.data, parameter.name)
        if parameter.mark(FilePath) and isinstance(found, str):
            data[parameter.name] = str(found)
    return resolved
