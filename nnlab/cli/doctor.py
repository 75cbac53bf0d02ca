"""``nnlab doctor``: what is wrong with a run, and what to try."""

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import MovedData, RunName, RunsFolder
from nnlab.cli.console import echo
from nnlab.cli.finding_lines import LABEL, print_line
from nnlab.cli.single_run import check_single


def doctor_command(
    name: RunName,
    data: MovedData = None,
    json: Annotated[bool, typer.Option("--json", help="Print the diagnosis as JSON.")] = False,
    runs: RunsFolder = Path("runs"),
) -> None:
    """Diagnose a run: what is wrong, the number that shows it, why, and the command to try; exit code 1 on a problem.

    The records are enough; where the data is there as well, the network is measured before and after training.

    Example: nnlab doctor last
    """
    from nnlab.insight.doctor.diagnose import doctor
    from nnlab.records.cleaning import clear_leftovers
    from nnlab.records.run_names import find_run
    from nnlab.storage.folders import as_json

    path = find_run(name, runs, "run")
    check_single(path, "doctor", "diagnose")
    clear_leftovers(path)
    diagnosis = doctor(path, data)
    if json:
        echo(as_json(diagnosis.as_json()).decode(), nl=False)
    else:
        for line in diagnosis.as_text().split("\n"):
            print_line(line, LABEL if line.startswith("  ") else 0)
    if diagnosis.problems:
        raise typer.Exit(1)
