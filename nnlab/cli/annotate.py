"""``nnlab runs tag`` and ``nnlab runs note``: the annotations of runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import RunsFolder
from nnlab.cli.completion import complete_run, complete_tag
from nnlab.cli.console import echo
from nnlab.storage.patterns import expanded

Added = Annotated[
    list[str] | None,
    typer.Option("--add", metavar="TAG", help="Add this tag; repeatable.", autocompletion=complete_tag),
]
Removed = Annotated[
    list[str] | None,
    typer.Option("--remove", metavar="TAG", help="Remove this tag; repeatable.", autocompletion=complete_tag),
]


def tag_command(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN",
            help="Run folders, sweeps or trials, their short names in --runs, or last.",
            show_default=False,
            autocompletion=complete_run,
        ),
    ],
    add: Added = None,
    remove: Removed = None,
    runs: RunsFolder = Path("runs"),
) -> None:
    """Tag runs, cross-validations, descents and sweeps, or remove their tags; print the tags that each has then.

    nnlab runs ls and nnlab compare show tags, and --tag selects by one. They are stored in annotations.json in the
    folder of the run.

    Example: nnlab runs tag last --add good
    """
    from nnlab.errors import UsageError
    from nnlab.records.annotations import read_annotations, write_annotations
    from nnlab.text import one_line, quote

    if both := set(add or ()) & set(remove or ()):
        raise UsageError(f"--add and --remove both name {quote(min(both))}")
    paths = _annotated(expanded(names), runs)
    changed = {path: read_annotations(path).tagged(add or (), remove or ()) for path in paths}
    for path, annotations in changed.items():
        if add or remove:
            write_annotations(path, annotations)
        echo(f"{one_line(str(path), 300)}: {', '.join(annotations.tags) or 'no tags'}")


def note_command(
    name: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run folder, sweep or trial, its short name in --runs, or last.",
            show_default=False,
            autocompletion=complete_run,
        ),
    ],
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="TEXT", help='The new note; "" removes it (default: print the note).', show_default=False
        ),
    ] = None,
    runs: RunsFolder = Path("runs"),
) -> None:
    """Write a note about a run, or print it. nnlab show prints it too.

    Example: nnlab runs note last "loss spikes at step 300"
    """
    from nnlab.records.annotations import read_annotations, write_annotations

    (path,) = _annotated([name], runs)
    annotations = read_annotations(path)
    if text is not None:
        annotations = annotations.noted(text)
        write_annotations(path, annotations)
    if annotations.note:
        echo(annotations.note)


def _annotated(names: Sequence[str], runs: Path) -> list[Path]:
    """The folders with these names; raises RunError where one is not of nnlab."""
    from nnlab.errors import RunError
    from nnlab.records.formats import distinct_folders, kind_of
    from nnlab.records.run_names import find_run

    paths = distinct_folders(find_run(name, runs) for name in names)
    for path in paths:
        if kind_of(path) is None:
            raise RunError(f"{path}: {'is not a' if path.exists() else 'no such'} run folder")
    return paths
