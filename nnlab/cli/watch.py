"""``nnlab watch``: a run, sweep or cross-validation while it trains."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import Lang, RunsFolder
from nnlab.cli.completion import complete_run
from nnlab.cli.console import echo


def watch_command(
    name: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run folder, sweep or cross-validation, its short name, or last: the newest, and the next one once "
            "that has ended.",
            autocompletion=complete_run,
        ),
    ] = "last",
    once: Annotated[bool, typer.Option("--once", help="Print one picture as text and exit.")] = False,
    exit_: Annotated[bool, typer.Option("--exit", help="Exit once the run has ended.")] = False,
    interval: Annotated[
        float, typer.Option("--interval", metavar="SECONDS", min=0.1, max=3600, help="Time between two looks.")
    ] = 1.0,
    runs: RunsFolder = Path("runs"),
    language: Lang = "en",
) -> None:
    """Watch a run on the terminal: curves, gradient norms, newest metrics, speed, time left; of a sweep its trials.

    q quits; the run continues, since its files are only read. l turns logarithmic axes to linear ones, n and p choose
    the next and previous run, of a sweep the trial. Off a terminal one picture is printed.

    Example: nnlab watch last
    """
    from nnlab.cli.console import is_live, results
    from nnlab.cli.progress import can_show
    from nnlab.insight.watch.frame import Frame, closing_line, lines_of
    from nnlab.insight.watch.live_view import LiveView
    from nnlab.insight.watch.watched import Watched

    console = results()
    live = is_live(console) and not console.is_dumb_terminal and not once
    watched = Watched(name, runs, waits=live)
    frame = Frame(plain=not can_show("⣿━│└─┈╌…", console), faint=not console.no_color and console.is_terminal)
    if console.is_terminal:
        frame = replace(frame, width=console.width)
    if live:
        LiveView(watched, console, frame, interval).show(until_ended=exit_)
        if watched.followed is not None:
            echo(closing_line(watched.followed))
        return
    watched.look(whole=True)
    if watched.followed is not None:
        for line in lines_of(watched.followed, frame):
            console.print(line, no_wrap=True, overflow="crop")
