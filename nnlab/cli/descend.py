"""``nnlab descend``: gradients and update rules on functions of several variables."""

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import SPEC_HELP, Lang
from nnlab.cli.completion import complete_spec
from nnlab.cli.console import check_font, echo

GRADIENTS_JA = {"analytic": "解析的な勾配", "central": "中心差分による勾配", "complex": "複素数ステップによる勾配"}


def descend_command(
    spec: Annotated[
        Path, typer.Argument(metavar="SPEC", help=SPEC_HELP, show_default=False, autocompletion=complete_spec)
    ],
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            "-s",
            metavar="KEY=VALUE",
            help="Change a key of the spec; may be given several times.",
            show_default=False,
        ),
    ] = None,
    runs: Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where the folder goes.")] = Path("runs"),
    animate: Annotated[bool, typer.Option(help="Draw race.gif, which takes a few seconds.")] = True,
    language: Lang = "en",
) -> None:
    """Minimise a test function with one or more optimizers, from the same start.

    Prints where each began and ended; the folder has every step in path.csv and pictures of the gradient field, the
    paths, the values and the race. Exit code 3 when a path diverged.

    Example: nnlab descend configs/descent/valley.yaml -s steps=50
    """
    from nnlab.cli.progress import step_bar
    from nnlab.config.descent import load_descent
    from nnlab.descent.run import line, run_descent
    from nnlab.errors import Diverged
    from nnlab.language import in_language, tr
    from nnlab.plots.notices import noticed_by
    from nnlab.storage.file_system import take_unsupported

    check_font()
    descent = load_descent(spec, overrides or [])
    notices: list[str] = []
    with step_bar(len(descent.optimizer) * (descent.steps + 1)) as count, noticed_by(notices.append):
        result = run_descent(descent, runs, animate=animate, on_step=count)
    for missing in take_unsupported(result.path):
        echo(missing, err=True)
    how = in_language(f"{descent.gradient} gradient", GRADIENTS_JA[descent.gradient])
    echo(f"{descent.function.formula}{tr(', ')}{how}")
    for path in result.paths:
        echo(line(path))
    echo(str(result.path))
    for notice in notices:
        echo(f"nnlab: {notice}", err=True)
    if result.summary["status"] == "diverged":
        raise Diverged(result.summary["message"])
