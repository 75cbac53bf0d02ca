"""``nnlab train``: run experiments."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.echo import echo
from nnlab.cli.options import Overrides


def train_command(
    specs: Annotated[list[Path], typer.Argument(metavar="SPEC", help="Spec files (YAML); each is trained in turn.")],
    overrides: Overrides = None,
    runs: Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where run folders go.")] = Path("runs"),
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Check spec, data (downloads what is missing) and shapes, train nothing."),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress; results and errors only.")] = False,
) -> None:
    """Train the network that a spec describes and write a run folder.

    Example: nnlab train configs/adam.yaml -s optimizer.lr=0.001 -s seed=1
    """
    from nnlab.cli.downloading import fetch
    from nnlab.cli.progress import ConsoleReporter
    from nnlab.cli.show import show_experiment
    from nnlab.errors import Diverged
    from nnlab.records.result_line import result_line
    from nnlab.spec.experiment import load_experiment
    from nnlab.train.run import Silent, run
    from nnlab.train.setup import prepare

    experiments = [load_experiment(spec, overrides or []) for spec in specs]
    if dry_run:
        for spec, experiment in zip(specs, experiments, strict=True):
            with naming(spec):
                show_experiment(experiment)
        return
    for experiment in experiments:
        fetch(experiment.data, quiet=quiet)
    if len(experiments) > 1:
        for spec, experiment in zip(specs, experiments, strict=True):
            with naming(spec):
                prepare(experiment)
    diverged: list[Diverged] = []
    for spec, experiment in zip(specs, experiments, strict=True):
        try:
            with naming(spec):
                result = run(experiment, runs, Silent() if quiet else ConsoleReporter())
        except Diverged as error:
            if len(experiments) == 1:
                raise
            diverged.append(error)
            echo(f"nnlab: {error}", err=True)
            continue
        echo(result_line(experiment.name, result.summary))
        echo(str(result.path))
    if diverged:
        raise Diverged(f"{len(diverged)} of {len(experiments)} runs diverged")


@contextmanager
def naming(spec: Path) -> Iterator[None]:
    """Put the spec's file before what only its data could show to be wrong."""
    from nnlab.errors import SpecError, UsageError, one_line

    try:
        yield
    except UsageError as error:
        if isinstance(error, SpecError):
            raise
        raise UsageError(f"{one_line(str(spec), 1000)}: {error}") from None
