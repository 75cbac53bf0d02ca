"""``nnlab report``: runs, sweeps and cross-validations as one document."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from nnlab.cli.arguments import Lang, MovedData, RunsFolder
from nnlab.cli.completion import complete_run
from nnlab.cli.console import echo, naming_output

ReportFormat = Literal["html", "md"]


def report_command(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN",
            help="Run folders, sweeps or cross-validations, their short names, or last: the newest.",
            show_default=False,
            autocompletion=complete_run,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="File to write (default: report.html or report.md in the working folder).",
            show_default=False,
        ),
    ] = None,
    format_: Annotated[
        ReportFormat | None,
        typer.Option(
            "--format",
            help="html: one file with everything in it; md: Markdown with a folder of pictures (default: by the name "
            "of the file, else html).",
            show_default=False,
        ),
    ] = None,
    language: Lang = "en",
    title: Annotated[
        str, typer.Option("--title", metavar="TEXT", help="Title (default: the names of the runs).", show_default=False)
    ] = "",
    author: Annotated[
        str, typer.Option("--author", metavar="TEXT", help="Author, below the title.", show_default=False)
    ] = "",
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort", metavar="KEY", help="Sort by a metric or spec key, as nnlab compare.", show_default=False
        ),
    ] = None,
    data: MovedData = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing report.")] = False,
    runs: RunsFolder = Path("runs"),
) -> None:
    """Write a report: question, settings, curves, results, verdicts, predictions, environment, commands.

    One HTML file that prints well and loads nothing, or Markdown with picture files. Boxes are left for the author's
    own words; in the browser they can be typed into before printing. Runs that differ only in their seed are one row.

    Example: nnlab report runs/* --out report.html --lang en
    """
    from nnlab.cli.downloading import fetch
    from nnlab.core.memory import readable_bytes
    from nnlab.records.run_names import find_run
    from nnlab.report.compose import make_report
    from nnlab.report.files import check_free, report_path, write_report
    from nnlab.storage.patterns import expanded

    path, kind = report_path(out, format_)
    check_free(path, kind, overwrite=overwrite)
    paths = [find_run(name, runs, "run", "sweep", "crossval") for name in expanded(names)]
    with naming_output(path):
        report = make_report(
            paths,
            language=language,
            title=title,
            author=author,
            sort=sort,
            styles=("light", "dark") if kind == "html" else ("light",),
            fetch=fetch,
            data=data,
        )
        size = write_report(report, path, kind)
    count = len(list(report.pictures))
    echo(f"{readable_bytes(size)}, {count} picture{'s' * (count != 1)}", err=True)
    echo(str(path))
