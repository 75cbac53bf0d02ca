"""Time and peak memory of whole commands from a cold start, with interpreter, imports and data."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

ROOT = Path(__file__).parents[1]
DATA = ROOT / "nnlab" / "data" / "files" / "mnist"


def measure(repeats: int, environment: dict[str, str]) -> dict[str, tuple[float, float]]:
    """Median seconds and MiB of each command, run in turn."""
    with TemporaryDirectory() as folder:
        commands = {
            "nnlab train configs/adam.yaml": ["-m", "nnlab", "train", "configs/adam.yaml", "--runs", folder],
            "python cold_torch.py": ["benchmarks/cold_torch.py", str(DATA), folder],
            "nnlab --help": ["-m", "nnlab", "--help"],
        }
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(repeats):
            for name, arguments in commands.items():
                found[name].append(_once([sys.executable, *arguments], environment))
    return {name: (median(s for s, _ in runs), median(m for _, m in runs)) for name, runs in found.items()}


def lines(found: dict[str, tuple[float, float]]) -> list[str]:
    """A Markdown table."""
    rows = [f"| `{name}` | {seconds:.2f} | {mib:.0f} |" for name, (seconds, mib) in found.items()]
    return ["| command | seconds | peak MiB |", "|---|---|---|", *rows]


def _once(command: Sequence[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run the command from a small process, so that the peak memory of its children is the command's."""
    started = perf_counter()
    script = (
        "import subprocess, sys, resource; subprocess.run(sys.argv[1:], check=True, stdout=-3, stderr=-3); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    answer = subprocess.run(
        [sys.executable, "-S", "-c", script, *command],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
    )
    seconds = perf_counter() - started
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return seconds, int(answer.stdout) / unit
