"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.completion import complete_override

Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        metavar="KEY=VALUE",
        help="Change a key of the spec, such as optimizer.lr=0.1; repeatable.",
        autocompletion=complete_override,
    ),
]

RunsFolder = Annotated[
    Path, typer.Option("--runs", metavar="DIR", help="Where last and other short names of runs are looked for.")
]

MovedData = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="PATH",
        help="Where the run's data is now: its file, or the folder of its files.",
        show_default=False,
    ),
]
