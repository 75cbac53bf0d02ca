"""``nnlab sanity``: check a spec before training."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import SPEC_HELP, Overrides, note_passed_over
from nnlab.cli.completion import complete_sanity_check, complete_spec
from nnlab.cli.console import echo, is_live, messages


def sanity_command(
    spec: Annotated[
        Path, typer.Argument(metavar="SPEC", help=SPEC_HELP, show_default=False, autocompletion=complete_spec)
    ],
    overrides: Overrides = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="CHECK",
            help="Run this check only; repeatable.",
            show_default=False,
            autocompletion=complete_sanity_check,
        ),
    ] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option(
            "--skip",
            metavar="CHECK",
            help="Leave out this check; repeatable.",
            show_default=False,
            autocompletion=complete_sanity_check,
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Random seed of the samples and directions of the checks.")
    ] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
) -> None:
    """Check a spec before training, in seconds; exit code 1 when a check fails.

    Checks inputs and labels, the loss before the first update, penalties, gradients of this model on this data, that
    every parameter receives a gradient, that samples do not mix and evaluation repeats, that 20 samples can be
    memorised and permuted labels cannot be predicted, and how long the training takes. Writes no files.

    Example: nnlab sanity configs/adam.yaml
    """
    from json import dumps

    from nnlab.cli.downloading import fetch
    from nnlab.config.loading import load_experiment
    from nnlab.errors import CheckFailed, UsageError, naming
    from nnlab.insight.sanity import CheckedSpec, SanityReport, chosen_checks, run_checks
    from nnlab.train.run import one_blas_thread

    names = chosen_checks(only or (), skip or ())
    experiment = load_experiment(spec, overrides or [])
    note_passed_over(spec)
    fetch(experiment.data)
    call = shlex.join([str(spec), *(word for override in overrides or () for word in ("-s", override))])
    results = []
    with naming(spec, UsageError), one_blas_thread(), running() as started:
        case = CheckedSpec(experiment, call, seed)
        for result in run_checks(case, names, started):
            results.append(result)
            if not json:
                echo(result.as_text())
    report = SanityReport(experiment.name, tuple(results))
    if json:
        echo(dumps(report.as_json(), ensure_ascii=False, indent=2))
    else:
        for finding in report.findings:
            echo("")
            for line in finding.as_text().splitlines():
                echo(line)
    if not report.passed:
        raise CheckFailed(report.summary())
    if not json:
        echo(report.summary())


@contextmanager
def running() -> Iterator[Callable[[str], None]]:
    """Show on stderr, on a terminal, which check runs; yields the function that names it."""
    if not is_live(messages()):
        yield lambda name: None
        return
    with messages().status("reading the data") as status:
        yield lambda name: status.update(name)
