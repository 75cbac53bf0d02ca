"""``nnlab sweep``: train many variants of a spec."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.arguments import Overrides
from nnlab.cli.console import confirmed, echo

if TYPE_CHECKING:
    from nnlab.config.sweep import Sweep
    from nnlab.search.base import Search
    from nnlab.sweeps.plan import Plan
    from nnlab.sweeps.progress import SweepReporter
    from nnlab.sweeps.run import SweepResult
    from nnlab.sweeps.trial import Workers

MANY_TRIALS = 1000
"""More trials than this are trained after a question."""

ALL_POINTS = 0


def sweep_command(
    spec: Annotated[
        Path | None, typer.Argument(metavar="[SPEC]", help="A spec or a sweep file (YAML).", show_default=False)
    ] = None,
    overrides: Overrides = None,
    zipped: Annotated[bool, typer.Option("--zip", help="Keys with several values move together: no grid.")] = False,
    random: Annotated[
        int | None,
        typer.Option("--random", metavar="N", min=1, help="Train N random points of the space.", show_default=False),
    ] = None,
    optuna: Annotated[
        int | None,
        typer.Option(
            "--optuna",
            metavar="N",
            min=1,
            help="Train N points that Optuna proposes (extra sweep).",
            show_default=False,
        ),
    ] = None,
    halving: Annotated[
        bool, typer.Option("--halving", help="Successive halving: only the best points train to the end.")
    ] = False,
    seeds: Annotated[
        int | None,
        typer.Option("--seeds", metavar="N", min=1, help="Train each point with N seeds.", show_default=False),
    ] = None,
    goal: Annotated[
        str | None,
        typer.Option(
            "--goal",
            metavar="COLUMN",
            help="Metric that decides which point is best (default: validation accuracy).",
            show_default=False,
        ),
    ] = None,
    parallel: Annotated[
        int | None,
        typer.Option("--parallel", metavar="N", min=1, help="Trials at a time (default: cores).", show_default=False),
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(
            "--dask",
            metavar="ADDRESS|FILE",
            help="Train on the workers of a Dask scheduler (extra dask).",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the trials, train nothing.")] = False,
    resume: Annotated[
        str | None,
        typer.Option(
            "--resume", metavar="FOLDER", help="Resume a sweep; last: the newest in --runs.", show_default=False
        ),
    ] = None,
    retry: Annotated[
        str | None,
        typer.Option("--retry", metavar="failed", help="With --resume: train failed trials again.", show_default=False),
    ] = None,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="End the sweep when a trial fails.")] = False,
    allow_drift: Annotated[
        bool, typer.Option("--allow-drift", help="Continue even if data or versions differ.")
    ] = False,
    runs: Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where the folder of the sweep goes.")] = Path(
        "runs"
    ),
    yes: Annotated[bool, typer.Option("--yes", "-y", help=f"Train more than {MANY_TRIALS:,} trials unasked.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress; results and errors only.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON instead of the table.")] = False,
) -> None:
    """Train a spec once for each combination of values, and compare the results.

    Values: 0.1,0.01 or 0..4; ranges for --random and --optuna: log:1e-6..1e-2, uniform:0..1, int:1..9.

    Example: nnlab sweep configs/adam.yaml -s optimizer.lr=0.1,0.01,0.001 -s seed=0..4
    """
    from nnlab.cli.sweep_progress import SweepConsole
    from nnlab.errors import CheckFailed, UsageError
    from nnlab.sweeps.progress import SilentSweep

    reporter: SweepReporter = SilentSweep() if quiet else SweepConsole()
    if retry not in (None, "failed"):
        raise UsageError("--retry: must be failed")
    if resume is not None:
        asked = (spec, overrides, random, optuna, seeds, goal)
        if any(value is not None for value in asked) or zipped or halving or dry_run:
            raise UsageError("--resume continues a sweep with its own sweep.yaml; it takes no SPEC, -s, search or goal")
        options = ResumeOptions(fail_fast=fail_fast, retry_failed=retry is not None, allow_drift=allow_drift)
        result = resume_folder(resume, runs, options, reporter, parallel=parallel, dask=dask)
    elif spec is None or retry:
        raise UsageError(
            "give a SPEC and values, such as configs/adam.yaml -s optimizer.lr=0.1,0.01, or --resume FOLDER"
        )
    else:
        search = search_of(random=random, optuna=optuna, halving=halving)
        sweep = read_sweep_of(spec, overrides or [], zipped=zipped, search=search, seeds=seeds, goal=goal)
        plan = planned(sweep, quiet=quiet)
        if dry_run:
            print_trials(plan)
            return
        if plan.trials > MANY_TRIALS and not yes and not confirmed(f"Train {plan.size()}?"):
            echo("nothing was trained", err=True)
            return
        result = train_plan(plan, runs, reporter, fail_fast=fail_fast, parallel=parallel, dask=dask)
    show_result(result, json=json)
    if result.summary["counts"].get("failed"):
        raise CheckFailed(f"{result.summary['message']}; nnlab sweep --resume {result.path} --retry failed trains them")


def search_of(*, random: int | None, optuna: int | None, halving: bool) -> "Search | None":
    """The search that the options name; None without any."""
    from nnlab.errors import UsageError
    from nnlab.search.grid import Grid
    from nnlab.search.halving import SuccessiveHalving
    from nnlab.search.optuna_search import OptunaSearch
    from nnlab.search.random import Random

    if optuna is not None:
        if random is not None or halving:
            raise UsageError("--optuna chooses the points itself; leave out --random and --halving")
        return OptunaSearch(trials=optuna)
    if halving:
        return SuccessiveHalving(trials=random)
    return None if random is None else Random(trials=random)


def planned(sweep: "Sweep", *, quiet: bool) -> "Plan":
    """Check every trial; missing data is downloaded first."""
    from nnlab.cli.downloading import fetch
    from nnlab.sweeps.plan import Plan

    fetch(sweep.base.data, quiet=quiet)
    return Plan(sweep)


def print_trials(plan: "Plan") -> None:
    """Print the trials that are known before any is trained."""
    from nnlab.sweeps.progress import described

    seeds = plan.sweep.seeds
    for request in plan.requests:
        first = (request.point - 1) * seeds + 1
        numbers = f"{first}" if seeds == 1 else f"{first}-{first + seeds - 1}"
        echo(f"trial {numbers}: {described(request.settings) or 'the spec as it is'}")
    if len(plan.requests) < plan.points:
        echo(f"the search proposes {plan.points - len(plan.requests):,} more points by the results of these")
    echo(plan.size())


@contextmanager
def open_workers(
    parallel: int | None, dask: str | None, experiment: Callable[[], "Experiment"], reporter: "SweepReporter",
    *, allow_drift: bool,
) -> Iterator["Workers"]:
    """The processes of this machine, or the workers of a Dask scheduler."""
    from nnlab.core.threads import available_cores
    from nnlab.sweeps.pool import LocalWorkers
    from nnlab.sweeps.trial import Workers

    workers: Workers
    if dask is None:
        workers = LocalWorkers(parallel or available_cores())
    else:
        from nnlab.sweeps.dask_workers import DaskWorkers

        workers = DaskWorkers(dask, experiment(), allow_drift=allow_drift, say=reporter.say)
    try:
        yield workers
    finally:
        workers.close()
