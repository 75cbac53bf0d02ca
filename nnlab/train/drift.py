"""What changed since a run started, so that resuming it would give other results."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnlab.config.resolved_spec import WITHOUT_EFFECT, spec_sha256
from nnlab.config.validation import flatten
from nnlab.engine.run_setup import RunSetup
from nnlab.text import one_line, quote
from nnlab.train.resume_point import ResumePoint


def changed_spec(
    summary: Mapping[str, Any], spec: Mapping[str, Any], resolved: Mapping[str, Any], point: ResumePoint | None
) -> list[str]:
    """The keys in which a spec, as read and resolved, is not the one that the run started or was extended with."""
    if spec_sha256(spec) == summary["spec_sha256"]:
        return []
    if point is None:
        return ["spec: not the one that was recorded"]
    return changed_keys(point.metadata["spec"], resolved)


def changed_keys(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The keys in which a resolved spec differs from the recorded one, a line each."""
    before, after = flatten(recorded), flatten(now)
    return [
        f"spec {one_line(key, 200)}: {quote(before.get(key))} then, {quote(after.get(key))} now"
        for key in sorted({*before, *after} - WITHOUT_EFFECT)
        if before.get(key) != after.get(key)
    ]


def changed_learning_rates(setup: RunSetup, point: ResumePoint | None) -> list[str]:
    """A line where the updates up to here would have had other learning rates in a training that ends as now."""
    if point is None:
        return []
    schedule = setup.experiment.train.schedule
    before, now = point.metadata["iterations"], setup.iterations
    steps = range(0, point.step, max(point.step // 1000, 1))  # a thousand tell what all would
    if before == now or all(schedule.scale(step, before) == schedule.scale(step, now) for step in steps):
        return []
    return [f"learning rates up to step {point.step}: those of a training of {before} steps, not of {now}"]


def listed(environment: Mapping[str, Any], key: str) -> list[Any]:
    """The list that a recorded environment has under a key; empty where it has none."""
    found = environment.get(key)
    return found if isinstance(found, list) else []


def refusal(path: Path, changes: Sequence[str]) -> str:
    """The message for a run that is not resumed because of these changes."""
    lines = "\n".join(f"  {line}" for line in changes)
    return (
        f"{path}: what this run depends on changed since it started, so its results would differ:\n{lines}\n"
        "--allow-drift resumes it anyway"
    )
