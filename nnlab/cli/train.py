"""``nnlab train``: run experiments."""

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import NO_PLOTS, Lang, MovedData, NoPlots, Overrides, note_passed_over
from nnlab.cli.completion import complete_run, complete_spec
from nnlab.cli.console import check_font, echo


class ResultLines:
    """Prints the result of each run once, as soon as there is one, before its pictures are drawn."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._error: OSError | None = None

    def show(self, line: str, path: Path) -> None:
        """Print the result line and the folder of a run; an error of stdout is kept, so that pictures are drawn."""
        if path == self._path:
            return
        self._path = path
        try:
            echo(line)
            echo(str(path))
        except OSError as error:
            self._error = error

    def check(self) -> None:
        """Raise the error of stdout, if there was one."""
        if self._error is not None:
            raise self._error


def train_command(
    specs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="SPEC",
            help="Spec files (YAML) or names of bundled configs, each trained in turn; - is standard input.",
            show_default=False,
            autocompletion=complete_spec,
        ),
    ] = None,
    overrides: Overrides = None,
    runs: Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where run folders go.")] = Path("runs"),
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Check spec, data (downloads what is missing) and shapes, train nothing."),
    ] = False,
    resume: Annotated[
        str | None,
        typer.Option(
            "--resume",
            metavar="RUN",
            help="Resume an interrupted run; last: the newest in --runs.",
            show_default=False,
            autocompletion=complete_run,
        ),
    ] = None,
    iterations: Annotated[
        int | None,
        typer.Option("--iterations", metavar="N", min=1, help="With --resume: train up to step N.", show_default=False),
    ] = None,
    allow_drift: Annotated[
        bool,
        typer.Option("--allow-drift", help="With --resume: continue even if the spec, data or versions changed."),
    ] = False,
    data: MovedData = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="With --resume: discard the checkpoints and train from step 0.")
    ] = False,
    no_plots: NoPlots = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress; results and errors only.")] = False,
    language: Lang = "en",
) -> None:
    """Train the network of a spec and write a run folder, or resume an interrupted run.

    Example: nnlab train configs/adam.yaml -s optimizer.lr=0.001 -s seed=1
    """
    from nnlab.errors import UsageError

    if resume is not None:
        if specs or overrides or dry_run:
            raise UsageError("--resume continues a run with its own spec; it takes no SPEC, -s or --dry-run")
        resume_run(
            resume,
            runs,
            iterations,
            pictures=not no_plots,
            allow_drift=allow_drift,
            restart=restart,
            quiet=quiet,
            data=data,
        )
        return
    if data is not None:
        raise UsageError("--data belongs to --resume; a spec has data.path: -s data.path=PATH")
    if iterations is not None or allow_drift or restart:
        raise UsageError("--iterations, --allow-drift and --restart belong to --resume; a spec has train.iterations")
    if not specs:
        raise UsageError("nothing to train: give a SPEC, such as configs/adam.yaml, or --resume RUN")
    train_specs(specs, [*(overrides or []), *[NO_PLOTS] * no_plots], runs, dry_run=dry_run, quiet=quiet)


def resume_run(
    run: str,
    runs: Path,
    iterations: int | None,
    *,
    pictures: bool,
    allow_drift: bool,
    restart: bool,
    quiet: bool,
    data: Path | None = None,
) -> None:
    """Resume a run, or the newest one."""
    from nnlab.cli.progress import ConsoleReporter
    from nnlab.errors import Diverged
    from nnlab.records.result_line import result_line
    from nnlab.records.run_names import find_run
    from nnlab.train.options import RunOptions
    from nnlab.train.reporting import Silent
    from nnlab.train.resume import last_run
    from nnlab.train.resume import resume as resume_training

    if pictures:
        check_font()
    path = last_run(runs) if run == "last" else find_run(run, runs, "run", "crossval")
    reporter = Silent() if quiet else ConsoleReporter()
    results = ResultLines()
    result = resume_training(
        path,
        reporter,
        iterations=iterations,
        allow_drift=allow_drift,
        restart=restart,
        data=data,
        options=RunOptions(pictures=pictures, on_result=results.show),
    )
    results.show(result_line(result.name, result.summary), result.path)
    results.check()
    if result.summary["status"] == "diverged":
        raise Diverged(result.summary["message"])


def train_specs(specs: list[Path], overrides: list[str], runs: Path, *, dry_run: bool, quiet: bool) -> None:
    """Train specs in turn, or only check them."""
    from nnlab.cli.downloading import fetch
    from nnlab.cli.progress import ConsoleReporter
    from nnlab.cli.show import show_experiment
    from nnlab.config.loading import load_experiment
    from nnlab.engine.run_setup import RunSetup
    from nnlab.errors import Diverged, UsageError, naming
    from nnlab.train.options import RunOptions
    from nnlab.train.reporting import Silent
    from nnlab.train.run import run_with

    experiments = [load_experiment(spec, overrides) for spec in specs]
    for spec in specs:
        note_passed_over(spec)
    if dry_run:
        for spec, experiment in zip(specs, experiments, strict=True):
            with naming(spec, UsageError):
                show_experiment(experiment, with_data=True)
        return
    if any(experiment.train.pictures for experiment in experiments):
        check_font()
    for experiment in experiments:
        fetch(experiment.data, quiet=quiet)
    # Problems that only data and network show are reported before the first training. Each set-up is made again when
    # its turn comes: kept, they would hold the data of every spec in memory, and one dataset for several would change
    # what rng: legacy draws after it.
    if len(experiments) > 1:
        for spec, experiment in zip(specs, experiments, strict=True):
            with naming(spec, UsageError):
                RunSetup(experiment)
    diverged: list[Diverged] = []
    results = ResultLines()
    options = RunOptions(on_result=results.show)
    for spec, experiment in zip(specs, experiments, strict=True):
        try:
            with naming(spec, UsageError):
                run_with(options, experiment, runs, Silent() if quiet else ConsoleReporter())
        except Diverged as error:
            if len(experiments) == 1:
                raise
            diverged.append(error)
            echo(f"nnlab: {error}", err=True)
            continue
        results.check()
    if diverged:
        raise Diverged(f"{len(diverged)} of {len(experiments)} runs diverged")
