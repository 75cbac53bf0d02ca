"""Train every workload with each library in turn, in several modes, and write the results.

Run from the checkout: ``python -m benchmarks`` (extra ``bench``). Raw results are kept in results.json: a run may
measure some modes, workloads or parts only (``--modes quiet``), and ``--write`` writes all tables and pictures from
what is there (``--parts`` without a part: only that). ``--missing`` leaves out workloads that were measured at this
commit already.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Console

from benchmarks import cold, pictures, report, results, scaling, workloads
from benchmarks.bound import operations
from benchmarks.library import environment
from benchmarks.measure import BACKENDS, keep_to_cores
from benchmarks.report import MODES
from benchmarks.results import Results
from benchmarks.rounds import SLOW, STANDARD, Plan, measured

FOLDER = Path(__file__).parent
PARTS = ("workloads", "scaling", "cold", "large_data")
# About how long all workloads of a mode take with seven rounds on two cores. Later runs know better.
MINUTES = {"quiet": 21, "neighbour": 19, "one-core": 15}
# On a busy machine a training takes up to twice as long and the ratio is what matters: workloads with many evaluations
# train a share of their steps there.
SHARES = {"quiet": 1.0, "neighbour": 0.3, "one-core": 0.3}
# More rounds beside a neighbour of the lowest priority, a second figure.
NICE_ROUNDS = {"neighbour": 3}
# Elsewhere than on a quiet machine only PyTorch and libraries within this factor of the fastest there are compared.
RIVALS = 2.0
console = Console(stderr=True)


def main() -> None:
    """Measure, print a line for each training, and write RESULTS.md with its pictures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("workloads", nargs="*", choices=[*workloads.NAMES, []], metavar="WORKLOAD")
    parser.add_argument("--modes", nargs="+", default=list(MODES), choices=tuple(MODES))
    parser.add_argument("--rounds", type=int, default=7, help="of nnlab, the fastest and PyTorch (default 7)")
    parser.add_argument("--threads", type=int, default=2, help="threads of every library (on one core: 1)")
    parser.add_argument("--libraries", nargs="+", default=list(BACKENDS), choices=BACKENDS)
    parser.add_argument(
        "--parts", nargs="*", default=list(PARTS), metavar="PART", help=f"of {', '.join(PARTS)}; none: draw"
    )
    parser.add_argument("--repeats", type=int, default=3, help="of scaling and cold starts (default 3)")
    parser.add_argument("--cifar", help="folder with the .bin files of CIFAR-10 (default: download)")
    parser.add_argument("--missing", action="store_true", help="only workloads not yet measured at this commit")
    parser.add_argument("--write", action="store_true", help="keep the results, and write RESULTS.md and its pictures")
    arguments = parser.parse_args()
    arguments.workloads = arguments.workloads or list(workloads.NAMES)
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"--parts: no {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    keep_to_cores(arguments.threads)  # so a neighbour, which this process starts, is on the same cores
    found, started = results.load(), perf_counter()
    keep = results.save if arguments.write else _discard
    for part in arguments.parts:
        if part == "workloads":
            for mode in arguments.modes:
                _measure_mode(mode, found, keep, arguments)
        elif part == "scaling":
            found[part] = {"about": results.about(), "steps": _scaling(arguments)}
        else:
            found[part] = {"about": results.about(), "lines": _other_part(part, arguments)}
        keep(found)
        if arguments.write:  # after each part: a later one may fail
            _write(found)
    if arguments.write:
        _write(found)
    else:
        for name, lines in _tables(found).items():
            print_part(name, lines)
    console.print(f"{(perf_counter() - started) / 60:.1f} minutes")


def _discard(found: Results) -> None:
    """Results of a run that does not write are printed only."""


def _other_part(part: str, arguments: argparse.Namespace) -> list[str]:
    environment_of_all = environment(arguments.threads)
    if part == "cold":
        return cold.lines(cold.measure(arguments.repeats, environment_of_all))
    command = [sys.executable, "-m", "benchmarks.large_data"]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment_of_all)
    lines = answer.stdout.strip().splitlines()
    return lines if any(line.startswith("|") for line in lines) else ["```text", *lines, "```"]


def print_part(name: str, lines: list[str]) -> None:
    """Print a part of RESULTS.md."""
    print(f"\n{name}\n" + "\n".join(lines))


def _tables(found: Results) -> dict[str, list[str]]:
    tables: dict[str, list[str]] = {}
    if report.rows_of(found, "quiet"):
        tables |= {"workloads": report.workload_lines(found), "libraries": report.library_lines(found)}
    if any(found["modes"].get(mode) for mode in MODES if mode != "quiet"):
        tables["busy"] = report.busy_lines(found)
    if "scaling" in found:
        tables["scaling"] = scaling.lines(found["scaling"]["steps"], report.LIBRARIES)
    if "cold" in found:
        tables["cold"] = found["cold"]["lines"]
    if "large_data" in found:
        tables["large data"] = found["large_data"]["lines"]
    return tables


def _write(found: Results) -> None:
    for name, lines in _tables(found).items():
        report.write_part(name, lines)
    if any(found["modes"].values()):
        pictures.plot_ratios(found, FOLDER / "ratios.png")
    if report.rows_of(found, "quiet"):
        pictures.plot_seconds(found, FOLDER / "results.png")
    if "scaling" in found:
        scaling.plot(found["scaling"]["steps"], report.LIBRARIES, FOLDER / "scaling.png")


def _measure_mode(mode: str, found: Results, keep: Callable[[Results], None], arguments: argparse.Namespace) -> None:
    rows: dict[str, Any] = found["modes"].setdefault(mode, {})
    about, threads = results.about(), 1 if mode == "one-core" else arguments.threads
    todo = [name for name in arguments.workloads if not (arguments.missing and _is_current(rows.get(name), about))]
    console.print(f"{mode}: {', '.join(todo) or 'nothing to measure'}{_estimate(mode, todo, found)}")
    speed: dict[str, Any] = {}
    for name in todo:
        speed = speed or _bound(threads)
        started = perf_counter()
        plan = Plan(
            mode=mode,
            threads=threads,
            share=SHARES[mode],
            rounds=arguments.rounds,
            nice_rounds=min(arguments.rounds, NICE_ROUNDS.get(mode, 0)),
            libraries=_rivals(mode, name, found, arguments.libraries),
            cifar=arguments.cifar,
        )
        row = measured(name, plan, lambda line: console.print(line, highlight=False))
        experiment = workloads.load(name, arguments.cifar, threads, row["changes"])
        row |= {"about": about, "threads": threads, "kernels": speed["kernels"]}
        row["bound"] = operations(experiment) / speed["operations_per_second"]
        row["took"] = round(perf_counter() - started, 1)
        rows[name] = row
        keep(found)
        if "pairs" in row:
            console.print(
                f"{mode} {name}: nnlab / {report.LIBRARIES[row['best']]} {report.spread(row['pairs'])}", style="bold"
            )


def _is_current(row: dict[str, Any] | None, about: dict[str, str]) -> bool:
    return row is not None and "pairs" in row and row["about"] == about


def _estimate(mode: str, todo: Sequence[str], found: Results) -> str:
    """How long the workloads took the last time."""
    before = [found["modes"].get(mode, {}).get(name, {}).get("took") for name in todo]
    known = [seconds for seconds in before if seconds]
    if known:
        return f"; about {sum(known) / len(known) * len(todo) / 60:.0f} minutes by the last run"
    return f"; about {MINUTES[mode] * len(todo) / len(workloads.NAMES):.0f} minutes with 7 rounds" if todo else ""


def _rivals(mode: str, name: str, found: Results, libraries: Sequence[str]) -> list[str]:
    """The libraries that can be the fastest other one in a mode, and nnlab."""
    if mode == "quiet":
        return list(libraries)
    kept = [library for library in libraries if library not in SLOW]
    row = report.rows_of(found, "quiet").get(name)
    if not row or "best" not in row:
        return kept
    limit = RIVALS * (results.seconds(row, row["best"]) or 0)
    return [
        library
        for library in kept
        if library in ("nnlab", STANDARD) or (results.seconds(row, library) or float("inf")) <= limit
    ]


def _bound(threads: int) -> dict[str, Any]:
    """The speed of a large matrix product, and the kernels of NumPy's BLAS."""
    command = [sys.executable, "-m", "benchmarks.measure", "bound", workloads.NAMES[0], "--threads", str(threads)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=environment(threads))
    speed: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return speed


def _scaling(arguments: argparse.Namespace) -> scaling.Steps:
    libraries = [library for library in scaling.LIBRARIES if library in arguments.libraries]
    return scaling.measure(libraries, arguments.threads, arguments.repeats, console.print)


if __name__ == "__main__":
    main()
