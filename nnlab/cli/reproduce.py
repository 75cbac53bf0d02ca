"""``nnlab reproduce``: published experiments, trained and judged."""

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import Lang, Parallel
from nnlab.cli.completion import complete_experiment

PAGE = Path("reproduce.html")


def reproduce_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID",
            help="Published experiments, or all; without any they are listed.",
            show_default=False,
            autocompletion=complete_experiment,
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Only those that take seconds.")] = False,
    parallel: Parallel = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help=f"Page to write, .html or .md (default: {PAGE} in the working folder; with --json none).",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing page.")] = False,
    runs: Annotated[
        Path, typer.Option("--runs", metavar="DIR", help="Where run folders go; finished ones there are used.")
    ] = Path("runs"),
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress; results and errors only.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the rows, or the list, as JSON.")] = False,
    language: Lang = "en",
) -> None:
    """Reproduce published experiments: train them, compare with the printed values, write a page of pictures.

    Exit code 1 where a value is outside its band. An interrupted command resumes when it is repeated.

    Example: nnlab reproduce spiral_softmax spiral_net
    """
    from nnlab.cli.reproduced import list_experiments, reproduce_experiments
    from nnlab.errors import CheckFailed, UsageError
    from nnlab.insight.reproduce.catalogue import chosen

    experiments = chosen(names or [], quick=quick)
    if not (names or quick):
        if out is not None or overwrite:
            raise UsageError("--out and --overwrite write a page of experiments: name some, or all")
        list_experiments(as_json=json)
        return
    if not experiments:
        raise UsageError("--quick: none of these experiments takes seconds only; leave it out to train them")
    page = out or (None if json else PAGE)
    rows = reproduce_experiments(
        experiments, runs, page, overwrite=overwrite, parallel=parallel, quiet=quiet, as_json=json, language=language
    )
    outside = [row for row in rows if row.verdict == "outside"]
    if outside:
        named = ", ".join(dict.fromkeys(row.experiment.name for row in outside))
        raise CheckFailed(f"{len(outside)} of {len(rows)} values are outside their bands: {named}")
