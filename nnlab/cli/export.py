"""``nnlab export``: a run as a zip file."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from nnlab.cli.arguments import RunsFolder
from nnlab.cli.completion import complete_run
from nnlab.cli.console import echo, naming_output


def export_command(
    name: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run folder, its short name, or last: the newest.",
            show_default=False,
            autocompletion=complete_run,
        ),
    ],
    target: Annotated[Literal["zip"], typer.Option("--to", help="Format; zip packs the folder.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="File to write (default: the name of the run folder, in the working folder).",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    runs: RunsFolder = Path("runs"),
) -> None:
    """Export a run, a cross-validation or a descent as a zip file to share.

    The copy can be read, plotted, used for prediction and repeated, but not resumed: checkpoints and data are not
    included. Paths outside the project are shortened to their last names in the spec, summary, environment and log.

    Example: nnlab export last --to zip
    """
    from nnlab.errors import UsageError
    from nnlab.records.packing import packed_run
    from nnlab.records.run_names import find_run
    from nnlab.storage.disk import write_output

    run = find_run(name, runs)
    path = out or Path(f"{run.resolve().name}.{target}")
    if path.is_file() and not overwrite:
        raise UsageError(f"{path}: already exists; use --overwrite to replace it, or --out FILE")
    contents = packed_run(run)
    with naming_output(path):
        write_output(path, contents)
    echo(str(path))
