"""``nnlab why``: what each differing key of two runs contributes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.arguments import AllowDrift, Lang, Parallel, TrainMany
from nnlab.cli.completion import complete_run, complete_spec_or_run

if TYPE_CHECKING:
    from nnlab.config.experiment import Experiment


def why_command(
    a: Annotated[
        str | None,
        typer.Argument(
            metavar="A",
            help="A run folder, its short name, last: the newest run, a spec, or the name of a bundled config.",
            show_default=False,
            autocompletion=complete_spec_or_run,
        ),
    ] = None,
    b: Annotated[
        str | None,
        typer.Argument(metavar="B", help="The same for B.", show_default=False, autocompletion=complete_spec_or_run),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds",
            metavar="N",
            min=1,
            max=10_000,
            help="Seeds of each combination (default: the fewest that can show every effect, 6 to 10).",
            show_default=False,
        ),
    ] = None,
    goal: Annotated[
        str | None,
        typer.Option(
            "--goal",
            metavar="COLUMN",
            help="Metric to explain (default: validation accuracy, else test accuracy).",
            show_default=False,
        ),
    ] = None,
    parallel: Parallel = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the combinations, train nothing.")] = False,
    resume: Annotated[
        str | None,
        typer.Option(
            "--resume",
            metavar="FOLDER",
            help="Resume; of a finished one print the table. last: the newest sweep in --runs.",
            show_default=False,
            autocompletion=complete_run,
        ),
    ] = None,
    allow_drift: AllowDrift = False,
    runs: Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where the folder of the trials goes.")] = Path(
        "runs"
    ),
    yes: TrainMany = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress; results and errors only.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the contributions as JSON.")] = False,
    language: Lang = "en",
) -> None:
    """Measure what each differing setting of two runs contributes to the difference of their results.

    Trains A, B, A with each of B's settings, and B with each of A's, with the same seeds.

    Example: nnlab why configs/overfit.yaml configs/overfit_dropout.yaml
    """
    from nnlab.cli import sweep_run
    from nnlab.cli.sweep_progress import SweepConsole
    from nnlab.cli.why_table import list_combinations, show_contributions
    from nnlab.config.sweep_loading import load_sweep
    from nnlab.errors import CheckFailed, UsageError
    from nnlab.records.run_names import find_run
    from nnlab.storage.layout import SWEEP_FILE
    from nnlab.sweeps.progress import SilentSweep
    from nnlab.sweeps.why_sweep import plan_between, plan_of_sweep, sweep_of

    reporter = SilentSweep() if quiet else SweepConsole()
    machines = sweep_run.Machines(parallel=parallel, dask=None, allow_drift=allow_drift, reporter=reporter)
    if dry_run and json:
        raise UsageError("--dry-run lists the combinations as text, and --json prints the contributions; keep one")
    if resume is not None:
        if a or b or seeds or goal or dry_run:
            raise UsageError(
                "--resume continues with its own sweep.yaml; it takes no A, B, --seeds, --goal or --dry-run"
            )
        folder = find_run(resume, runs, "sweep")
        sweep = load_sweep(folder / SWEEP_FILE)
        plan = plan_of_sweep(sweep)
        result = sweep_run.resume_folder(str(folder), runs, machines, fail_fast=False, retry_failed=False)
    elif a is None or b is None:
        raise UsageError("give two runs or specs, such as configs/sgd.yaml configs/adam.yaml, or --resume FOLDER")
    else:
        first, second = experiment_of(a, runs), experiment_of(b, runs)
        plan = plan_between(first, second)
        sweep = sweep_of(plan, first, seeds=seeds, goal=goal)
        if dry_run:
            list_combinations(plan, sweep)
            return
        if not sweep_run.is_wanted(sweep, unasked=yes):
            return
        trials = sweep_run.checked_plan(sweep, quiet=quiet)
        result = sweep_run.train_plan(trials, runs, machines, fail_fast=False)
    show_contributions(plan, sweep, result.path, as_json=json)
    if result.summary["counts"].get("failed"):
        raise CheckFailed(f"{result.summary['message']}; nnlab sweep --resume {result.path} --retry failed trains them")


def experiment_of(name: str, runs: Path) -> "Experiment":
    """The experiment of a spec or of a run; missing data is downloaded."""
    from nnlab.cli.downloading import fetch
    from nnlab.config.loading import load_experiment
    from nnlab.records.reader import read_run
    from nnlab.records.run_names import find_run_or_spec
    from nnlab.saved_run import experiment_of_run

    path = find_run_or_spec(name, runs, "run")
    if path.is_dir():
        read_run(path)
        experiment = experiment_of_run(path)
    else:
        experiment = load_experiment(path)
    fetch(experiment.data)
    return experiment
