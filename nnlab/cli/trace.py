"""``nnlab trace``: one training step laid open."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.arguments import Lang, MovedData, Overrides, RunsFolder
from nnlab.cli.completion import complete_spec_or_run
from nnlab.cli.console import echo, naming_output

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnlab.insight.trace.sections import Trace
    from nnlab.insight.trace.tracing import Request

MOST_NUMBERS = 50
LONG = 1000
"""Steps before the traced one from which on their progress is reported."""


def trace_command(
    name: Annotated[
        str,
        typer.Argument(
            metavar="SPEC|RUN",
            help="A spec file (- is standard input) or bundled config; or a run folder, its short name, or last: the "
            "newest.",
            show_default=False,
            autocompletion=complete_spec_or_run,
        ),
    ],
    step: Annotated[int, typer.Option("--step", metavar="N", help="The update to trace, counted from 1.")] = 1,
    sample: Annotated[
        int | None,
        typer.Option("--sample", metavar="I", help="Only this row of the batch, counted from 0.", show_default=False),
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option(
            "--layer", metavar="NAME", help="Only this layer, such as linear1 or residual1.linear1.", show_default=False
        ),
    ] = None,
    numbers: Annotated[
        int,
        typer.Option(
            "--numbers",
            metavar="N",
            min=0,
            max=10**6,
            help="Tensors of at most N numbers are shown whole; 0: no numbers.",
        ),
    ] = MOST_NUMBERS,
    digits: Annotated[int, typer.Option("--digits", metavar="N", min=1, max=17, help="Significant digits.")] = 6,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write one HTML page that loads nothing.", show_default=False),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the trace as JSON, with every digit.")] = False,
    overrides: Overrides = None,
    data: MovedData = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    runs: RunsFolder = Path("runs"),
    language: Lang = "en",
) -> None:
    """Trace one training step: every tensor forward, backward and in the update, with its formula and textbook code.

    The steps before are trained exactly as nnlab train does; of a run from its newest checkpoint before the step. Small
    tensors are printed whole, of larger ones a corner. What each layer computes is compared with nnlab's textbook.

    Example: nnlab trace spiral_relu --html spiral.html
    """
    from nnlab.insight.trace.tracing import Request

    if html is not None:
        check_page(html, overwrite=overwrite, json=json)
    found = traced(name, Request(step=step, sample=sample, layer=layer), overrides or [], data, runs)
    if html is not None:
        write_page(found, html, numbers, digits)
    elif json:
        from json import dumps

        from nnlab.insight.trace.as_json import as_json

        echo(dumps(as_json(found, numbers), ensure_ascii=False, indent=1))
    else:
        from nnlab.cli.console import results
        from nnlab.cli.trace_text import trace_lines

        for line in trace_lines(found, numbers, digits):
            results().print(line)
    if found.failure:
        from nnlab.errors import Diverged

        raise Diverged(f"step {step}: {found.failure}")


def traced(name: str, request: "Request", overrides: list[str], data: Path | None, runs: Path) -> "Trace":
    """The trace of a spec or run."""
    from nnlab.cli.downloading import fetch
    from nnlab.config.loading import load_experiment
    from nnlab.errors import UsageError
    from nnlab.insight.trace.tracing import trace_experiment, trace_run
    from nnlab.records.run_names import find_run_or_spec

    target = find_run_or_spec(name, runs, "run")
    if target.is_dir():
        with progress(request.step) as report:
            return trace_run(target, request, overrides, data=data, fetch=fetch, report=report)
    if data is not None:
        raise UsageError("--data belongs to a RUN; a spec has data.path: -s data.path=PATH")
    experiment = load_experiment(target, overrides)
    fetch(experiment.data)
    with progress(request.step) as report:
        return trace_experiment(experiment, request, source=target.name, report=report)


@contextmanager
def progress(step: int) -> "Iterator[Callable[[int], None]]":
    """Report the steps before the traced one on stderr: on a terminal, where there are many."""
    from nnlab.cli.console import is_live, messages

    console = messages()
    if step < LONG or not is_live(console):
        yield lambda done: None
        return
    from rich.progress import Progress

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(f"training to step {step}", total=step)
        yield lambda done: bar.update(task, completed=done)


def check_page(path: Path, *, overwrite: bool, json: bool) -> None:
    """Raise for a page that cannot be written, before anything is computed."""
    from nnlab.errors import UsageError
    from nnlab.storage.overwriting import check_replaceable, check_writable
    from nnlab.text import one_line

    if json:
        raise UsageError("--json and --html are two formats; choose one")
    if path.is_dir():
        raise UsageError(f"--html: {one_line(str(path), 1000)} is a folder; name a file, such as {path / 'trace.html'}")
    if path.suffix.lower() not in {".html", ".htm"}:
        raise UsageError(f"--html: the name of a page ends in .html, got {one_line(path.name, 200)}")
    check_replaceable(path, overwrite=overwrite)
    check_writable(path)


def write_page(found: "Trace", path: Path, numbers: int, digits: int) -> None:
    """Write the page and print its path."""
    from nnlab.core.memory import readable_bytes
    from nnlab.insight.trace.html import html_of
    from nnlab.storage.disk import write_output

    contents = html_of(found, numbers, digits).encode()
    with naming_output(path):
        write_output(path, contents)
    echo(readable_bytes(len(contents)), err=True)
    echo(str(path))
