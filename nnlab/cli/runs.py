"""``nnlab runs``: list, annotate, delete, restore and purge runs."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.annotate import note_command, tag_command
from nnlab.cli.completion import complete_removed, complete_run
from nnlab.cli.console import echo
from nnlab.cli.runs_list import list_runs
from nnlab.records.formats import distinct_folders

MOST_NAMED = 20

Runs = Annotated[Path, typer.Option("--runs", metavar="DIR", help="Folder of runs.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Delete without confirmation.")]

runs_app = typer.Typer(
    help="List, annotate, delete, restore and purge runs.\n\nExample: nnlab runs ls",
    no_args_is_help=True,
)
runs_app.command("ls")(list_runs)
runs_app.command("tag")(tag_command)
runs_app.command("note")(note_command)


@runs_app.command("rm")
def remove_runs(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN",
            help="Run folders, their short names in --runs, or last: the newest.",
            show_default=False,
            autocompletion=complete_run,
        ),
    ],
    runs: Runs = Path("runs"),
    yes: Yes = False,
) -> None:
    """Move runs to the trash, from which nnlab runs restore brings them back; print their new paths.

    If one of them is being written, none is moved.

    Example: nnlab runs rm runs/20250101-120000-adam-0a1b2c
    """
    from nnlab.cli.console import confirmed
    from nnlab.records.trash import check_removable, trash_of

    paths = distinct_folders(_found(name, runs) for name in names)
    for path in paths:
        check_removable(path)
    if not yes and not confirmed(_question("Move", paths, "to the trash")):
        echo("nothing was moved", err=True)
        return
    for path in paths:
        echo(str(trash_of(path).take(path)))
    folders = {path.parent for path in paths}
    beside = next(iter(folders)) if len(folders) == 1 else "DIR"
    where = "" if folders == {Path("runs")} else f" --runs {beside}"
    echo(
        f"to restore: nnlab runs restore{where} NAME; to delete permanently: nnlab runs purge{where}",
        err=True,
    )


@runs_app.command("restore")
def restore_runs(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME", help="Names of runs in the trash.", show_default=False, autocompletion=complete_removed
        ),
    ],
    runs: Runs = Path("runs"),
) -> None:
    """Restore runs from the trash.

    Example: nnlab runs restore 20250101-120000-adam-0a1b2c
    """
    from nnlab.records.trash import Trash

    trash = Trash(runs)
    for path in [trash.find(Path(name).name) for name in names]:
        echo(str(trash.restore(path)))


@runs_app.command("purge")
def purge_runs(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help="Names of runs in the trash (default: all).",
            show_default=False,
            autocompletion=complete_removed,
        ),
    ] = None,
    runs: Runs = Path("runs"),
    yes: Yes = False,
) -> None:
    """Delete runs in the trash permanently.

    Example: nnlab runs purge
    """
    from nnlab.cli.console import confirmed
    from nnlab.core.memory import readable_bytes
    from nnlab.records.inventory import bytes_of
    from nnlab.records.trash import Trash

    trash = Trash(runs)
    paths = list(dict.fromkeys(trash.find(Path(name).name) for name in names)) if names else trash.held()
    if paths:
        size = readable_bytes(sum(map(bytes_of, paths)))
        if not yes and not confirmed(_question("Delete", paths, f"permanently ({size})")):
            echo("nothing was deleted", err=True)
            return
    else:
        echo(f"nothing in the trash of {runs}", err=True)
    for path in paths:
        trash.purge(path)
        echo(str(path))
    trash.purge_leftovers()


def _found(name: str, runs: Path) -> Path:
    """A run by its path, or by its short name in the folder of runs."""
    from nnlab.records.run_names import find_run

    path = Path(name)
    if not os.path.lexists(path) and os.path.lexists(runs / name) and path.name == name:
        return runs / name
    path = find_run(name, runs)
    if path.name in {"", ".."}:  # of . and .. only the real path has a name
        return path.resolve()
    # A path through the run itself would no longer exist once it is moved.
    return path.parent.resolve() / path.name if ".." in path.parts else path


def _question(verb: str, paths: Sequence[Path], what: str) -> str:
    from nnlab.text import one_line

    lines = [f"  {one_line(str(path), 300)}" for path in paths[:MOST_NAMED]]
    if len(paths) > MOST_NAMED:
        lines.append(f"  ... and {len(paths) - MOST_NAMED} more")
    count = "this run" if len(paths) == 1 else f"these {len(paths)} runs"
    return "\n".join([*lines, f"{verb} {count} {what}?"])
