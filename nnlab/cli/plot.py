"""``nnlab plot``: the pictures of a run, drawn anew from its records."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.completion import PICTURES, complete_picture


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
            help=f"{', '.join(PICTURES)} (default: all that the run can have)",
            show_default=False,
            autocompletion=complete_picture,
        ),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="What the pictures are written as.")] = Format.PNG,
    style: Annotated[Style, typer.Option("--style", help="Drawn on white or on black.")] = Style.LIGHT,
    language: Annotated[Language, typer.Option("--lang", help="English or Japanese.")] = Language.ENGLISH,
    animate: Annotated[
        bool,
        typer.Option("--animate", help="Draw boundary.gif, how decision regions form, from the run's snapshots."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where the pictures go (default: RUN/plots)", show_default=False),
    ] = None,
) -> None:
    """Draw the pictures of a run anew, as light or dark PNG, SVG or PDF, with English or Japanese words.

    Example: nnlab plot runs/20250101-120000-adam-0a1b2c accuracy confusion --format svg --style dark
    """
    from nnlab.errors import UsageError
    from nnlab.plots.style import Look, drawn_as
    from nnlab.records.formats import PLOTS_FOLDER
    from nnlab.records.reader import read_run
    from nnlab.train.pictures import animate as animate_run
    from nnlab.train.pictures import check_kinds, draw, draw_all, drawable

    check_kinds(kinds or [])
    target = drawable(read_run(run))
    folder = out or run / PLOTS_FOLDER
    look = Look(format=format_.value, style=style.value, language=language.value)
    pictures: list[Path] = []
    try:
        with drawn_as(look):
            if kinds:
                pictures += draw(target, kinds, folder)
            elif not animate:
                pictures += draw_all(target, folder, lambda line: typer.echo(line, err=True))
            if animate:
                pictures.append(animate_run(target, folder))
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: cannot be written: {error.strerror or error}") from None
    for picture in pictures:
        typer.echo(str(picture))
