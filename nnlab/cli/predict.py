"""``nnlab predict``: the classes of new samples by a finished run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnlab.cli.arguments import FitOption, InvertOption, Lang, RunName, RunsFolder
from nnlab.cli.console import check_font, echo, naming_output, stdin_contents
from nnlab.cli.single_run import check_single
from nnlab.language import Language

if TYPE_CHECKING:
    from nnlab.data.files.in_memory import InMemoryFile
    from nnlab.inference.number_predictions import NumberPredictions
    from nnlab.inference.prediction_table import PredictionTable
    from nnlab.inference.samples import Samples

FOLDER = Path("predictions")
MOST_STDIN = 1 << 30


def predict_command(
    name: RunName,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE",
            help="Pictures (PNG, JPEG, GIF, BMP, WebP), folders of pictures, CSV, .npz, .npy or IDX files; "
            "- reads a CSV from stdin.",
            show_default=False,
        ),
    ] = None,
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, help="Number of classes per sample.")] = 3,
    csv: Annotated[
        str | None,
        typer.Option(
            "--csv",
            metavar="FILE|-",
            help="Write the probability of every class, or the numbers, as CSV with all digits; - for stdout.",
            show_default=False,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the predictions as JSON.")] = False,
    fit: FitOption = "auto",
    invert: InvertOption = "auto",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help=f"Folder for predictions.png, which shows what the network saw (default: a new folder in {FOLDER}).",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    plots: Annotated[bool, typer.Option("--plots/--no-plots", help="Draw predictions.png of pictures.")] = True,
    check_range: Annotated[
        bool, typer.Option("--check-range/--no-check-range", help="Refuse values far outside the training range.")
    ] = True,
    characters: Annotated[
        int | None,
        typer.Option(
            "--generate", metavar="N", help="Write N characters by a network trained on text.", show_default=False
        ),
    ] = None,
    prompt: Annotated[
        str | None,
        typer.Option("--prompt", metavar="TEXT|-", help="The text to continue; - reads stdin.", show_default=False),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(
            "--temperature",
            metavar="T",
            help="Draw each character from softmax(scores / T); 0 takes the most probable one (default: 1).",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="S", help="Random seed of the characters (default: 0).", show_default=False),
    ] = None,
    language: Lang = "en",
    runs: RunsFolder = Path("runs"),
) -> None:
    """Predict the classes or numbers of new samples (pictures, tables or arrays), or generate text.

    Samples are encoded and scaled as in training. Columns of a CSV are matched by name. Pictures become grey or
    coloured, inverted and sized as the training images are; each decision is reported on stderr.

    Example: nnlab predict last digits/*.png
    """
    from nnlab.cli.class_predictions import print_classes
    from nnlab.cli.generation import print_generated
    from nnlab.cli.number_predictions import print_numbers
    from nnlab.errors import UsageError
    from nnlab.inference.number_predictions import NumberPredictions
    from nnlab.inference.prediction_table import predictions
    from nnlab.inference.samples import read_all_samples
    from nnlab.inference.trained_network import trained_network
    from nnlab.records.run_names import find_run
    from nnlab.storage.disk import write_output
    from nnlab.storage.folders import as_json
    from nnlab.storage.overwriting import check_replaceable
    from nnlab.storage.patterns import expanded

    if characters is not None:
        if files or csv is not None or out is not None:
            raise UsageError("--generate takes no files, --csv or --out")
        print_generated(find_run(name, runs, "run"), characters, prompt, temperature, seed, json=json)
        return
    if prompt is not None or temperature is not None or seed is not None:
        raise UsageError("--prompt, --temperature and --seed belong to --generate N")
    if not files:
        raise UsageError("expected files with samples, or --generate N for a network trained on text")
    if json and csv == "-":
        raise UsageError("--json and --csv - both write to stdout; give --csv a file name")
    run = find_run(name, runs, "run")
    check_single(run, "predict", "predict with")
    network = trained_network(run)
    files_to_write = [Path(csv)] if csv not in (None, "-") else []
    if out is not None and plots:
        files_to_write.append(out / "predictions.png")
    for path in files_to_write:
        check_replaceable(path, overwrite=overwrite)
    samples = read_all_samples(
        [_stdin() if file == "-" else Path(file) for file in expanded(files)],
        network.inputs,
        fit=fit,
        invert=invert,
        form=network.csv_format,
        check_range=check_range,
    )
    if plots and samples.pictures:
        check_font()
    for note in samples.notes:
        echo(f"nnlab: {note}", err=True)
    table = predictions(network, samples.inputs, samples.names)
    if not isinstance(table, NumberPredictions) and not table.softmax:
        echo("nnlab: the numbers are scores, not probabilities: the loss is not cross-entropy", err=True)
    if csv not in (None, "-"):
        with naming_output(Path(csv)):
            write_output(Path(csv), table.to_csv().encode(errors="backslashreplace"))
    if csv == "-":
        echo(table.to_csv(), nl=False)
    elif isinstance(table, NumberPredictions) and not json:
        print_numbers(table)
    elif not isinstance(table, NumberPredictions) and not json:
        print_classes(table, top)
    drawn = None
    if plots and samples.pictures and not isinstance(table, NumberPredictions):
        with naming_output(out or FOLDER):
            drawn = _draw(network.experiment.name, samples, table, out, top, language)
    if json:
        document: dict[str, Any] = {
            "run": str(run),
            **_outputs(table),
            "predictions": table.as_plain() if isinstance(table, NumberPredictions) else table.as_plain(top),
            "notes": list(samples.notes),
            "picture": None if drawn is None else str(drawn),
        }
        echo(as_json(document).decode(), nl=False)
    elif drawn is not None:
        echo(str(drawn), err=csv == "-")


def _outputs(table: "PredictionTable | NumberPredictions") -> dict[str, list[str]]:
    """The names of the classes, or of the targets, for JSON."""
    from nnlab.inference.prediction_table import PredictionTable

    if isinstance(table, PredictionTable):
        return {"classes": list(table.class_names)}
    return {"targets": list(table.target_names)}


def _stdin() -> "InMemoryFile":
    from nnlab.data.files.in_memory import InMemoryFile

    return InMemoryFile("stdin", stdin_contents(MOST_STDIN, hint="; give a file"))


def _draw(
    name: str, samples: "Samples", table: "PredictionTable", out: Path | None, top: int, language: Language
) -> Path:
    from nnlab.plots.palette import drawn_as
    from nnlab.plots.plot_style import PlotStyle
    from nnlab.plots.predictions import SHOWN_CLASSES, SeenPicture, plot_predictions
    from nnlab.storage.folders import create_folder

    paths = [Path(table.samples[picture.index]) for picture in samples.pictures]
    alike = len({path.name for path in paths}) < len(paths)
    seen = [
        SeenPicture(
            "/".join(path.parts[-2:]) if alike else path.name,
            picture.thumbnail,
            picture.image,
            table.top(picture.index, min(top, SHOWN_CLASSES)),
        )
        for path, picture in zip(paths, samples.pictures, strict=True)
    ]
    with drawn_as(PlotStyle("png", "light", language)):
        folder = out or create_folder(FOLDER)
        return plot_predictions(name, seen, samples.picture_count, folder, probability=table.softmax)
