"""``nnlab runs``: list, delete, restore and purge runs."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.completion import complete_removed, complete_run, complete_status
from nnlab.cli.console import echo
from nnlab.records.formats import ALL_STATUSES, DAMAGED, distinct_folders

if TYPE_CHECKING:
    from nnlab.records.inventory import StoredRun

MOST_NAMED = 20

Runs = Annotated[Path, typer.Option("--runs", metavar="DIR", help="Folder of runs.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Delete without confirmation.")]

runs_app = typer.Typer(
    help="List, delete, restore and purge runs.\n\nExample: nnlab runs ls",
    no_args_is_help=True,
)


@runs_app.command("ls")
def list_runs(
    runs: Runs = Path("runs"),
    trash: Annotated[bool, typer.Option("--trash", help="List the trash instead.")] = False,
    status: Annotated[
        str | None,
        typer.Option(
            "--status",
            metavar="STATUS",
            help=f"List only runs with this status: {', '.join(ALL_STATUSES)}.",
            show_default=False,
            autocompletion=complete_status,
        ),
    ] = None,
    inside: Annotated[
        bool, typer.Option("--all", help="List the trials of sweeps and the folds of cross-validations too.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only the paths.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of the table.")] = False,
) -> None:
    """List runs, cross-validations, descents and sweeps with status, progress, final metrics and size.

    A sweep is one line with its best goal; --all lists its trials beneath it, under names that all commands take.

    Status crashed: the process of the run has ended. Status damaged: the run cannot be read; stderr says why.

    Example: nnlab runs ls --status crashed
    """
    from nnlab.errors import UsageError
    from nnlab.records.cleaning import clear_leftovers
    from nnlab.records.inventory import inventory
    from nnlab.records.trash import Trash
    from nnlab.text import quote

    if status is not None and status not in ALL_STATUSES:
        raise UsageError(f"--status: must be one of {', '.join(ALL_STATUSES)}, got {quote(status)}")
    if quiet and json:
        raise UsageError("--quiet and --json both write to stdout")
    folder = Trash(runs).folder if trash else runs
    found = inventory(folder, missing_ok=trash, inside=inside)
    found = [run for run in found if status in (None, run.status)]
    for run in found:
        if not run.inside:  # the whole clears those of its runs
            clear_leftovers(run.path)
    if json:
        import json as json_format

        echo(json_format.dumps([run.as_dict() for run in found], indent=2))
        return
    if quiet:
        for run in found:
            echo(str(run.path))
        return
    if not found:
        what = "nothing" if status is None else f"nothing that is {status}"
        echo(f"{what} in {'the trash of ' if trash else ''}{runs}", err=True)
        return
    _print_table(found)
    for run in found:
        if run.message:
            echo(f"{'damaged: ' * (run.status == DAMAGED)}{run.message}", err=True)


@runs_app.command("rm")
def remove_runs(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...",
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
            metavar="NAME...", help="Names of runs in the trash.", show_default=False, autocompletion=complete_removed
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
            metavar="[NAME]...",
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


def _print_table(found: Sequence["StoredRun"]) -> None:
    from nnlab.cli.comparison_table import GAP, Column, heading, laid_out, shown_number
    from nnlab.cli.console import results
    from nnlab.core.memory import readable_bytes
    from nnlab.core.rows import CHOOSING_SPLITS
    from nnlab.metrics import PRIMARY
    from nnlab.text import one_line

    columns = {"run": Column("run", [one_line(run.name, 100) for run in found])}
    if any(run.kind != "run" for run in found):
        columns["kind"] = Column("kind", [run.kind for run in found])
    columns["status"] = Column("status", [run.status for run in found])
    columns["done"] = Column("done", [run.progress for run in found])
    held_out = [f"{split}_{PRIMARY}" for split in CHOOSING_SPLITS if split != "train"]
    goals = dict.fromkeys(name for run in found if run.kind == "sweep" for name in run.metrics)
    for name in dict.fromkeys((*held_out, *goals)):
        if any(name in run.metrics for run in found):
            cells = [shown_number(name, run.metrics[name]) if name in run.metrics else "" for run in found]
            columns[name] = Column(heading(name), cells, numbers=True)
    sizes = [readable_bytes(run.bytes).replace(" ", "") for run in found]
    columns["size"] = Column("size", sizes, numbers=True)
    console = results()
    for name in (held_out[0], "size", "kind", *held_out[1:]):  # left out in this order on a narrow terminal
        if sum(column.widest + GAP for column in columns.values()) - GAP > console.width:
            columns.pop(name, None)
    console.print(laid_out(list(columns.values()), console.width), soft_wrap=False)
