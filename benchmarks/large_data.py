"""Large data: seconds and peak memory of loading a table of a million rows, and of a run of a million steps.

Run from the checkout: ``python -m benchmarks.large_data``; pandas and pyarrow are measured where they are installed.
The files (2 GB) are written to a temporary folder.
"""

import argparse
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

ROOT = Path(__file__).parent.parent
COLUMNS = 50
KINDS = ("decimals", "17 digits", "integers", "quoted cells", "empty cells", "categories", "CRLF")
AT_ONCE = 20_000
# What another process runs: ``load`` reads a file, ``size`` is the memory of what it gives.
LOADERS = {
    "nnlab": """
from pathlib import Path
from nnlab.data.tables.csv_file import CsvSettings, read_csv
def load(path): return read_csv(Path(path), CsvSettings(missing="mean"))
def size(found): return found.train.inputs.nbytes
""",
    "pandas": """
import pandas
load = pandas.read_csv
def size(found): return int(found.memory_usage().sum())
""",
    "pyarrow": """
import pyarrow.csv
load = pyarrow.csv.read_csv
def size(found): return found.nbytes
""",
    "nnlab .npz": """
import numpy as np
from nnlab.data.sources.table import Table
def load(path): return Table(path=path).load(np.random.default_rng(0))
def size(found): return sum(split.inputs.nbytes for split in found.splits.values())
""",
}
MEASURED = """
import resource, sys
from time import perf_counter
def peak():
    try:  # ru_maxrss begins with that of the parent
        (line,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
base, start = peak(), perf_counter()
found = load(sys.argv[1])
print(perf_counter() - start, peak() - base, size(found))
"""
COMMANDS = {
    "nnlab show": ("show", "RUN"),
    "nnlab watch --once": ("watch", "--once", "RUN"),
    "nnlab plot": ("plot", "RUN", "--out", "pictures"),
    "nnlab compare, two of them": ("compare", "RUN", "OTHER", "--out", "pictures"),
    "nnlab doctor": ("doctor", "RUN"),
    "nnlab report": ("report", "RUN", "--out", "PAGE", "--overwrite"),
}
TARGET = 3.0


def main() -> None:
    """Measure, and print the results or write them to RESULTS.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large_data", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=("tables", "arrays", "steps"), help="one part of the measurements")
    parser.add_argument("--write", action="store_true", help="write this part of RESULTS.md")
    arguments = parser.parse_args()
    parts = {"tables": tables, "arrays": arrays, "steps": steps}
    lines = [f"Medians of {arguments.repeats}; peak memory is above that of the process before, per byte of the array."]
    for name, part in parts.items():
        if arguments.only in (None, name):
            with TemporaryDirectory() as folder:
                lines += ["", *part(Path(folder), arguments.rows, arguments.repeats)]
            print("\n".join(lines[1:]) if not arguments.write else f"measured {name}", file=sys.stderr)
    if arguments.write:
        from benchmarks.report import write_part

        write_part("large data", lines)
    else:
        print("\n".join(lines))


def tables(folder: Path, rows: int, repeats: int) -> list[str]:
    """Markdown: seconds and peak memory of reading a CSV of each kind, in turn with the peers."""
    loaders = ["nnlab", *(peer for peer in ("pandas", "pyarrow") if find_spec(peer))]
    lines = [f"| CSV of {rows:,} × {COLUMNS} | MB | {' | '.join(loaders)} | memory {' | memory '.join(loaders)} |"]
    lines.append("|---" * (2 + 2 * len(loaders)) + "|")
    for kind in KINDS:
        path = folder / "table.csv"
        write_csv(path, kind, rows)
        pairs = [[_loaded(name, path) for name in loaders] for _ in range(repeats)]
        seconds = [median(pair[index][0] for pair in pairs) for index in range(len(loaders))]
        memory = [median(pair[index][1] / pair[index][2] for pair in pairs) for index in range(len(loaders))]
        cells = [*(f"{took:.1f} s" for took in seconds), *(f"{most:.1f}" for most in memory)]
        lines.append(f"| {kind} | {path.stat().st_size / 1e6:.0f} | {' | '.join(cells)} |")
        path.unlink()
    return lines


def write_csv(path: Path, kind: str, rows: int) -> None:
    """A table of numbers with a class in its last column."""
    rng = np.random.default_rng(0)
    end = "\r\n" if kind == "CRLF" else "\n"
    with path.open("w", newline="") as file:
        file.write(",".join([*(f"f{index}" for index in range(COLUMNS)), "class"]) + end)
        for start in range(0, rows, AT_ONCE):
            count = min(AT_ONCE, rows - start)
            numbers = rng.standard_normal((count, COLUMNS)) * 10.0 ** rng.integers(0, 3, COLUMNS)
            classes = rng.integers(0, 10, count).tolist()
            for index, (values, kind_of_row) in enumerate(zip(numbers.tolist(), classes, strict=True)):
                file.write(f"{_line(kind, index, values)},k{kind_of_row}{end}")


def _line(kind: str, index: int, values: list[float]) -> str:
    if kind == "17 digits":
        return ",".join(map(repr, values))
    if kind == "integers":
        return ",".join(str(int(100 * value)) for value in values)
    cells = [f"{value:.6f}" for value in values]
    if kind == "quoted cells":
        cells[0] = f'"{cells[0]}"'
    elif kind == "empty cells" and index % 10 == 0:
        cells[0] = ""
    elif kind == "categories":
        cells[0] = ("red", "green", "blue", "cyan", "black")[int(abs(values[0]) * 1000) % 5]
    return ",".join(cells)


def arrays(folder: Path, rows: int, repeats: int) -> list[str]:
    """Markdown: seconds and peak memory of loading, shuffling, splitting and scaling arrays."""
    rng = np.random.default_rng(0)
    lines = ["| .npz, shuffled, split and scaled | seconds | memory |", "|---|---|---|"]
    targets = rng.integers(0, 10, 60_000)
    for name, x in (
        (f"{rows:,} × {COLUMNS} float64", rng.standard_normal((rows, COLUMNS))),
        ("60,000 images 1×28×28 uint8", rng.integers(0, 256, (60_000, 28, 28), np.uint8)),
    ):
        path = folder / "arrays.npz"
        np.savez(path, x=x, y=np.resize(targets, len(x)))
        found = [_loaded("nnlab .npz", path) for _ in range(repeats)]
        memory = median(peak / size for _, peak, size in found)
        lines.append(f"| {name} | {median(took for took, _, _ in found):.1f} | {memory:.1f} |")
    return lines


def _loaded(name: str, path: Path) -> tuple[float, int, int]:
    """Seconds, peak bytes above those before, and bytes of the result."""
    program = LOADERS[name] + MEASURED
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, str(path)], check=True, capture_output=True, text=True, cwd=ROOT
    )
    took, peak, size = found.stdout.split()
    return float(took), int(peak), int(size)


def steps(folder: Path, rows: int, repeats: int) -> list[str]:
    """Markdown: seconds of the commands that read a long run, and the cost of recording one."""
    from nnlab.records.run_tables import RunTables

    settings = ("spiral_relu", "-s", f"train.iterations={rows}", "-s", "train.batch_size=10", "-s", "model.hidden=[4]")
    for _ in range(2):
        _seconds("train", *settings, "-s", f"train.eval_every={rows}", "--no-plots", "--runs", str(folder / "runs"))
    first, second = sorted((folder / "runs").iterdir())
    places = {"RUN": str(first), "OTHER": str(second), "PAGE": str(folder / "report.html")}
    places["pictures"] = str(folder / "pictures")
    lines = [f"| a run of {rows:,} steps | seconds | target {TARGET:.0f} s |", "|---|---|---|"]
    for name, words in COMMANDS.items():
        took = median(_seconds(*(places.get(word, word) for word in words)) for _ in range(repeats))
        lines.append(f"| {name} | {took:.1f} |{' missed' * (took > TARGET)} |")
    (folder / "recorded").mkdir()
    recorder, losses = RunTables(folder / "recorded", {}), np.random.default_rng(0).random(rows).tolist()
    start = perf_counter()
    for step, loss in enumerate(losses, 1):
        recorder.on_step(step, loss)
    recorder.flush()
    each = (perf_counter() - start) / rows
    recorder.close()
    return [*lines, "", f"Recording a step takes {each * 1e6:.1f} µs."]


def _seconds(*words: str) -> float:
    start = perf_counter()
    found = subprocess.run([sys.executable, "-m", "nnlab", *words], capture_output=True, text=True, cwd=ROOT)
    if found.returncode not in (0, 1):  # 1: the doctor found something
        raise SystemExit(found.stderr)
    return perf_counter() - start


if __name__ == "__main__":
    main()
