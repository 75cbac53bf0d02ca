"""Trials a minute of one sweep with nnlab and with other tools, and what a trial takes beyond its training.

Run from the checkout: ``python -m benchmarks.sweep`` (extra ``bench``).
"""

import argparse
import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.measure import peak_mib

FOLDER = Path(__file__).parent
SPEC = "configs/adam.yaml"
ITERATIONS = "train.iterations=200"
RATES = ["0.3", "0.1", "0.03", "0.02", "0.01", "0.006", "0.003", "0.001", "0.0003", "0.0001"]
SEEDS = ["0", "1", "2", "3"]
TRIALS = len(RATES) * len(SEEDS)
PARALLEL = "2"
# Times as many trials a minute as each of the others, at least.
LOOP, HYDRA = "nnlab train in a loop", "Hydra's joblib launcher, PyTorch"
TARGETS = {LOOP: 5.0, HYDRA: 3.0}
BEYOND, MEMORY = 0.15, 200
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")


def sweep_with_nnlab(out: Path) -> None:
    """``nnlab sweep``."""
    rates, seeds = f"optimizer.lr={','.join(RATES)}", f"seed={','.join(SEEDS)}"
    _run("-m", "nnlab", "sweep", SPEC, "-s", ITERATIONS, "-s", rates, "-s", seeds, "--parallel", PARALLEL,
         "--runs", str(out))  # fmt: skip


def loop(out: Path) -> None:
    """A shell's loop over ``nnlab train``, which uses both cores for its evaluations."""
    for rate in RATES:
        for seed in SEEDS:
            _run("-m", "nnlab", "train", SPEC, "-s", ITERATIONS, "-s", f"optimizer.lr={rate}", "-s", f"seed={seed}",
                 "--runs", str(out))  # fmt: skip


def sweep_with_hydra(out: Path, **environment: str) -> None:
    """A multirun of Hydra."""
    _run(str(FOLDER / "sweep_hydra.py"), "-m", "hydra/launcher=joblib", f"hydra.launcher.n_jobs={PARALLEL}",
         f"hydra.sweep.dir={out}", f"lr={','.join(RATES)}", f"seed={','.join(SEEDS)}",
         **ONE_THREAD, **environment)  # fmt: skip


def sweep_with_optuna(out: Path, **environment: str) -> None:
    """A study with threads, Optuna's own way to run trials side by side."""
    _run(str(FOLDER / "sweep_optuna.py"), str(out), PARALLEL, ",".join(RATES), ",".join(SEEDS),
         **ONE_THREAD, **environment)  # fmt: skip


TOOLS: dict[str, Callable[[Path], None]] = {
    "nnlab sweep": sweep_with_nnlab,
    LOOP: loop,
    HYDRA: sweep_with_hydra,
    f"{HYDRA}, data kept by hand": partial(sweep_with_hydra, KEEP_DATA="1"),
    "Optuna, PyTorch": sweep_with_optuna,
    "Optuna, PyTorch, data kept by hand": partial(sweep_with_optuna, KEEP_DATA="1"),
}


def main() -> None:
    """Measure, and print the results or write them to RESULTS.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweep", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="write this part of RESULTS.md")
    parser.add_argument("--worker", metavar="FOLDER", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(worker(Path(arguments.worker))))
        return
    seconds: dict[str, list[float]] = {name: [] for name in TOOLS}
    for _ in range(arguments.repeats):
        for name, tool in TOOLS.items():
            with TemporaryDirectory() as folder:
                started = perf_counter()
                tool(Path(folder))
                seconds[name].append(perf_counter() - started)
                _check(Path(folder), name)
            print(f"{name}: {seconds[name][-1]:.1f} s", file=sys.stderr)
    with TemporaryDirectory() as folder:
        answer = subprocess.run(
            [sys.executable, "-m", "benchmarks.sweep", "--worker", folder],
            check=True, capture_output=True, text=True, cwd=FOLDER.parent,
            env={**os.environ, **ONE_THREAD},
        )  # fmt: skip
    from benchmarks.report import versions, write_part  # loads matplotlib, which no worker has

    machine = versions("numpy", "torch", "hydra-core", "hydra-joblib-launcher", "optuna")
    lines = [
        f"Medians of {arguments.repeats}. {machine}.",
        "",
        *table({name: median(found) for name, found in seconds.items()}, *json.loads(answer.stdout)),
    ]
    if arguments.write:
        write_part("sweep", lines)
    else:
        print("\n".join(lines))


def worker(folder: Path) -> tuple[float, float, float]:
    """Seconds of a trial's training and beyond it, in a process that has trained others; its peak memory in MiB."""
    from nnlab.config.loading import load_experiment
    from nnlab.core.signals import never
    from nnlab.records.json_files import read_summary
    from nnlab.sweeps.trial import TrialTask, run_trial

    trained, beyond = [], []
    for number in range(1, 21):
        experiment = load_experiment(FOLDER.parent / SPEC, [ITERATIONS, f"seed={number}"])
        task = TrialTask(number, experiment, folder / str(number), threads=1)
        started = perf_counter()
        if run_trial(task, never).status != "completed":
            raise RuntimeError("the trial did not complete")
        seconds = perf_counter() - started
        trained.append(float(read_summary(task.folder / "summary.json")["train_seconds"]))
        beyond.append(seconds - trained[-1])
        gc.collect()  # as a worker does
    return median(trained[1:]), median(beyond[1:]), peak_mib()


def table(seconds: dict[str, float], trained: float, beyond: float, memory: float) -> list[str]:
    """Markdown: the tools, and a warm worker of nnlab."""
    own = seconds["nnlab sweep"]
    rows = ["| sweep | seconds | trials a minute | nnlab sweep is | target |", "|---|---|---|---|---|"]
    for name, took in seconds.items():
        target = TARGETS.get(name)
        wanted = "" if target is None else f"{target:.0f} times{' missed' * (took / own < target)}"
        ratio = "" if name == "nnlab sweep" else f"{took / own:.1f} times as fast"
        rows.append(f"| {name} | {took:.1f} | {60 * TRIALS / took:.0f} | {ratio} | {wanted} |")
    return [
        *rows,
        "",
        f"A trial in a warm worker: {trained:.2f} s of training and {beyond:.3f} s beyond it "
        f"(target {BEYOND}{' missed' * (beyond > BEYOND)}). "
        f"Peak memory of a worker: {memory:.0f} MiB (target {MEMORY}{' missed' * (memory > MEMORY)}).",
    ]


def _run(*arguments: str, **environment: str) -> None:
    command = [sys.executable, *arguments]
    subprocess.run(command, check=True, env={**os.environ, **environment}, cwd=FOLDER.parent, stdout=-3, stderr=-3)


def _check(folder: Path, name: str) -> None:
    """Raise RuntimeError unless every trial has its metrics."""
    found = sum(1 for path in folder.rglob("metrics.csv") if path.stat().st_size)
    if found != TRIALS:
        raise RuntimeError(f"{name}: {found} of {TRIALS} trials wrote their metrics")


if __name__ == "__main__":
    main()
