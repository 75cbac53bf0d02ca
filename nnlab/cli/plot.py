"""``nnlab plot``: the pictures of a run, drawn anew from its records."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.completion import DESCENT_PICTURES, PICTURES, complete_picture
from nnlab.cli.echo import echo


class Format(StrEnum):
    """What pictures are written as."""

    PNG = "png"
    SVG = "svg"
    PDF = "pdf"


class Style(StrEnum):
    """What pictures are drawn on."""

    LIGHT = "light"
    DARK = "dark"


class Language(StrEnum):
    """What language the words in pictures are in."""

    ENGLISH = "en"
    JAPANESE = "ja"


def plot_command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.", show_default=False, readable=False)],
    kinds: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KIND",
            help=f"{', '.join(PICTURES)}; of a descent {', '.join(DESCENT_PICTURES)} (default: all that it can have)",
            show_default=False,
            autocompletion=complete_picture,
        ),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="What the pictures are written as.")] = Format.PNG,
    style: Annotated[Style, typer.Option("--style", help="Drawn on white or on black.")] = Style.LIGHT,
    language: Annotated[Language, typer.Option("--lang", help="English or Japanese.")] = Language.ENGLISH,
    animate: Annotated[
        bool,
        typer.Option(
            "--animate",
            help="Draw what moves: boundary.gif, from the run's snapshots; race.gif of a descent.",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where the pictures go (default: RUN/plots)", show_default=False),
    ] = None,
) -> None:
    """Draw the pictures of a run or a descent anew, as light or dark PNG, SVG or PDF, with English or Japanese words.

    Example: nnlab plot runs/20250101-120000-adam-0a1b2c accuracy confusion --format svg --style dark
    """
    from nnlab.errors import UsageError
    from nnlab.plots.style import Look, drawn_as
    from nnlab.records.formats import PLOTS_FOLDER, is_descent_folder

    folder = out or run / PLOTS_FOLDER
    look = Look(format=format_.value, style=style.value, language=language.value)
    draw = draw_descent if is_descent_folder(run) else draw_run
    try:
        with drawn_as(look):
            pictures = draw(run, kinds or [], folder, animate)
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: cannot be written: {error.strerror or error}") from None
    for picture in pictures:
        echo(str(picture))


def draw_descent(run: Path, kinds: list[str], folder: Path, animate: bool) -> list[Path]:
    """The pictures of a descent asked for, or all that do not move where none is."""
    from nnlab.descent.pictures import redraw

    return redraw(run, folder, kinds, animate=animate)


def draw_run(run: Path, kinds: list[str], folder: Path, animate: bool) -> list[Path]:
    """The pictures of a training run asked for, or all that do not move where none is."""
    from nnlab.records.reader import read_run
    from nnlab.train.pictures import animate as animate_run
    from nnlab.train.pictures import check_kinds, draw, draw_all, drawable

    check_kinds(kinds)
    target = drawable(read_run(run))
    pictures: list[Path] = []
    if kinds:
        pictures += draw(target, kinds, folder)
    elif not animate:
        pictures += draw_all(target, folder, lambda line: echo(line, err=True))
    if animate:
        pictures.append(animate_run(target, folder))
    return pictures
