"""Time and peak memory of whole commands from a cold start, with interpreter, imports and data.

Files are in memory and bytecode is written, as at the second start after an installation.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

ROOT = Path(__file__).parents[1]
DATA = ROOT / "nnlab" / "data" / "files" / "mnist"
TINY = """\
data: {name: spiral, points: 20}
model: {name: mlp, hidden: [8], init: he}
optimizer: {name: sgd, lr: 0.1}
train: {iterations: 20, batch_size: 20, eval_every: 10}
"""
# Seconds of nnlab.run beyond training in a process that has run before; median of 15.
WARM = """
import statistics, sys, time, nnlab
beyond = []
for _ in range(16):
    started = time.perf_counter()
    done = nnlab.run(sys.argv[1], sys.argv[2], pictures=sys.argv[3] == "pictures")
    beyond.append(time.perf_counter() - started - done.summary["train_seconds"])
print(statistics.median(beyond[1:]))
"""


def measure(repeats: int, environment: dict[str, str]) -> dict[str, tuple[float, float]]:
    """Median seconds and MiB of each command, run in turn; of ``nnlab.run`` once, with its median beyond training."""
    environment = {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with TemporaryDirectory() as folder:
        tiny = Path(folder, "tiny.yaml")
        tiny.write_text(TINY, encoding="utf-8")
        train_tiny = ["-m", "nnlab", "train", str(tiny), "--runs", folder]
        for name in ("one", "two"):
            _once([sys.executable, *train_tiny, "-s", f"name={name}"], environment)
        runs = [str(path.parent) for path in Path(folder).glob("*/spec.yaml")]
        compare = ["-m", "nnlab", "compare", *runs, "--out", f"{folder}/compared"]
        commands = {
            "nnlab train tiny.yaml --no-plots": [*train_tiny, "--no-plots"],
            "nnlab train tiny.yaml": train_tiny,
            "nnlab compare RUN RUN": compare,
            "nnlab train configs/adam.yaml": ["-m", "nnlab", "train", "configs/adam.yaml", "--runs", folder],
            "python cold_torch.py": ["benchmarks/cold_torch.py", str(DATA), folder],
            "nnlab --help": ["-m", "nnlab", "--help"],
        }
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(repeats):
            for name, arguments in commands.items():
                found[name].append(_once([sys.executable, *arguments], environment))
        for name, pictures in (("no pictures", "none"), ("pictures", "pictures")):
            script = [sys.executable, "-c", WARM, str(tiny), folder, pictures]
            found[f"nnlab.run of it again, {name}, beyond training"] = [_once(script, environment, printed=True)]
    return {name: (median(s for s, _ in runs), median(m for _, m in runs)) for name, runs in found.items()}


def lines(found: dict[str, tuple[float, float]]) -> list[str]:
    """A Markdown table."""
    rows = [f"| `{name}` | {seconds:.3g} | {mib:.0f} |" for name, (seconds, mib) in found.items()]
    return ["| command | seconds | peak MiB |", "|---|---|---|", *rows]


def _once(command: Sequence[str], environment: dict[str, str], *, printed: bool = False) -> tuple[float, float]:
    """Run the command from a small process, so that the peak memory of its children is the command's.

    Its seconds are those of the whole process, or with ``printed`` what it prints.
    """
    started = perf_counter()
    script = (
        "import subprocess, sys, resource; "
        "done = subprocess.run(sys.argv[1:], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); print(done.stdout.decode())"
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
    peak, _, output = answer.stdout.partition("\n")
    return float(output) if printed else seconds, int(peak) / unit
