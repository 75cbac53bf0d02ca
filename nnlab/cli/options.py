"""Options that several commands share."""

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
