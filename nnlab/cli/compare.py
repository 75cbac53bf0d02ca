"""``nnlab compare``: a table and curves of several runs."""

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import Lang, RunsFolder, Tag, Where
from nnlab.cli.completion import complete_run
from nnlab.cli.console import check_font, echo, naming_output

FOLDER = Path("comparisons")


def compare_command(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN",
            help="Run folders or sweeps, their short names, or last.",
            show_default=False,
            autocompletion=complete_run,
        ),
    ],
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort",
            metavar="KEY",
            show_default=False,
            help="Sort by a metric or spec key, such as train_seconds or optimizer.lr; metrics of which "
            "higher is better descend, everything else ascends (default: validation_accuracy where all runs have it, "
            "else test_accuracy).",
        ),
    ] = None,
    top: Annotated[
        int | None, typer.Option("--top", metavar="N", min=1, help="Show only the first N rows.", show_default=False)
    ] = None,
    where: Where = None,
    tag: Tag = None,
    csv: Annotated[
        str | None,
        typer.Option(
            "--csv", metavar="FILE|-", help="Write the table as CSV with all digits; - for stdout.", show_default=False
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the rows, runs and damaged runs as JSON.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help=f"Folder for the pictures of the curves (default: a new folder in {FOLDER}).",
            show_default=False,
        ),
    ] = None,
    runs: RunsFolder = Path("runs"),
    language: Lang = "en",
) -> None:
    """Compare runs: a table of the settings that differ and the final metrics, and the curves in one picture.

    Runs that differ only in their seed are one row: mean ± standard deviation. A sweep stands for its finished trials.
    Rows that share seeds are paired on them: a verdict below the table says by how much the best one is better, or
    that they cannot be told apart.

    Example: nnlab compare runs/* --sort test_accuracy --where 'lr<0.1'
    """
    from nnlab.cli.comparison_table import not_compared, print_comparison
    from nnlab.comparisons.comparison import compare
    from nnlab.errors import UsageError
    from nnlab.plots.comparison import plot_comparison
    from nnlab.records.run_names import find_run
    from nnlab.storage.disk import write_output
    from nnlab.storage.folders import create_folder
    from nnlab.storage.patterns import expanded

    if json and csv == "-":
        raise UsageError("--json and --csv - both write to stdout; give --csv a file name")
    check_font()
    paths = [find_run(name, runs, "run", "sweep") for name in expanded(names)]
    comparison = compare(paths, sort=sort, top=top, where=where or (), tag=tag)
    if json:
        echo(comparison.to_json(), nl=False)
    elif csv == "-":
        echo(comparison.to_csv(), nl=False)
        for line in not_compared(comparison):
            echo(line, err=True)
    else:
        print_comparison(comparison)
    with naming_output(out or FOLDER):
        if csv not in (None, "-"):
            write_output(Path(csv), comparison.to_csv().encode())
        folder = out or create_folder(FOLDER)
        plot_comparison(comparison, folder)
    echo(str(folder), err=json or csv == "-")
