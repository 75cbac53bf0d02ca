"""Seconds of the commands that read a finished sweep of a thousand tiny trials.

Run from the checkout: ``python -m benchmarks.thousand_trials``.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

ROOT = Path(__file__).parent.parent
POINTS, SEEDS = 200, 5
# A network of a few neurons, trained for a moment: reading takes longer than training.
SWEEP = ("configs/spiral_relu.yaml", "-s", "train.iterations=20", "-s", "train.eval_every=10", "-s",
         "data.validation=0.2", "-s", "model.hidden=[10]", "-s",
         f"optimizer.lr={','.join(str(number / 100) for number in range(1, POINTS + 1))}",
         "--seeds", str(SEEDS))  # fmt: skip
COMMANDS = {
    "nnlab compare SWEEP": ("compare", "SWEEP", "--out", "pictures"),
    "nnlab runs ls": ("runs", "ls", "--runs", "RUNS"),
    "nnlab runs ls --all": ("runs", "ls", "--all", "--runs", "RUNS"),
    "nnlab show SWEEP": ("show", "SWEEP"),
    "nnlab sweep --resume SWEEP": ("sweep", "--resume", "SWEEP"),
}
TARGET = 3.0


def main() -> None:
    """Measure, and print the results or write them to RESULTS.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.thousand_trials", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="write this part of RESULTS.md")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        trained = _seconds("sweep", *SWEEP, "--runs", str(runs), "--yes")
        (sweep,) = runs.iterdir()
        places = {"SWEEP": str(sweep), "RUNS": str(runs), "pictures": str(Path(folder) / "pictures")}
        seconds = {
            name: median(_seconds(*(places.get(word, word) for word in words)) for _ in range(arguments.repeats))
            for name, words in COMMANDS.items()
        }
    lines = [f"Medians of {arguments.repeats}. The sweep itself took {trained:.0f} s.", "", *table(seconds)]
    if arguments.write:
        from benchmarks.report import write_part

        write_part("thousand trials", lines)
    else:
        print("\n".join(lines))


def table(seconds: dict[str, float]) -> list[str]:
    """Markdown: the commands with their seconds."""
    rows = [f"| {name} | {took:.1f} |{' missed' * (took > TARGET)} |" for name, took in seconds.items()]
    return [f"| command | seconds | target {TARGET:.0f} s |", "|---|---|---|", *rows]


def _seconds(*words: str) -> float:
    started = perf_counter()
    command = [sys.executable, "-m", "nnlab", *words]
    subprocess.run(command, check=True, cwd=ROOT, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=-3)
    return perf_counter() - started


if __name__ == "__main__":
    main()
