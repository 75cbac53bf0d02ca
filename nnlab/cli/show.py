"""``nnlab show``: the resolved spec, the network, and the final metrics of a run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.arguments import Lang, Overrides, RunsFolder
from nnlab.cli.completion import complete_spec_or_run
from nnlab.cli.console import echo
from nnlab.language import tr

if TYPE_CHECKING:
    from nnlab.config.experiment import Experiment
    from nnlab.data.dataset import Dataset
    from nnlab.models.network import Network


def show_command(
    name: Annotated[
        str,
        typer.Argument(
            metavar="SPEC|RUN",
            help="A spec file (- is standard input) or bundled config; or a run folder or sweep, its short name, or "
            "last: the newest.",
            autocompletion=complete_spec_or_run,
        ),
    ],
    overrides: Overrides = None,
    runs: RunsFolder = Path("runs"),
    language: Lang = "en",
) -> None:
    """Show the resolved spec and the layers with output shapes and parameters; of a run also its final metrics.

    Of a sweep: its status, its best points, and what the statistics say of them.

    Example: nnlab show configs/adam.yaml
    """
    from nnlab.cli.show_sweep import show_sweep
    from nnlab.config.descent import load_descent
    from nnlab.config.inheritance import read_spec
    from nnlab.config.loading import load_experiment
    from nnlab.config.spec_kinds import describes_descent
    from nnlab.errors import DataError, MissingPlugin, RunError, UsageError
    from nnlab.records.cleaning import clear_leftovers
    from nnlab.records.descent_reader import read_descent, read_log
    from nnlab.records.formats import is_descent_folder, is_sweep_folder
    from nnlab.records.reader import read_run
    from nnlab.records.result_line import result_line
    from nnlab.records.run_names import find_run_or_spec
    from nnlab.storage.layout import SPEC_FILE

    target = find_run_or_spec(name, runs, "run", "descent", "sweep")
    if not target.is_dir():
        tree = read_spec(target)
        if describes_descent(tree.value):
            echo(load_descent(target, overrides or [], tree=tree).to_yaml())
        else:
            show_experiment(load_experiment(target, overrides or [], tree=tree))
        return
    if is_sweep_folder(target):
        if overrides:
            raise UsageError("-s changes a spec, but a sweep has one for each trial; name one of them")
        clear_leftovers(target)
        show_sweep(target)
        print_annotations(target)
        return
    if not (target / SPEC_FILE).is_file():
        raise RunError(f"{target}: is not a run folder, it has no {SPEC_FILE}")
    clear_leftovers(target)
    if is_descent_folder(target):
        descent, log = read_descent(target), read_log(target)
        echo((load_descent(target / SPEC_FILE, overrides) if overrides else descent).to_yaml())
        echo(log, nl=False)
        print_annotations(target)
        return
    record = read_run(target)
    try:
        show_experiment(load_experiment(target / SPEC_FILE, overrides or []))
    except (DataError, MissingPlugin) as error:  # the results of a run are shown wherever its folder was moved
        echo(str(error), err=True)
    steps = int(record.final["step"] or 0) if record.final else 0
    summary = {**record.summary, "final": record.final, "best": record.best}
    summary["steps"] = max(steps, summary["steps"])  # a running run has no steps in its summary yet
    echo(tr("{name}: {parts}", name=tr(record.status), parts=result_line(record.name, summary)))
    print_annotations(target)


def print_annotations(run: Path) -> None:
    """Print the tags and the note of a run, if any."""
    from nnlab.records.annotations import read_annotations

    annotations = read_annotations(run)
    if annotations.tags:
        echo(tr("{name}: {parts}", name=tr("tags"), parts=", ".join(annotations.tags)))
    if annotations.note:
        echo(tr("{name}: {parts}", name=tr("note"), parts=annotations.note))


def show_experiment(experiment: "Experiment", *, with_data: bool = False) -> None:
    """Print the resolved spec, a table of the network's layers, and the samples.

    Where the data is missing but its shapes are known, nothing is downloaded and no sample is counted, unless
    ``with_data``. Raises DataError, after the spec, where the shapes depend on data that cannot be read.
    """
    from nnlab.cli.downloading import fetch
    from nnlab.core.random import make_streams
    from nnlab.engine.run_setup import RunSetup
    from nnlab.errors import DataError
    from nnlab.models.network import Network
    from nnlab.registry import registered_name

    source, known = experiment.data, experiment.data.published_shape
    if known and not with_data and not all(file.exists() for file in source.files()):
        shape, classes = known
        streams = make_streams(experiment.rng, experiment.seed)
        network = Network(experiment.model.stack(shape, (classes,)), shape, (classes,), streams)
        echo(experiment.to_yaml())
        _print_layers(experiment, network, f"{classes} classes")
        name = registered_name(source)
        echo(f"the samples of {name} are not on this disk; nnlab data fetch {name} downloads them", err=True)
        return
    try:
        fetch(source)
        setup = RunSetup(experiment)
    except DataError as error:
        echo(experiment.to_yaml())
        raise DataError(f"the shapes of the layers depend on the data, which cannot be read: {error}") from None
    echo(experiment.to_yaml())
    dataset = setup.dataset
    test = f"{len(dataset.test):,} test samples" if dataset.test else "no test samples"
    held_out = f"{len(dataset.validation):,} validation samples, " if dataset.validation else ""
    samples = f"{len(dataset.train):,} training samples, {held_out}{test}, {_outputs(dataset)}"
    _print_layers(experiment, setup.network, samples)
    for note in dataset.notes:
        echo(note)


def _outputs(dataset: "Dataset") -> str:
    """``10 classes``, or the names of the target columns."""
    from nnlab.text import quote

    if dataset.numbers is None:
        return f"{dataset.classes} classes"
    return f"target{'s' * (len(dataset.numbers) != 1)} {', '.join(map(quote, dataset.numbers.names))}"


def _print_layers(experiment: "Experiment", network: "Network", samples: str) -> None:
    from rich.table import Table
    from rich.text import Text

    from nnlab.cli.console import results
    from nnlab.core.memory import readable_bytes
    from nnlab.layers.planning import multiply_adds
    from nnlab.models.layer_table import HEADINGS, NUMBERS, layer_rows

    table = Table(title=f"{experiment.name}: the network", title_justify="left")
    for index, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="right" if index in NUMBERS else "left")
    for row in layer_rows(network):
        table.add_row(*map(Text, row))
    results().print(table)
    size = readable_bytes(network.required_bytes(experiment.dtype, 0, len(experiment.optimizer.slots)))
    frozen = sum(parameter.size for parameter in network.parameters if parameter.frozen)
    echo(
        f"{network.parameter_count:,} parameters ({f'{frozen:,} frozen; ' if frozen else ''}"
        f"{size} with gradients and optimizer state), "
        f"{sum(multiply_adds(layer) for layer in network.layers):,} multiply-adds a sample; {samples}"
    )
