"""Sweeps from Python."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnlab.config.loading import Spec
from nnlab.config.overrides import Overrides
from nnlab.config.sweep_loading import sweep_from_python
from nnlab.core.threads import available_cores
from nnlab.errors import UsageError
from nnlab.search.base import Search
from nnlab.sweeps.notebook_display import reporting
from nnlab.sweeps.plan import Plan
from nnlab.sweeps.pool import LocalWorkers
from nnlab.sweeps.progress import SweepReporter
from nnlab.sweeps.run import run_sweep
from nnlab.sweeps.sweep_result import SweepResult
from nnlab.train.progress import Progress, check_progress


def sweep(
    spec: Spec,
    over: Mapping[str, Any] | Sequence[Mapping[str, Any]] = (),
    *,
    zip: Mapping[str, Any] | Sequence[Mapping[str, Any]] = (),  # noqa: A002 - the name of the key
    parallel: int | None = None,
    runs: Path | str = "runs",
    search: Search | None = None,
    seeds: int | None = None,
    goal: str | Mapping[str, str] | None = None,
    reporter: SweepReporter | None = None,
    fail_fast: bool = False,
    overrides: Overrides = (),
    progress: Progress = "auto",
) -> SweepResult:
    """Train a spec once for each combination of values: ``sweep("adam", {"optimizer.lr": [0.1, 0.01]})``.

    ``spec`` is the path of a spec, the name of a bundled config, a dict of what a spec says, YAML text or an
    experiment; ``overrides`` such as ``{"optimizer.lr": 0.1}`` change it for all trials. A key has a list of values,
    ``"0..4"`` or a range ``{"log": (1e-4, 1e-1)}``; the keys of ``zip`` move together. ``parallel`` trials train at a
    time, each in a process of its own (default: one per core); a script needs no ``if __name__ == "__main__":``.
    ``progress`` is that of :func:`nnlab.run`. Raises UsageError where ``parallel`` is below 1, and what
    :func:`nnlab.sweeps.run.run_sweep` raises; a trial that fails raises nothing, but is failed in the result.
    """
    check_progress(progress)
    if parallel is not None and parallel < 1:
        raise UsageError(f"parallel: must be at least 1, got {parallel}")
    plan = Plan(sweep_from_python(spec, over, zip=zip, overrides=overrides, search=search, seeds=seeds, goal=goal))
    workers = LocalWorkers(min(parallel or available_cores(), plan.trials))
    try:
        with reporting(progress, reporter) as shown:
            return run_sweep(plan, runs, workers, shown, fail_fast=fail_fast)
    finally:
        workers.close()
