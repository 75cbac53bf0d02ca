"""``nnlab lr``: the learning-rate range test of a spec, and a suggestion that is tried."""

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import SPEC_HELP, Lang, Overrides
from nnlab.cli.completion import complete_spec
from nnlab.cli.console import check_font, echo, naming_output
from nnlab.insight.range_test.limits import FIRST_LR, LAST_LR, SEEDS, STEPS, check_range

FOLDER = Path("learning-rates")
FILE = "learning_rate.png"


def lr_command(
    spec: Annotated[
        Path, typer.Argument(metavar="SPEC", help=SPEC_HELP, show_default=False, autocompletion=complete_spec)
    ],
    overrides: Overrides = None,
    first: Annotated[float, typer.Option("--from", metavar="LR", help="First learning rate.")] = FIRST_LR,
    last: Annotated[float, typer.Option("--to", metavar="LR", help="Last learning rate.")] = LAST_LR,
    steps: Annotated[
        int, typer.Option("--steps", metavar="N", help="Updates of the range test, and of each short training.")
    ] = STEPS,
    seeds: Annotated[int, typer.Option("--seeds", metavar="N", help="Random seeds, from the spec's own on.")] = SEEDS,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help=f"Picture: .png, .svg or .pdf (default: {FILE} in a new folder in {FOLDER}).",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing picture.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    language: Lang = "en",
) -> None:
    """Suggest a learning rate: raise it step by step until the loss rises, then try the candidates.

    Says how sure the suggestion is, and what short trainings with it and with others led to. The spec and all runs
    stay as they are.

    Example: nnlab lr configs/adam.yaml
    """
    import json as json_format

    from nnlab.cli.arguments import note_passed_over
    from nnlab.cli.downloading import fetch
    from nnlab.cli.pictures import picture_format
    from nnlab.cli.progress import step_bar
    from nnlab.config.loading import load_experiment
    from nnlab.errors import UsageError, naming
    from nnlab.insight.range_test.drawing import draw
    from nnlab.insight.range_test.learning_rate_test import most_steps, run_range_test
    from nnlab.insight.range_test.wording import base_command
    from nnlab.plots.palette import drawn_as
    from nnlab.plots.plot_style import PlotStyle
    from nnlab.storage.folders import create_folder
    from nnlab.storage.overwriting import check_replaceable, check_writable

    check_font()
    check_range(first, last, steps, seeds)
    style = PlotStyle(picture_format(out), language=language)
    if out is not None:
        check_replaceable(out, overwrite=overwrite)
        check_writable(out)
    note_passed_over(spec)
    experiment = load_experiment(spec, overrides or [])
    fetch(experiment.data)
    command = base_command(spec, overrides or [], experiment)
    with step_bar(most_steps(first, last, steps, seeds)) as count, naming(spec, UsageError):
        test = run_range_test(experiment, command, first=first, last=last, steps=steps, seeds=seeds, on_step=count)
    with naming_output(out or FOLDER), drawn_as(style):
        picture = out or create_folder(FOLDER, test.experiment.name) / FILE
        draw(test, picture)
    if json:
        echo(json_format.dumps(test.as_json(), allow_nan=False))
    else:
        for sentence in test.sentences:
            echo(sentence)
        if test.command:
            echo(test.command)
    echo(str(picture), err=json)
