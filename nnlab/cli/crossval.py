"""``nnlab crossval``: K-fold cross-validation."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnlab.cli.arguments import NO_PLOTS, SPEC_HELP, Lang, NoPlots, Overrides, note_passed_over
from nnlab.cli.completion import complete_run, complete_spec
from nnlab.cli.console import check_font, echo

if TYPE_CHECKING:
    from nnlab.train.crossval import CrossvalResult
    from nnlab.train.reporting import Reporter


def crossval_command(
    spec: Annotated[
        Path | None,
        typer.Argument(metavar="SPEC", help=SPEC_HELP, show_default=False, autocompletion=complete_spec),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option("--folds", metavar="K", min=2, help="Number of folds, each held out once.", show_default=False),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Short for -s seed=N.", metavar="N", show_default=False)
    ] = None,
    overrides: Overrides = None,
    runs: Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where the folder with the runs goes.")] = Path(
        "runs"
    ),
    resume: Annotated[
        str | None,
        typer.Option(
            "--resume",
            metavar="FOLDER",
            help="Resume an interrupted cross-validation; last: the newest in --runs.",
            show_default=False,
            autocompletion=complete_run,
        ),
    ] = None,
    allow_drift: Annotated[
        bool, typer.Option("--allow-drift", help="With --resume: continue even if data or versions changed.")
    ] = False,
    no_plots: NoPlots = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress; results and errors only.")] = False,
    language: Lang = "en",
) -> None:
    """Stratified K-fold cross-validation of a spec.

    Trains K times, each time with another fold of the training samples as validation samples (in place of
    data.validation); a test set stays the test set. Prints each fold and mean ± standard deviation.

    Example: nnlab crossval configs/overfit.yaml --folds 5
    """
    from nnlab.cli.progress import ConsoleReporter
    from nnlab.errors import Diverged, UsageError
    from nnlab.records.run_names import find_run
    from nnlab.train.crossval import resume_cross_validation
    from nnlab.train.reporting import Silent

    reporter = Silent() if quiet else ConsoleReporter()
    if resume is not None:
        if spec or folds or seed is not None or overrides or no_plots:
            raise UsageError(
                "--resume continues a cross-validation with its own spec; it takes no SPEC, --folds, -s or --no-plots"
            )
        check_font()
        result = resume_cross_validation(find_run(resume, runs, "crossval"), reporter, allow_drift=allow_drift)
    elif spec is None or folds is None or allow_drift:
        raise UsageError("give a SPEC and --folds K, such as configs/overfit.yaml --folds 5, or --resume FOLDER")
    else:
        seeds = [] if seed is None else [f"seed={seed}"]
        changes = [*(overrides or []), *seeds, *[NO_PLOTS] * no_plots]
        result = cross_validate_spec(spec, folds, changes, runs, reporter, quiet=quiet)
    _render(result.name, result.summary)
    echo(str(result.path))
    if result.summary["status"] == "diverged":
        raise Diverged(result.summary["message"])


def cross_validate_spec(
    spec: Path, folds: int, overrides: list[str], runs: Path, reporter: "Reporter", *, quiet: bool
) -> "CrossvalResult":
    """Cross-validate a spec; missing data is downloaded first."""
    from nnlab.cli.downloading import fetch
    from nnlab.config.loading import load_experiment
    from nnlab.errors import UsageError
    from nnlab.text import one_line
    from nnlab.train.crossval import cross_validate

    for override in overrides:
        if override.partition("=")[0].strip() in {"data.validation", "data.fold", "data.folds"}:
            raise UsageError(f"-s {one_line(override, 100)}: --folds chooses the validation samples; leave this out")
    held_out = ["data.validation=0", "data.fold=1", f"data.folds={folds}"]
    experiment = load_experiment(spec, [*overrides, *held_out])
    note_passed_over(spec)
    if experiment.train.pictures:
        check_font()
    fetch(experiment.data, quiet=quiet)
    return cross_validate(experiment, folds, runs, reporter)


def _render(name: str, summary: Mapping[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    from nnlab.cli.console import results
    from nnlab.comparisons.fold_table import fold_headings, fold_rows, fold_title, mean_rows

    table = Table(title=Text(fold_title(name, summary)), title_justify="left")
    first, *numbers, last = fold_headings(summary)
    table.add_column(first, no_wrap=True)
    for text in numbers:
        table.add_column(text, justify="right", overflow="fold")
    table.add_column(last)
    for row in fold_rows(summary):
        table.add_row(*row)
    table.add_section()
    for row in mean_rows(summary):
        table.add_row(*row)
    results().print(table)
