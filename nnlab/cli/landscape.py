"""``nnlab landscape``: the loss around the weights of a run."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

import typer

from nnlab.cli.arguments import Lang, MovedData, RunName, RunsFolder
from nnlab.cli.console import check_font, echo, naming_output
from nnlab.insight.landscape.limits import POINTS, RANGES, SAMPLES

FILE = "landscape_{directions}.png"


def landscape_command(
    name: RunName,
    directions: Annotated[
        Literal["random", "pca", "line"] | None,
        typer.Option(
            "--directions",
            help="random: two random directions with filter normalisation; pca: the plane of the snapshots, with the "
            "path of training; line: from the initial weights to the trained ones (default: pca where the run has "
            "snapshots, else line).",
            show_default=False,
        ),
    ] = None,
    points: Annotated[
        int | None,
        typer.Option(
            "--points",
            metavar="N",
            help=f"Points along each axis (default: random {POINTS['random']}, which are {POINTS['random'] ** 2:,} "
            f"evaluations; pca {POINTS['pca']}; line {POINTS['line']}).",
            show_default=False,
        ),
    ] = None,
    reach: Annotated[
        float | None,
        typer.Option(
            "--range",
            metavar="R",
            help=f"How far: random ±R in norms of the filters ({RANGES['random']:g}); line: R of its length beyond "
            f"both ends ({RANGES['line']:g}); pca: R of the path's extent around it ({RANGES['pca']:g}).",
            show_default=False,
        ),
    ] = None,
    split: Annotated[
        Literal["train", "validation", "test"], typer.Option("--split", help="Samples to evaluate the loss on.")
    ] = "train",
    samples: Annotated[
        int, typer.Option("--samples", metavar="N", help="Samples at most, drawn at random and kept.")
    ] = SAMPLES,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the directions and of the samples.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Picture: .png, .svg or .pdf (default: landscape_<directions>.png in the run's plots).",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the existing files of --out, --csv.")] = False,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Write every loss as CSV; - is stdout.", show_default=False),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    data: MovedData = None,
    language: Lang = "en",
    runs: RunsFolder = Path("runs"),
) -> None:
    """Plot the loss around the weights of a run: on a plane, or along the line from start to end.

    The loss is that of metrics.csv, in evaluation mode, on a fixed sample of the data.

    Example: nnlab landscape last --directions random
    """
    import json as json_format

    from nnlab.cli.downloading import fetch
    from nnlab.cli.pictures import picture_format
    from nnlab.cli.progress import step_bar
    from nnlab.cli.single_run import check_single
    from nnlab.errors import UsageError
    from nnlab.insight.landscape.drawing import as_json, draw, to_csv
    from nnlab.insight.landscape.loss_landscape import loss_landscape
    from nnlab.plots.palette import drawn_as
    from nnlab.plots.plot_style import PlotStyle
    from nnlab.records.run_names import find_run
    from nnlab.storage.disk import make_folder, write_output
    from nnlab.storage.layout import PLOTS_FOLDER
    from nnlab.storage.overwriting import check_replaceable, check_writable

    check_font()
    to_stdout = csv == Path("-")
    if json and to_stdout:
        raise UsageError("--csv - and --json both write to stdout; give --csv a file, or leave one out")
    if out is not None and csv is not None and out.absolute() == csv.absolute():
        raise UsageError("--out and --csv name the same file")
    style = PlotStyle(picture_format(out), language=language)
    for file in (out, None if to_stdout else csv):
        if file is not None:
            check_replaceable(file, overwrite=overwrite)
            check_writable(file)
    path = find_run(name, runs, "run")
    check_single(path, "landscape", "draw")
    with ExitStack() as shown:

        def begin(evaluations: int, samples: int) -> Callable[[], None]:
            echo(f"{evaluations:,} evaluations of {samples:,} {split} samples", err=True)
            return shown.enter_context(step_bar(evaluations))

        landscape = loss_landscape(
            path,
            directions,
            points=points,
            reach=reach,
            split=split,
            samples=samples,
            seed=seed,
            data=data,
            fetch=fetch,
            on_start=begin,
        )
    for note in landscape.notes:
        echo(f"nnlab: {note}", err=True)
    picture = out or path / PLOTS_FOLDER / FILE.format(directions=landscape.directions)
    with naming_output(picture), drawn_as(style):
        if out is None:
            make_folder(picture.parent, exist_ok=True)
        draw(landscape, picture)
        if csv is not None and not to_stdout:
            write_output(csv, to_csv(landscape).encode())
    if json:
        echo(json_format.dumps(as_json(landscape), allow_nan=False))
    elif to_stdout:
        echo(to_csv(landscape), nl=False)
    results_on_stderr = json or to_stdout
    for sentence in () if json else landscape.sentences:
        echo(sentence, err=to_stdout)
    echo(str(picture), err=results_on_stderr)
