"""``nnlab sweep``: train many variants of a spec."""

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import (
    NO_PLOTS,
    AllowDrift,
    Lang,
    NoPlots,
    Parallel,
    SweptOverrides,
    TrainMany,
    note_passed_over,
)
from nnlab.cli.completion import complete_run, complete_spec


def sweep_command(
    spec: Annotated[
        Path | None,
        typer.Argument(
            metavar="SPEC",
            help="A spec or a sweep file (YAML), or the name of a bundled config.",
            show_default=False,
            autocompletion=complete_spec,
        ),
    ] = None,
    overrides: SweptOverrides = None,
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
        bool,
        typer.Option(
            "--halving", help="Successive halving: only the best points of the grid, or of --random, train on."
        ),
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
    parallel: Parallel = None,
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
            "--resume",
            metavar="FOLDER",
            help="Resume a sweep; last: the newest in --runs.",
            show_default=False,
            autocompletion=complete_run,
        ),
    ] = None,
    retry: Annotated[
        str | None,
        typer.Option("--retry", metavar="failed", help="With --resume: train failed trials again.", show_default=False),
    ] = None,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="End the sweep when a trial fails.")] = False,
    allow_drift: AllowDrift = False,
    runs: Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where the folder of the sweep goes.")] = Path(
        "runs"
    ),
    yes: TrainMany = False,
    no_plots: NoPlots = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress; results and errors only.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON instead of the table.")] = False,
    language: Lang = "en",
) -> None:
    """Train a spec once for each combination of values, and compare the results.

    Values: 0.1,0.01 or 0..4; ranges for --random and --optuna: log:1e-6..1e-2, uniform:0..1, int:1..9.

    Example: nnlab sweep configs/adam.yaml -s optimizer.lr=0.1,0.01,0.001 -s seed=0..4
    """
    from nnlab.cli import sweep_run
    from nnlab.cli.sweep_progress import SweepConsole
    from nnlab.config.sweep_loading import sweep_from_arguments
    from nnlab.errors import CheckFailed, UsageError
    from nnlab.sweeps.progress import SilentSweep

    reporter = SilentSweep() if quiet else SweepConsole()
    machines = sweep_run.Machines(parallel=parallel, dask=dask, allow_drift=allow_drift, reporter=reporter)
    if dry_run and json:
        raise UsageError("--dry-run lists the trials as text, and --json prints the summary of a sweep; keep one")
    if retry not in (None, "failed"):
        raise UsageError("--retry: must be failed")
    if resume is not None:
        asked = (spec, overrides, random, optuna, seeds, goal)
        if any(value is not None for value in asked) or zipped or halving or dry_run or no_plots:
            raise UsageError(
                "--resume continues a sweep with its own sweep.yaml; it takes no SPEC, -s, search, goal, --dry-run "
                "or --no-plots"
            )
        result = sweep_run.resume_folder(resume, runs, machines, fail_fast=fail_fast, retry_failed=retry is not None)
    elif retry is not None:
        raise UsageError("--retry needs --resume FOLDER, the sweep whose failed trials are trained again")
    elif spec is None:
        raise UsageError(
            "give a SPEC and values, such as configs/adam.yaml -s optimizer.lr=0.1,0.01, or --resume FOLDER"
        )
    else:
        search = sweep_run.search_of(random=random, optuna=optuna, halving=halving)
        settings = [*(overrides or []), *[NO_PLOTS] * no_plots]
        sweep = sweep_from_arguments(spec, settings, zip=zipped, search=search, seeds=seeds, goal=goal)
        note_passed_over(spec)
        if not (dry_run or sweep_run.is_wanted(sweep, unasked=yes)):
            return
        plan = sweep_run.checked_plan(sweep, quiet=quiet)
        if dry_run:
            sweep_run.print_trials(plan)
            return
        result = sweep_run.train_plan(plan, runs, machines, fail_fast=fail_fast)
    sweep_run.show_result(result, as_json=json)
    if result.summary["counts"].get("failed"):
        raise CheckFailed(
            f"{result.summary['message']}; nnlab sweep --resume {result.path} --retry failed trains them again"
        )
