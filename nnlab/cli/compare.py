"""``nnlab compare``: runs side by side."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.arguments import RunsFolder, expanded
from nnlab.cli.console import echo, naming_output

if TYPE_CHECKING:
    from nnlab.compare.comparison import Comparison

FOLDER = Path("comparisons")


def compare_command(
    names: Annotated[
        list[str],
        typer.Argument(metavar="RUN...", help="Run folders, their short names, or last.", show_default=False),
    ],
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort",
            metavar="KEY",
            show_default=False,
            help="Metric or spec key to sort by, such as train_seconds or optimizer.lr; metrics of which "
            "higher is better descend, everything else ascends (default: test_accuracy)",
        ),
    ] = None,
    top: Annotated[
        int | None, typer.Option("--top", metavar="N", min=1, help="Keep only the first N rows.", show_default=False)
    ] = None,
    csv: Annotated[
        str | None,
        typer.Option(
            "--csv", metavar="FILE|-", help="Write the table as CSV with all digits; - is stdout.", show_default=False
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON instead of the table: every row, run and damaged run.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help=f"Where the pictures of the curves go (default: a new folder in {FOLDER})",
            show_default=False,
        ),
    ] = None,
    runs: RunsFolder = Path("runs"),
) -> None:
    """Compare runs: what differs in their specs, what came of it, and their curves in one picture.

    Runs that differ only in seed become one row, mean ± standard deviation.

    Example: nnlab compare runs/* --sort test_accuracy
    """
    from nnlab.cli.comparison_table import print_comparison
    from nnlab.compare.comparison import DEFAULT_SORT, compare
    from nnlab.errors import UsageError
    from nnlab.plots.comparison import plot_comparison
    from nnlab.records.run_names import find_run
    from nnlab.storage.disk import write_output
    from nnlab.storage.folders import create_folder

    if json and csv == "-":
        raise UsageError("--json and --csv - both want stdout; give --csv a file name")
    paths = [find_run(name, runs, "run") for name in expanded(names)]
    comparison = compare(paths, sort=sort or DEFAULT_SORT, top=top)
    if json:
        echo(comparison.to_json(), nl=False)
    elif csv == "-":
        echo(comparison.to_csv(), nl=False)
        _report_left_out(comparison)
    else:
        print_comparison(comparison)
    with naming_output(out or FOLDER):
        if csv not in (None, "-"):
            write_output(Path(csv), comparison.to_csv().encode())
        folder = out or create_folder(FOLDER)
        plot_comparison(comparison, folder)
    echo(str(folder), err=json or csv == "-")


def _report_left_out(comparison: "Comparison") -> None:
    if comparison.passed_over:
        echo(f"passed over: {comparison.passed_over_counts}", err=True)
    for run in comparison.damaged:
        echo(f"damaged, not compared: {run.message}", err=True)
