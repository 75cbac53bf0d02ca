"""``nnlab evaluate``: the metrics of a finished run on any part of its data, or on other data."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from nnlab.cli.arguments import FitOption, InvertOption, Lang, RunName, RunsFolder
from nnlab.cli.console import check_font, echo, naming_output
from nnlab.cli.single_run import check_single
from nnlab.language import Language

if TYPE_CHECKING:
    from nnlab.core.task import Task
    from nnlab.inference.evaluation import Evaluation
    from nnlab.inference.number_evaluation import NumberEvaluation


def evaluate_command(
    name: RunName,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DATA",
            help="Other data: a spec or bundled config (its data section), CSV, .npz, .npy or IDX file, folder of IDX "
            "files or CIFAR-10, folder of pictures with one folder per class; or the run's own data, where it was "
            "moved.",
            show_default=False,
        ),
    ] = None,
    part: Annotated[
        Literal["test", "validation", "train"] | None,
        typer.Option("--part", help="Samples to evaluate (default: the first that the data has).", show_default=False),
    ] = None,
    per_class: Annotated[
        bool, typer.Option("--per-class", help="Show precision, recall and F1 of each class.")
    ] = False,
    label: Annotated[
        str | None,
        typer.Option(
            "--label", metavar="NAME", help="Column, array or file with the labels in --data.", show_default=False
        ),
    ] = None,
    fit: FitOption = "auto",
    invert: InvertOption = "auto",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Draw confusion.png (or predictions.png) into DIR.",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing picture.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    language: Lang = "en",
    runs: RunsFolder = Path("runs"),
) -> None:
    """Evaluate a run: every metric with its standard error, the confusion matrix, measures of each class or target.

    Example: nnlab evaluate last --part validation --per-class
    """
    from nnlab.cli.downloading import fetch
    from nnlab.cli.evaluation_tables import print_evaluation
    from nnlab.core.task import NUMBERS
    from nnlab.errors import UsageError
    from nnlab.inference.evaluation import evaluate_trained
    from nnlab.inference.other_data import Reading, samples_to_evaluate
    from nnlab.records.reader import read_run
    from nnlab.records.run_names import find_run

    path = find_run(name, runs, "run")
    check_single(path, "evaluate", "evaluate")
    if out is not None:
        check_font()
    record = read_run(path)
    network, samples = samples_to_evaluate(record.path, data, part, fetch, Reading(label, fit, invert))
    if per_class and network.inputs.task == NUMBERS:
        raise UsageError("--per-class: the targets of this run are numbers, not classes")
    picture = None if out is None else _free(out, network.inputs.task, overwrite=overwrite)
    for note in samples.notes:
        echo(f"nnlab: {note}", err=True)
    found = evaluate_trained(
        network, samples.inputs, samples.labels, samples.part, training_samples=samples.training_samples
    )
    if picture is not None:
        _draw(record.name, found, samples.origin, picture, language)
    print_evaluation(record, found, samples.origin, per_class=per_class, json=json)
    if picture is not None:
        echo(str(picture), err=json)


def _free(folder: Path, task: "Task", *, overwrite: bool) -> Path:
    """The path of the picture in a folder; raises UsageError where it exists and is not to be replaced."""
    from nnlab.core.task import NUMBERS
    from nnlab.storage.overwriting import check_replaceable

    picture = folder / ("predictions.png" if task == NUMBERS else "confusion.png")
    check_replaceable(picture, overwrite=overwrite)
    return picture


def _draw(name: str, found: "Evaluation | NumberEvaluation", origin: str, picture: Path, language: Language) -> None:
    from nnlab.inference.evaluation import Evaluation
    from nnlab.plots.confusion import plot_confusion
    from nnlab.plots.number_predictions import plot_number_predictions
    from nnlab.plots.palette import drawn_as
    from nnlab.plots.plot_style import PlotStyle

    of = origin if found.part == "samples" or not origin else f"{origin}, {found.part}"
    with naming_output(picture.parent), drawn_as(PlotStyle(language=language)):
        if isinstance(found, Evaluation):
            plot_confusion(name, found.part, found.labels, found.predicted, found.class_names, picture.parent, of)
        else:
            numbers = found.targets, found.predicted, found.target_names
            plot_number_predictions(name, found.part, *numbers, picture.parent)
