"""Which of 25 planted illnesses ``nnlab doctor`` finds, and what it finds in 25 healthy trainings.

Run from the checkout: ``python -m benchmarks.doctor first second`` (extra ``bench``). The specs are in
``benchmarks/illnesses``; both files were written before the rules were run on them.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

import nnlab
from benchmarks.illness_tables import write_tables
from nnlab.errors import NnlabError
from nnlab.insight.doctor.diagnose import Diagnosis
from nnlab.insight.finding import Finding, problems

FOLDER = Path(__file__).parent / "illnesses"


def main() -> None:
    """Print a row for each training, and how many illnesses were found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.doctor", description=__doc__)
    parser.add_argument("sets", nargs="+", choices=[path.stem for path in sorted(FOLDER.glob("*.yaml"))])
    for name in parser.parse_args().sets:
        trainings = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
        with TemporaryDirectory() as folder:
            write_tables(Path(folder))
            print_set(name, trainings, Path(folder))


def print_set(name: str, trainings: Mapping[str, Mapping[str, Any]], folder: Path) -> None:
    """Print the rows of one file and its totals."""
    print(f"| {name} | expected | found |\n|---|---|---|")
    found = as_advice = false = 0
    for label, training in trainings["ill"].items():
        diagnosis = diagnosed(label, training["spec"], folder)
        expected = set(training["expect"])
        matching = [finding for finding in diagnosis.findings if expected & set(names_of(diagnosis, finding))]
        found += bool(matching)
        as_advice += bool(matching) and all(finding.severity == "advice" for finding in matching)
        print(f"| {label} | {' or '.join(training['expect'])} | {listed(diagnosis)} |")
    for label, training in trainings["healthy"].items():
        diagnosis = diagnosed(label, training["spec"], folder)
        false += problems(diagnosis.findings) > 0
        print(f"| {label} | | {listed(diagnosis)} |")
    print(
        f"\n{name}: {found} of {len(trainings['ill'])} illnesses found, {as_advice} of them as advice; "
        f"problems in {false} of {len(trainings['healthy'])} healthy trainings\n"
    )


def diagnosed(label: str, spec: Mapping[str, Any], folder: Path) -> Diagnosis:
    """Train a spec, also one that diverges, and ask the doctor."""
    path = folder / f"{label}.yaml"
    path.write_text(yaml.safe_dump(dict(spec), sort_keys=False), encoding="utf-8")
    try:
        nnlab.run(path, runs=folder / label, pictures=False)
    except NnlabError as error:
        print(f"{label}: {error}")
    [run] = (folder / label).iterdir()
    return nnlab.doctor(run)


def names_of(diagnosis: Diagnosis, finding: Finding) -> list[str]:
    """The name of a finding and of its consequences."""
    return [finding.name, *(other.name for other in diagnosis.consequences.get(finding.name, ()))]


def listed(diagnosis: Diagnosis) -> str:
    """The names of findings, each with its consequences."""
    return "; ".join(
        ", so ".join(names_of(diagnosis, finding)) + " (advice)" * (finding.severity == "advice")
        for finding in diagnosis.findings
    )


if __name__ == "__main__":
    main()
