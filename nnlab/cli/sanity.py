"""``nnlab sanity``: check a spec before training."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.arguments import SPEC_HELP, Overrides, note_passed_over
from nnlab.cli.completion import complete_sanity_check, complete_spec
from nnlab.cli.console import echo, is_live, messages
from nnlab.cli.finding_lines import LABEL, print_line

if TYPE_CHECKING:
    from nnlab.insight.finding import Finding

STATUS_AND_NAME = 26
"""The width of status and name of a check, after which the text begins."""


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
    from nnlab.cli.downloading import fetch
    from nnlab.config.loading import load_experiment
    from nnlab.errors import CheckFailed, UsageError, naming
    from nnlab.insight.sanity import CheckedSpec, SanityReport, chosen_checks, run_checks
    from nnlab.insight.spec_commands import spec_words
    from nnlab.storage.folders import as_json
    from nnlab.train.run import one_blas_thread

    names = chosen_checks(only or (), skip or ())
    experiment = load_experiment(spec, overrides or [])
    note_passed_over(spec)
    fetch(experiment.data)
    call = shlex.join(spec_words(spec, experiment))
    done = []
    with naming(spec, UsageError), one_blas_thread(), running() as started:
        case = CheckedSpec(experiment, call, overrides or (), seed)
        for result in run_checks(case, names, started):
            started("")
            done.append(result)
            if not json:
                print_line(result.as_text(), STATUS_AND_NAME)
    report = SanityReport(experiment.name, tuple(done))
    if json:
        echo(as_json(report.as_json()).decode(), nl=False)
    else:
        for result in report.results:
            for finding in result.verdict.findings:
                show_finding(result.name, finding)
        echo("")
    if not report.passed:
        raise CheckFailed(report.summary())
    if not json:
        echo(report.summary())


def show_finding(check: str, finding: "Finding") -> None:
    """Print a finding after the name of its check."""
    echo("")
    sentence, *parts = finding.as_text().splitlines()
    print_line(f"{check}: {sentence}" if finding.severity == "problem" else f"{check}, advice: {sentence}", 0)
    for part in parts:
        print_line(part, LABEL)


@contextmanager
def running() -> Iterator[Callable[[str], None]]:
    """Show on stderr, on a terminal, which check runs; yields the function that names it, and "" when it has ended."""
    console = messages()
    if not is_live(console):
        yield lambda name: None
        return
    with console.status("reading the data") as status:

        def started(name: str) -> None:
            status.update(name)
            (status.start if name else status.stop)()  # stopped, it leaves its line to the result

        yield started
