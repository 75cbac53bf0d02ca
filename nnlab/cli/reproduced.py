"""What ``nnlab reproduce`` does: list, train, judge, print, and write the page."""

import json
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from nnlab.cli.columns import Column, laid_out
from nnlab.cli.console import check_font, echo, naming_output, results
from nnlab.cli.downloading import fetch
from nnlab.cli.progress import ConsoleReporter
from nnlab.cli.sweep_progress import SweepConsole
from nnlab.core.threads import available_cores
from nnlab.data.dataset_source import DatasetSource
from nnlab.insight.reproduce.catalogue import EXPERIMENTS
from nnlab.insight.reproduce.claims import Experiment
from nnlab.insight.reproduce.trainings import Trainer
from nnlab.insight.reproduce.verdicts import Result, Row, reproduce
from nnlab.language import Language, in_language
from nnlab.plots.plot_style import Style
from nnlab.report.files import check_free, report_path, write_report
from nnlab.report.reproductions import reproduction_report
from nnlab.sweeps.pool import LocalWorkers
from nnlab.sweeps.progress import SilentSweep, duration
from nnlab.sweeps.trial import Workers
from nnlab.train.reporting import Silent


def list_experiments(*, as_json: bool) -> None:
    """Print the published experiments: name, title, source, about how long it takes."""
    experiments = list(EXPERIMENTS.values())
    if as_json:
        echo(json.dumps([entry_of(one) for one in experiments], indent=2, ensure_ascii=False))
        return
    columns = [
        Column("ID", [one.name for one in experiments]),
        Column(in_language("experiment", "実験"), [str(one.title) for one in experiments]),
        Column(in_language("source", "出典"), [str(one.source) for one in experiments]),
        Column(in_language("values", "値"), [str(len(one.claims)) for one in experiments], numbers=True),
        Column(in_language("time", "時間"), [duration(one.seconds) for one in experiments], numbers=True),
    ]
    console = results()
    console.print(laid_out(columns, console.width), soft_wrap=False)


def entry_of(experiment: Experiment) -> dict[str, object]:
    """An experiment as plain values."""
    return {
        "id": experiment.name,
        "title": str(experiment.title),
        "source": str(experiment.source),
        "quantities": [str(claim.quantity) for claim in experiment.claims],
        "configs": [training.config for training in experiment.trainings],
        "seconds": experiment.seconds,
    }


def reproduce_experiments(
    experiments: Sequence[Experiment],
    runs: Path,
    page: Path | None,
    *,
    overwrite: bool,
    parallel: int | None,
    quiet: bool,
    as_json: bool,
    language: Language,
) -> list[Row]:
    """Train and judge experiments, print their rows and write the page."""
    path, kind = report_path(page, None, by_name_only=True)
    if page is not None:
        check_free(path, kind, overwrite=overwrite)
        check_font()

    def workers(trials: int) -> Workers:
        return LocalWorkers(min(parallel or available_cores(), trials))

    def fetched(source: DatasetSource) -> None:
        fetch(source, quiet=quiet)

    def say(line: str) -> None:
        if not quiet:
            echo(line, err=True)

    trainer = Trainer(
        runs=runs,
        workers=workers,
        reporter=Silent if quiet else ConsoleReporter,
        sweep_reporter=SilentSweep if quiet else SweepConsole,
        fetch=fetched,
        say=say,
    )
    found: list[Result] = []
    for result in reproduce(experiments, trainer):
        say(f"{result.experiment.name}: {', '.join(row.verdict_text for row in result.rows)}")
        found.append(result)
    rows = [row for result in found for row in result.rows]
    if as_json:
        echo(json.dumps([row.as_json() for row in rows], indent=2, ensure_ascii=False))
    else:
        print_rows(rows)
    if page is not None:
        with naming_output(path):
            styles: tuple[Style, ...] = ("light", "dark") if kind == "html" else ("light",)
            write_report(reproduction_report(found, language=language, styles=styles), path, kind)
        echo(str(path), err=as_json)
    return rows


def print_rows(rows: Sequence[Row]) -> None:
    """Print experiment, quantity, published value, band, our value and verdict; then what is known of those outside."""
    columns = [
        Column("ID", [row.experiment.name for row in rows]),
        Column(in_language("quantity", "量"), [row.quantity for row in rows]),
        Column(in_language("published", "公表値"), [row.published for row in rows]),
        Column(in_language("band", "許容範囲"), [row.band_text for row in rows], numbers=True),
        Column(in_language("ours", "今回の値"), [row.value_text for row in rows], numbers=True),
        Column(in_language("verdict", "判定"), [row.verdict_text for row in rows]),
    ]
    console = results()
    console.print(laid_out(columns, console.width), soft_wrap=False)
    for row in rows:
        if row.verdict == "outside" and (remark := row.claim.remark or row.experiment.remark):
            console.print(Text(f"{row.experiment.name}: {remark}"))
