"""``nnlab export``: a run in the format of another tool, or as a zip file."""

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import RunName, RunsFolder
from nnlab.cli.console import echo, naming_output
from nnlab.export.targets import TargetName


def export_command(
    name: RunName,
    target: Annotated[
        TargetName,
        typer.Option("--to", help="Format: see above.", show_default=False),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="PATH",
            help="File to write (default: the name of the run folder, in the working folder); of tensorboard a folder "
            "(default: RUN/tensorboard).",
            show_default=False,
        ),
    ] = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="onnx: add an output with the probability of each class.")
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="PATH", help="csv: new location of the run's data.", show_default=False),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    runs: RunsFolder = Path("runs"),
) -> None:
    """Export a run: as a zip file to share, or its network for ONNX or PyTorch, or its records for TensorBoard.

    --to zip also takes a cross-validation or a descent. The copy can be read, plotted, used for prediction and
    repeated, but not resumed: checkpoints and data are not included. Paths outside the project are shortened to their
    last names in the spec, summary, environment and log.

    --to onnx writes a network that takes raw samples and gives scores, once it is verified against nnlab.

    --to safetensors writes the weights with the names of PyTorch, and a Python script that loads them.

    --to tensorboard writes event files into RUN/tensorboard; of a sweep or a cross-validation for each of its runs.

    --to csv writes the predictions for the samples of the run's test set, as nnlab predict --csv does for new ones.

    Example: nnlab export last --to zip
    """
    from nnlab.export.request import ExportRequest
    from nnlab.export.targets import TARGETS, check_options, export
    from nnlab.records.run_names import find_run

    check_options(target, {"probabilities": probabilities, "data": data is not None})
    run = find_run(name, runs, *TARGETS[target].kinds)
    request = ExportRequest(
        run=run,
        out=out,
        overwrite=overwrite,
        probabilities=probabilities,
        data=data,
        say=lambda line: echo(f"nnlab: {line}", err=True),
    )
    with naming_output(out or Path.cwd()):
        for path in export(target, request):
            echo(str(path))
