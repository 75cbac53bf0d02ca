"""``nnlab gradcheck``: check gradients numerically."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from nnlab.cli.arguments import Lang, Overrides
from nnlab.cli.completion import complete_checked, complete_gradcheck
from nnlab.cli.console import check_font, echo, echo_agreement, naming_output
from nnlab.cli.gradcheck_file import check_file

# The scores of larger batches are not printed.
MOST_SCORES = 5

if TYPE_CHECKING:
    from nnlab.gradcheck import Method, Result


def gradcheck_command(
    spec: Annotated[
        Path | None,
        typer.Argument(
            metavar="SPEC|FILE.py",
            help="Check the model, loss and penalties of a spec or bundled config instead, or the code of a file.",
            autocompletion=complete_gradcheck,
        ),
    ] = None,
    method: Annotated[
        Literal["central", "complex"] | None,
        typer.Option("--method", help="Central differences (default) or the complex step.", show_default=False),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="NAME", help="Only this component; repeatable.", autocompletion=complete_checked
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Random seed of the point and of the coordinates of large tensors.")
    ] = 0,
    overrides: Overrides = None,
    values: Annotated[
        bool,
        typer.Option(
            "--values",
            help="Print analytic and numerical gradients of a SPEC side by side, before its first update.",
        ),
    ] = False,
    h_sweep: Annotated[
        bool,
        typer.Option("--h-sweep", help="Plot the error of numerical gradients against their step h instead."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Where the picture of --h-sweep goes (default: h_sweep.png in a new folder in gradchecks)",
            show_default=False,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the check of a FILE.py as JSON.")] = False,
    language: Lang = "en",
) -> None:
    """Check gradients numerically; exit code 1 when one is wrong.

    FILE.py holds code of your own: components, classes with forward and backward, pairs of functions such as
    affine_forward and affine_backward. A wrong gradient comes with its worst five entries and a guess at the mistake.

    --values prints the gradients of all trained parameters of a SPEC (20 coordinates of a larger tensor).

    --h-sweep plots the errors of forward and central differences and the complex step for h from 1e-16 to 1, for
    cross_entropy or the components named with --only.

    Example: nnlab gradcheck --method complex
    """
    from nnlab.errors import CheckFailed, UsageError
    from nnlab.gradcheck import TOLERANCES, check_components

    if spec is not None and spec.suffix == ".py":
        if overrides or values or h_sweep or out is not None:
            raise UsageError("a FILE.py can be combined with --only, --method, --seed and --json only")
        check_file(spec, only, method or "central", seed, json=json)
        return
    if json:
        raise UsageError("--json is for a FILE.py, which is not given")
    if spec is None and overrides:
        raise UsageError("-s changes a spec, but no SPEC is given")
    if spec is not None and only:
        raise UsageError("--only names components, so it cannot be combined with a SPEC")
    if values and (spec is None or h_sweep or out is not None):
        raise UsageError("--values needs a SPEC, and can be combined with --method, --seed and -s only")
    if values and spec is not None:
        print_values(spec, overrides or [], method or "central", seed)
        return
    if h_sweep:
        check_font()
        if spec is not None:
            raise UsageError("--h-sweep is for components, named with --only, so it cannot be combined with a SPEC")
        if method is not None:
            raise UsageError("--h-sweep plots every method, so it cannot be combined with --method")
        draw_sweeps(only or ["cross_entropy"], seed, out)
        return
    if out is not None:
        raise UsageError("--out is the file of --h-sweep, which is not given")
    method = method or "central"
    results = check_components(method, only, seed) if spec is None else check_spec(spec, overrides or [], method, seed)
    tolerance = TOLERANCES[method]
    _render(results, f"{method}, float64, tolerance {tolerance:g}")
    failed = [result for result in results if not result.passed]
    if failed:
        names = ", ".join(f"{result.component}.{result.tensor}" for result in failed)
        raise CheckFailed(f"{len(failed)} of {len(results)} gradients are wrong: {names}")
    echo_agreement(len(results), method, seed)


def draw_sweeps(names: list[str], seed: int, out: Path | None) -> None:
    """Plot the error of numerical gradients against their step, and print the best step of each method."""
    from nnlab.errors import UsageError
    from nnlab.gradcheck import component_subjects, sweep
    from nnlab.plots.step_sizes import MOST_PANELS, plot_sweeps
    from nnlab.storage.folders import create_folder
    from nnlab.text import quote

    if out is not None and out.suffix.lower() != ".png":
        raise UsageError(f"--out: a picture is a .png file, got {quote(out.name)}")
    first = dict(reversed(component_subjects(names)))  # of several examples the first
    if len(first) > MOST_PANELS:
        raise UsageError(f"--h-sweep: {len(first)} components, but a picture has room for {MOST_PANELS}")
    sweeps = [sweep(name, first[name], seed) for name in dict.fromkeys(names)]
    path = out or create_folder(Path("gradchecks"), "h-sweep") / "h_sweep.png"
    with naming_output(path):
        plot_sweeps(sweeps, path)
    for found in sweeps:
        best = (f"{method} {found.best(method)[1]:.1e} at h = {found.best(method)[0]:.0e}" for method in found.errors)
        echo(f"{found.component}: smallest error: {', '.join(best)}")
    echo(str(path))


def print_values(spec: Path, overrides: list[str], method: "Method", seed: int) -> None:
    """Print analytic and numerical gradients of a spec's network before its first update."""
    from dataclasses import replace

    from rich.table import Table
    from rich.text import Text

    from nnlab.cli.console import results
    from nnlab.cli.downloading import fetch
    from nnlab.config.loading import load_experiment
    from nnlab.core.random import AddressedStreams
    from nnlab.engine.run_setup import RunSetup
    from nnlab.gradcheck import POINTS, gradient_entries, trained_subject

    experiment = load_experiment(spec, overrides)
    experiment = replace(experiment, dtype="float64", compute=replace(experiment.compute, shards=1))
    fetch(experiment.data)
    setup = RunSetup(experiment).allocate()
    x, labels = setup.batches.batch(1)
    # As in the first update; with legacy streams dropout would draw another mask in every forward pass.
    streams = AddressedStreams(experiment.seed)
    streams.step = 1
    network, loss = setup.network.replica(streams), experiment.loss.for_classes(setup.dataset.class_counts)
    scores = network.forward(x, training=True)
    if len(x) <= MOST_SCORES:
        for number, row in enumerate(scores, start=1):
            echo(f"scores of sample {number}: {' '.join(f'{score:.8g}' for score in row)}")
    echo(f"loss {loss.forward(scores, labels):.8g} on the {len(x)} sample{'s' * (len(x) != 1)} of the first batch")
    table = Table(title=f"gradients of {experiment.name} ({method}, float64)", title_justify="left")
    table.add_column("tensor", overflow="fold")
    for heading in ("index", "analytic", "numerical", "difference"):
        table.add_column(heading, justify="right")
    above = ""
    subject = trained_subject(experiment.name, network, loss, experiment.penalty, x, labels)
    for entry in gradient_entries(subject, method, POINTS, seed):
        name, above = (entry.tensor if entry.tensor != above else ""), entry.tensor
        numerical, difference = "at a kink", ""
        if entry.numerical is not None:
            numerical, difference = f"{entry.numerical:.8g}", f"{abs(entry.analytic - entry.numerical):.1e}"
        index = f"[{', '.join(map(str, entry.index))}]"
        table.add_row(Text(name), Text(index), f"{entry.analytic:.8g}", numerical, difference)
    results().print(table)


def check_spec(spec: Path, overrides: list[str], method: "Method", seed: int) -> "list[Result]":
    """Check the network of a spec with its loss and penalties, large tensors at random coordinates."""
    from nnlab.cli.downloading import fetch
    from nnlab.config.loading import load_experiment
    from nnlab.core.random import AddressedStreams
    from nnlab.engine.run_setup import RunSetup
    from nnlab.gradcheck import POINTS, check, model_subject
    from nnlab.models.network import Network

    experiment = load_experiment(spec, overrides)
    fetch(experiment.data)
    dataset = RunSetup(experiment).dataset
    loss = experiment.loss.for_classes(dataset.class_counts)
    stack = experiment.model.stack(dataset.sample_shape, dataset.out_shape)
    # Addressed streams whatever the spec's rng: dropout must draw the same mask in every forward pass.
    network = Network(stack, dataset.sample_shape, dataset.out_shape, AddressedStreams(seed), dataset.task)
    make = partial(model_subject, experiment.name, network, loss, experiment.penalty, task=dataset.task)
    return check(make, method, seed, sampled=POINTS)


def _render(results: "list[Result]", title: str) -> None:
    from rich.table import Table
    from rich.text import Text

    from nnlab.cli.console import results as console

    table = Table(title=f"relative L2 error of each gradient ({title})", title_justify="left")
    for heading in ("component", "tensor"):
        table.add_column(heading, overflow="fold")
    for heading in ("coordinates", "norm", "error"):
        table.add_column(heading, justify="right")
    table.add_column("")
    above = ""
    for result in results:
        component = result.component if result.component != above else ""
        above = result.component
        coordinates = f"{result.checked} of {result.size:,}" if result.checked < result.size else str(result.size)
        table.add_row(
            Text(component),
            Text(result.tensor),
            coordinates,
            f"{result.norm:.3g}",
            f"{result.error:.1e}",
            Text("pass", "green") if result.passed else Text("FAIL", "bold red"),
        )
    console().print(table)
