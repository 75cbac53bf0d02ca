"""What ``nnlab sweep`` does: plan, train or resume, and print."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nnlab.cli.arguments import MANY_TRIALS
from nnlab.cli.console import check_font, confirmed, echo
from nnlab.cli.downloading import fetch
from nnlab.cli.sweep_results import print_sweep
from nnlab.config.experiment import Experiment
from nnlab.config.sweep import Sweep
from nnlab.config.sweep_loading import load_sweep
from nnlab.core.rows import MOST_TRIALS
from nnlab.core.threads import available_cores
from nnlab.errors import UsageError
from nnlab.records.run_names import find_run
from nnlab.records.sweep_folder import read_sweep
from nnlab.search.base import Search
from nnlab.search.halving import SuccessiveHalving
from nnlab.search.optuna_search import OptunaSearch
from nnlab.search.random import Random
from nnlab.storage.layout import SWEEP_FILE
from nnlab.sweeps.plan import Plan, swept_datasets
from nnlab.sweeps.pool import LocalWorkers
from nnlab.sweeps.progress import SweepReporter, described
from nnlab.sweeps.resume import resume_sweep
from nnlab.sweeps.run import run_sweep
from nnlab.sweeps.sweep_result import SweepResult
from nnlab.sweeps.trial import Workers


@dataclass(frozen=True, kw_only=True)
class Machines:
    """Where trials are trained: in ``parallel`` processes, or on the workers of a ``dask`` scheduler."""

    parallel: int | None
    dask: str | None
    allow_drift: bool
    reporter: SweepReporter

    @contextmanager
    def workers(self, trials: int, experiment: Callable[[], Experiment]) -> Iterator[Workers]:
        """Workers for this number of trials; the data of an ``experiment`` is compared with that of other machines."""
        workers: Workers
        if self.dask is None:
            workers = LocalWorkers(min(self.parallel or available_cores(), trials))
        elif self.parallel is not None:
            raise UsageError("--parallel is for this machine; with --dask each worker of the cluster trains one trial")
        else:
            from nnlab.sweeps.dask_workers import DaskWorkers  # an extra

            workers = DaskWorkers(self.dask, experiment(), allow_drift=self.allow_drift, say=self.reporter.say)
        try:
            yield workers
        finally:
            workers.close()


def search_of(*, random: int | None, optuna: int | None, halving: bool) -> Search | None:
    """The search that the options name; None without any."""
    if optuna is not None:
        if random is not None or halving:
            raise UsageError("--optuna chooses the points itself; leave out --random and --halving")
        return OptunaSearch(trials=optuna)
    if halving:
        return SuccessiveHalving(trials=random)
    return None if random is None else Random(trials=random)


def is_wanted(sweep: Sweep, *, unasked: bool) -> bool:
    """Whether to train a sweep: one of many trials only where the user says yes, unless ``unasked``."""
    if unasked or sweep.trials <= MANY_TRIALS or confirmed(f"Train {sweep.trials:,} trials?"):
        return True
    echo("nothing was trained", err=True)
    return False


def checked_plan(sweep: Sweep, *, quiet: bool) -> Plan:
    """The plan of a sweep, whose trials can all be trained; missing data is downloaded first."""
    if sweep.base.train.pictures:
        check_font()
    for source in (sweep.base.data, *swept_datasets(sweep)):
        fetch(source, quiet=quiet)
    return Plan(sweep)


def print_trials(plan: Plan) -> None:
    """Print the trials that are known before any is trained, and how many there will be."""
    seeds = plan.sweep.seeds
    for request in plan.requests:
        first = plan.sweep.trial_number(request.point)
        numbers = f"{first}" if seeds == 1 else f"{first} to {first + seeds - 1}"
        echo(f"trial {numbers}: {described(request.settings)}".removesuffix(": "))
    if len(plan.requests) < plan.points:
        echo(f"{plan.points - len(plan.requests):,} more points follow from the results of these")
    echo(plan.size())


def train_plan(plan: Plan, runs: Path, machines: Machines, *, fail_fast: bool) -> SweepResult:
    """Train the trials of a plan."""
    with machines.workers(plan.trials, lambda: plan.sweep.base) as workers:
        return run_sweep(plan, runs, workers, machines.reporter, fail_fast=fail_fast)


def resume_folder(name: str, runs: Path, machines: Machines, *, fail_fast: bool, retry_failed: bool) -> SweepResult:
    """Resume the sweep of a folder, of a short name in ``runs``, or the newest one."""
    check_font()
    path = find_run(name, runs, "sweep")
    with machines.workers(MOST_TRIALS, lambda: load_sweep(path / SWEEP_FILE).base) as workers:
        return resume_sweep(
            path,
            workers,
            machines.reporter,
            fail_fast=fail_fast,
            retry_failed=retry_failed,
            allow_drift=machines.allow_drift,
        )


def show_result(result: SweepResult, *, as_json: bool) -> None:
    """Print the best points and the folder, or the summary as JSON."""
    if as_json:
        echo(json.dumps({"path": str(result.path), **result.summary}, indent=2))
        return
    print_sweep(read_sweep(result.path))
    echo(str(result.path))
