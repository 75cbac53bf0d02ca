"""The rows of a comparison: runs, and averages over seeds, with settings and metrics."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from nnlab.comparisons.usual_columns import usual_columns
from nnlab.config.resolved_spec import WITHOUT_EFFECT
from nnlab.config.validation import flatten
from nnlab.core.statistics import MeanStd, mean_std
from nnlab.language import in_language
from nnlab.metric_columns import BEST
from nnlab.records.reader import RunRecord
from nnlab.text import one_line

# What may differ between runs of one experiment.
REPEATED_KEYS = ("name", "seed")

# Keys that record more of a training without changing its numbers.
RECORDING_KEYS = ("train.checkpoint_every", "train.diagnostics", "train.snapshots", *sorted(WITHOUT_EFFECT))


@dataclass(frozen=True, eq=False)
class Entry:
    """One row of a comparison: a run, or completed runs that differ only in their seed."""

    runs: tuple[RunRecord, ...]
    settings: Mapping[str, Any]
    measures: Mapping[str, MeanStd]

    @property
    def names(self) -> str:
        """The experiment's name; all of them where runs of one experiment were named differently."""
        return ", ".join(dict.fromkeys(one_line(run.name, 100) for run in self.runs))

    @property
    def status(self) -> str:
        """The common status of its runs."""
        return self.runs[0].status

    @property
    def seeds(self) -> str:
        """The number of seeds averaged, ``(3 seeds)``, in the current language; empty for one run."""
        count = len(self.runs)
        return in_language(f" ({count} seeds)", f"（シード {count} 個）") if count > 1 else ""

    def shares(self, key: str) -> bool:
        """Whether all its runs have the same value for a spec key."""
        return key not in REPEATED_KEYS or not isinstance(self.settings[key], list)

    @property
    def folders(self) -> tuple[str, ...]:
        """The names of the run folders."""
        return tuple(one_line(run.path.absolute().name, 100) for run in self.runs)


def make_entries(records: Sequence[RunRecord]) -> list[Entry]:
    """Group runs with equal settings; only completed runs with distinct seeds are averaged."""
    groups: list[_Group] = []
    alike: dict[str, list[_Group]] = {}
    rows = flat_settings([record.spec for record in records])
    for record, settings in zip(records, rows, strict=True):
        own = canonical({key: value for key, value in settings.items() if key not in REPEATED_KEYS})
        group = next((known for known in alike.get(own, ()) if known.takes(record)), None)
        if group is None:
            group = _Group()
            groups.append(group)
            alike.setdefault(own, []).append(group)
        group.runs.append(record)
        group.settings.append(settings)
    return [_entry(group.runs, group.settings) for group in groups]


@dataclass
class _Group:
    """Runs of one experiment, while they are grouped."""

    runs: list[RunRecord] = field(default_factory=list)
    settings: list[dict[str, Any]] = field(default_factory=list)

    def takes(self, record: RunRecord) -> bool:
        """Whether a run of this experiment is completed and has another seed."""
        return all(run.status == "completed" for run in (*self.runs, record)) and all(
            run.spec["seed"] != record.spec["seed"] for run in self.runs
        )


def flat_settings(specs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Specs, or parts of them, flat and without RECORDING_KEYS; a name and a mapping at the same place share a key.

    A component without keys (``relu``) stands under ``activation.name`` like one with keys; a switch that is off in one
    (``batch_norm: false``) is ``true`` where another one has its keys. ``metrics`` has those that these specs measure
    in different ways, such as top_k with another k: their numbers are not comparable.
    """
    flat = [{key: value for key, value in flatten(spec).items() if key not in RECORDING_KEYS} for spec in specs]
    for settings, metrics in zip(flat, _ambiguous_metrics(specs), strict=True):
        if settings.pop("metrics", None) and metrics:
            settings["metrics"] = metrics
    every = {key for settings in flat for key in settings}
    found = []
    for settings in flat:
        named = {f"{key}.name" if f"{key}.name" in every else key: value for key, value in settings.items()}
        parents = {key[:place] for key in settings for place, letter in enumerate(key) if letter == "."}
        switches = {key for key in every & parents if f"{key}.name" not in every}
        found.append(dict.fromkeys(sorted(switches), True) | named)
    return found


def _ambiguous_metrics(specs: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Of each spec the metrics that another one of them has under the same name with other settings."""
    listed = [spec["metrics"] if isinstance(spec.get("metrics"), list) else [] for spec in specs]
    ways: dict[str, set[str]] = {}
    for metric in (metric for metrics in listed for metric in metrics):
        ways.setdefault(_name_of(metric), set()).add(canonical(metric))
    return [[metric for metric in metrics if len(ways[_name_of(metric)]) > 1] for metrics in listed]


def _name_of(metric: object) -> str:
    return str(metric.get("name")) if isinstance(metric, dict) else str(metric)


def _entry(runs: Sequence[RunRecord], settings: Sequence[Mapping[str, Any]]) -> Entry:
    shared = dict(settings[0])
    for key in REPEATED_KEYS:
        values = sorted({row[key] for row in settings})
        if len(values) > 1:
            shared[key] = values
    numbers = [measured(run) for run in runs]
    names = dict.fromkeys(name for row in numbers for name in row)
    measures = {name: mean_std([row[name] for row in numbers if name in row]) for name in names}
    return Entry(tuple(runs), shared, measures)


def measured(run: RunRecord) -> dict[str, float]:
    """The finite metrics of a run."""
    final, best = run.final or {}, run.best or {}
    best_measure = usual_columns([run]).best
    found = {
        **final,
        best_measure: best.get(best_measure.removeprefix(BEST)),
        "best_step": best.get("step"),
        "parameters": run.summary["parameters"],
    }
    if run.summary["status"] != "running":  # until a run ends, its summary is not final
        found |= {"train_seconds": run.summary["train_seconds"], "steps": run.summary["steps"]}
    return {name: value for name, value in found.items() if value is not None and isfinite(value)}


def canonical(value: object) -> str:
    """A text that is equal exactly for equal plain values."""
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else json.dumps(value)
