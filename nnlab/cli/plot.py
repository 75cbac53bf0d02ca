"""``nnlab plot``: plot a run, a descent or a sweep again."""

from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import Lang, MovedData, RunName, RunsFolder
from nnlab.cli.completion import DESCENT_PICTURES, PICTURES, SWEEP_PICTURES, complete_picture
from nnlab.cli.console import echo, naming_output
from nnlab.plots.plot_style import Format, PlotStyle, Style


def plot_command(
    name: RunName,
    kinds: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KIND",
            help=(
                f"{', '.join(PICTURES)}; of a descent {', '.join(DESCENT_PICTURES)}; of a sweep "
                f"{', '.join(SWEEP_PICTURES)} (default: all that it can have, of a sweep those that suit its keys)"
            ),
            show_default=False,
            autocompletion=complete_picture,
        ),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="File format of the pictures.")] = "png",
    style: Annotated[Style, typer.Option("--style", help="White or black background.")] = "light",
    language: Lang = "en",
    animate: Annotated[
        bool,
        typer.Option(
            "--animate",
            help="Draw the animation: boundary.gif, from the run's snapshots; race.gif of a descent.",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where the pictures go (default: RUN/plots)", show_default=False),
    ] = None,
    data: MovedData = None,
    runs: RunsFolder = Path("runs"),
) -> None:
    """Plot a run, a descent or a sweep again, as PNG, SVG or PDF, light or dark, in English or Japanese.

    Example: nnlab plot last accuracy confusion --format svg --style dark
    """
    from nnlab.errors import RunError
    from nnlab.plots.palette import drawn_as
    from nnlab.records.cleaning import clear_leftovers
    from nnlab.records.drawing import last_pictures
    from nnlab.records.formats import kind_of
    from nnlab.records.run_names import find_run
    from nnlab.storage.layout import PLOTS_FOLDER

    run = find_run(name, runs, "run", "descent", "sweep")
    folder = out or run / PLOTS_FOLDER
    if out is None and folder.is_symlink():
        raise RunError(f"{folder}: is a link; --out DIR draws into another folder")
    clear_leftovers(run)
    draw = {"descent": draw_descent, "sweep": draw_sweep}.get(kind_of(run) or "run", partial(draw_run, data=data))
    everything = out is None and not kinds and not animate
    with (
        naming_output(folder),
        drawn_as(PlotStyle(format_, style, language)),
        last_pictures(run) if everything else nullcontext(),
    ):
        draw(run, kinds or [], folder, animate)


def draw_descent(run: Path, kinds: list[str], folder: Path, animate: bool) -> None:
    """Draw these pictures of a descent, or all except the animation where none is named, and print their paths."""
    from nnlab.descent.pictures import redraw

    redraw(run, folder, kinds, animate=animate, written=_print)


def draw_sweep(sweep: Path, kinds: list[str], folder: Path, animate: bool) -> None:
    """Draw these pictures of a sweep, or those that suit its keys where none is named, and print their paths."""
    from nnlab.errors import UsageError
    from nnlab.figures.sweep_pictures import draw_sweep as draw

    if animate:
        raise UsageError(
            f"{sweep}: is a sweep, which has no animation; its trials have: nnlab plot {sweep.name}/trial-001"
        )
    if not draw(sweep, _warn, kinds, folder, _print):
        _warn(f"{sweep}: no trial has ended, so there is nothing to draw yet")


def draw_run(run: Path, kinds: list[str], folder: Path, animate: bool, data: Path | None = None) -> None:
    """Draw these pictures of a run, or all where none is named, and print their paths; ``data`` is its moved data."""
    from nnlab.cli.downloading import fetch
    from nnlab.figures.picture_kinds import picture_kinds
    from nnlab.figures.run_animation import animate as animate_run
    from nnlab.figures.run_animation import snapshots_of
    from nnlab.figures.run_pictures import draw, draw_all
    from nnlab.figures.run_view import run_view
    from nnlab.records.reader import read_run

    kinds = picture_kinds(kinds)
    target = run_view(read_run(run), _warn, fetch, data)
    if animate:
        snapshots_of(target)  # before anything is drawn
    if kinds:
        draw(target, kinds, folder, _print)
    elif not animate:
        draw_all(target, folder, _warn, written=_print)
    if animate:
        _print(animate_run(target, folder))


def _print(path: Path) -> None:
    echo(str(path))


def _warn(line: str) -> None:
    echo(f"nnlab: {line}", err=True)
