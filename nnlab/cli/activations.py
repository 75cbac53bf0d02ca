"""``nnlab activations``: activation histograms of untrained networks."""

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import Lang, Overrides
from nnlab.cli.completion import complete_spec
from nnlab.cli.console import check_font, echo, naming_output

FOLDER = Path("activations")


def activations_command(
    specs: Annotated[
        list[Path],
        typer.Argument(
            metavar="SPEC",
            help="Spec files (YAML) or names of bundled configs; each is a row.",
            show_default=False,
            autocompletion=complete_spec,
        ),
    ],
    overrides: Overrides = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help=f"Where activations.png goes (default: a new folder in {FOLDER})",
            show_default=False,
        ),
    ] = None,
    language: Lang = "en",
) -> None:
    """Plot activation histograms of untrained networks, on one batch of each spec's data.

    Example: nnlab activations configs/activations/*.yaml
    """
    from nnlab.cli.downloading import fetch
    from nnlab.config.loading import load_experiment
    from nnlab.engine.activation_statistics import activation_statistics
    from nnlab.errors import UsageError, naming
    from nnlab.plots.activations import check_rows, plot_untrained_activations
    from nnlab.storage.folders import create_folder

    check_font()
    check_rows(len(specs))
    experiments = [load_experiment(spec, overrides or []) for spec in specs]
    rows = []
    for spec, experiment in zip(specs, experiments, strict=True):
        fetch(experiment.data)
        with naming(spec, UsageError):
            rows.append((experiment.name, activation_statistics(experiment)))
    with naming_output(out or FOLDER):
        path = plot_untrained_activations(rows, out or create_folder(FOLDER))
    echo(str(path))
