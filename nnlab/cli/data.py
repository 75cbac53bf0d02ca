"""``nnlab data``: list, download and preview datasets."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.arguments import Lang, Overrides
from nnlab.cli.completion import complete_data, complete_dataset
from nnlab.cli.console import check_font, echo, naming_output
from nnlab.cli.plugins import with_plugins

if TYPE_CHECKING:
    from nnlab.config.experiment import Experiment
    from nnlab.data.dataset import Dataset
    from nnlab.data.dataset_source import DatasetSource
    from nnlab.errors import UsageError

FOLDER = Path("samples")
MOST_ROWS = 50

data_app = typer.Typer(
    help="List, download and preview datasets.\n\nExample: nnlab data show mnist",
    no_args_is_help=True,
)


@data_app.command("list")
@with_plugins
def list_data() -> None:
    """List the datasets with their location and size.

    Example: nnlab data list
    """
    from rich.table import Table
    from rich.text import Text

    from nnlab.cli.console import results
    from nnlab.data.files.download import FOLDER_VARIABLE, data_folder
    from nnlab.registry import datasets, summary

    table = Table(title=f"datasets (download folder: {data_folder()}; set {FOLDER_VARIABLE} to change it)")
    table.title_justify = "left"
    for heading in ("name", "description", "location"):
        table.add_column(heading, overflow="fold")
    table.add_column("size", justify="right")
    for name, cls in datasets.items():
        where, size = _place(cls)
        table.add_row(Text(name, "bold"), Text(summary(cls)), Text(where), size)
    results().print(table)


@data_app.command("fetch")
@with_plugins
def fetch_data(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A dataset, such as cifar10.", autocompletion=complete_dataset)
    ],
) -> None:
    """Download a dataset, for training without a network connection.

    Example: nnlab data fetch cifar10
    """
    from nnlab.cli.downloading import download_observer
    from nnlab.registry import datasets

    if name not in datasets:
        raise _unknown("no dataset", name)
    cls = datasets[name]
    if not cls.download:
        echo(f"{name} needs no download: it is {_place(cls)[0]}")
        return
    source: DatasetSource = cls()
    with download_observer() as observer:
        source.fetch(observer)
    for path in source.files():
        echo(str(path))


@data_app.command("show")
@with_plugins
def show_data(
    target: Annotated[
        str,
        typer.Argument(
            metavar="NAME|SPEC", help="A dataset, a spec file or a bundled config.", autocompletion=complete_data
        ),
    ],
    overrides: Overrides = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help=f"Folder for the pictures (default: {FOLDER}/NAME).",
            show_default=False,
        ),
    ] = None,
    language: Lang = "en",
) -> None:
    """Count the samples of each class, or summarise the targets that are numbers, and plot some samples.

    Example: nnlab data show cifar10 --out pictures
    """
    from nnlab.cli.downloading import fetch
    from nnlab.core.random import Purpose, make_streams
    from nnlab.plots.samples import plot_samples
    from nnlab.registry import registered_name

    check_font()
    experiment = _experiment(target, overrides or [])
    fetch(experiment.data)
    streams = make_streams(experiment.rng, experiment.seed)
    dataset = experiment.data.load(streams.rng(Purpose.DATASET), streams.rng(Purpose.VALIDATION))
    name = registered_name(experiment.data)
    _print_counts(name, dataset)
    folder = out or FOLDER / name
    with naming_output(folder):
        pictures = plot_samples(name, dataset, folder, experiment.data.augment, streams)
    if not pictures:
        echo("no picture: the samples are neither images nor points in the plane", err=True)
    for picture in pictures:
        echo(str(picture))


def _experiment(target: str, overrides: list[str]) -> "Experiment":
    """The experiment of a spec file, or one on the named dataset."""
    from nnlab.config.bundled import spec_path
    from nnlab.config.loading import experiment_from_tree, load_experiment
    from nnlab.config.overrides import apply_overrides
    from nnlab.config.yaml_parser import parse_yaml
    from nnlab.registry import datasets

    if target not in datasets and not spec_path(target).exists():
        raise _unknown("neither a dataset nor a spec file", target)
    if target not in datasets:
        return load_experiment(target, overrides)
    text = f"{{data: {{name: {target}}}, model: softmax, optimizer: adam, train: {{epochs: 1}}}}"
    tree = parse_yaml(text, target)
    apply_overrides(tree, overrides)
    return experiment_from_tree(tree, default_name=target, folders=(Path.cwd(),))


def _unknown(what: str, name: str) -> "UsageError":
    from nnlab.errors import UsageError
    from nnlab.registry import datasets
    from nnlab.text import near_hint, quote

    hint = near_hint(name, datasets.names())
    return UsageError(f"{what} is called {quote(name)}; {hint}there are {', '.join(datasets.names())}")


def _place(cls: "type[DatasetSource]") -> tuple[str, str]:
    """The location and the size of a dataset, as text."""
    from nnlab.core.memory import readable_bytes
    from nnlab.registry import hyperparameters

    required = [parameter.name for parameter in hyperparameters(cls) if parameter.required]
    if required:
        return f"your file: {', '.join(required)}", ""
    source = cls()
    files = source.files()
    if source.download and not all(path.is_file() for path in files):
        return "not downloaded", readable_bytes(source.download.size)
    if not files:
        return "generated", ""
    found = sum(path.stat().st_size for path in files)
    if source.download and found != source.download.size:
        return f"damaged: {files[0].parent} holds {readable_bytes(found)}", readable_bytes(source.download.size)
    return str(files[0].parent), readable_bytes(found)


def _print_counts(name: str, dataset: "Dataset") -> None:
    import numpy as np
    from rich.table import Table
    from rich.text import Text

    from nnlab.cli.console import results
    from nnlab.core.arrays import shape_text
    from nnlab.language import tr
    from nnlab.text import one_line

    parts = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    splits = {part: split for part, split in parts.items() if split is not None}
    sizes = tr(", ").join(
        tr("{count} {part} samples", count=f"{len(split):,}", part=tr(part)) for part, split in splits.items()
    )
    kind = f"{shape_text(dataset.sample_shape)} {dataset.train.inputs.dtype.name}"
    if dataset.numbers is not None:
        _print_targets(tr("{name}: {sizes} of {kind}", name=name, sizes=sizes, kind=kind), dataset)
        return
    title = tr(
        "{name}: {sizes} of {kind}, {classes} classes", name=name, sizes=sizes, kind=kind, classes=dataset.classes
    )
    table = Table(title=title, title_justify="left")
    table.add_column(tr("class"), justify="right")
    table.add_column(tr("name"), overflow="fold")
    counts = {part: np.bincount(split.targets.reshape(-1), minlength=dataset.classes) for part, split in splits.items()}
    for part in counts:
        table.add_column(tr(part), justify="right")
    for label, class_name in enumerate(dataset.class_names[:MOST_ROWS]):
        table.add_row(str(label), Text(one_line(class_name, 100)), *(f"{count[label]:,}" for count in counts.values()))
    results().print(table)
    if dataset.classes > MOST_ROWS:
        echo(tr("... and {more} classes more", more=f"{dataset.classes - MOST_ROWS:,}"))
    for note in dataset.notes:
        echo(note)


def _print_targets(title: str, dataset: "Dataset") -> None:
    """The mean, standard deviation and range of each target in the training samples, in the user's units."""
    from rich.table import Table
    from rich.text import Text

    from nnlab.cli.console import results
    from nnlab.language import tr
    from nnlab.text import one_line

    table = Table(title=title, title_justify="left")
    table.add_column(tr("target"), overflow="fold")
    for heading in (tr("mean"), tr("standard deviation"), tr("lowest"), tr("highest")):
        table.add_column(heading, justify="right")
    if dataset.numbers is not None:
        numbers = dataset.numbers
        y = numbers.undo(dataset.train.targets).reshape(-1, len(numbers))
        for name, *values in zip(
            numbers.names[:MOST_ROWS], y.mean(axis=0), y.std(axis=0), y.min(axis=0), y.max(axis=0), strict=False
        ):
            table.add_row(Text(one_line(name, 100)), *(f"{value:.6g}" for value in values))
    results().print(table)
    for note in dataset.notes:
        echo(note)
