"""``nnlab runs ls``: the runs in a folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.arguments import Lang, Tag, Where
from nnlab.cli.completion import complete_status
from nnlab.cli.console import echo
from nnlab.records.formats import ALL_STATUSES, DAMAGED

if TYPE_CHECKING:
    from nnlab.records.inventory import StoredRun


def list_runs(
    runs: Annotated[Path, typer.Option("--runs", metavar="DIR", help="Folder of runs.")] = Path("runs"),
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
    where: Where = None,
    tag: Tag = None,
    inside: Annotated[
        bool, typer.Option("--all", help="List the trials of sweeps and the folds of cross-validations too.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only the paths.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of the table.")] = False,
    language: Lang = "en",
) -> None:
    """List runs, cross-validations, descents and sweeps with status, progress, final metrics and size.

    A sweep is one line with its best goal; --all lists its trials beneath it, under names that all commands take.

    --where and --tag list only some of them; a sweep meets a condition where any of its trials does.

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
    found = [run for run in found if status in (None, run.status) and (tag is None or tag in run.annotations.tags)]
    if where:
        from nnlab.comparisons.reading import stored_meeting  # loads every component

        found = stored_meeting(found, where)
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
        asked = ([f"is {status}"] if status else []) + (["meets all conditions"] if where or tag else [])
        what = f"nothing that {' and '.join(asked)}" if asked else "nothing"
        echo(f"{what} in {'the trash of ' if trash else ''}{runs}", err=True)
        return
    _print_table(found)
    for run in found:
        if run.message:
            echo(f"{'damaged: ' * (run.status == DAMAGED)}{run.message}", err=True)


def _print_table(found: Sequence["StoredRun"]) -> None:
    from nnlab.cli.columns import GAP, Column, laid_out
    from nnlab.cli.console import results
    from nnlab.comparisons.cells import heading, shown_number
    from nnlab.core.memory import readable_bytes
    from nnlab.core.rows import CHOOSING_SPLITS
    from nnlab.language import tr
    from nnlab.metric_columns import headline
    from nnlab.text import one_line

    columns = {"run": Column(tr("run"), [one_line(run.name, 100) for run in found])}
    if any(run.kind != "run" for run in found):
        columns["kind"] = Column(tr("kind"), [run.kind for run in found])
    columns["status"] = Column(tr("status"), [tr(run.status) for run in found])
    columns["done"] = Column(tr("done"), [run.progress for run in found])
    primaries = dict.fromkeys(name for run in found if run.kind != "sweep" for name in headline(run.metrics)[:1])
    held_out = [f"{split}_{name}" for name in primaries for split in CHOOSING_SPLITS if split != "train"]
    goals = dict.fromkeys(name for run in found if run.kind == "sweep" for name in run.metrics)
    for name in dict.fromkeys((*held_out, *goals)):
        if any(name in run.metrics for run in found):
            cells = [shown_number(name, run.metrics[name]) if name in run.metrics else "" for run in found]
            columns[name] = Column(heading(name), cells, numbers=True)
    if any(run.annotations.tags for run in found):
        columns["tags"] = Column(tr("tags"), [", ".join(run.annotations.tags) for run in found])
    sizes = [readable_bytes(run.bytes).replace(" ", "") for run in found]
    columns["size"] = Column(tr("size"), sizes, numbers=True)
    console = results()
    for name in (*held_out[:1], "size", "kind", *held_out[1:]):  # left out in this order on a narrow terminal
        if sum(column.widest + GAP for column in columns.values()) - GAP > console.width:
            columns.pop(name, None)
    console.print(laid_out(list(columns.values()), console.width), soft_wrap=False)
