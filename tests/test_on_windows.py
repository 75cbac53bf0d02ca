"""Windows behaviour, simulated on Linux: train, resume, list, remove, plot."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from inline_workers import InlineWorkers
from matplotlib.image import imread
from safetensors.numpy import load_file
from simulated_windows import SIGBREAK, import_nnlab, windows

from nnlab.config.loading import load_experiment
from nnlab.train.run import run as train_here

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are looked up there"),
]

SPEC = """\
data:      {name: moons, points: 20, test_points: 10}
model:     {name: mlp, hidden: [4], activation: tanh}
optimizer: {name: adam, lr: 0.1}
train:     {iterations: 40, batch_size: 10, eval_every: 5, snapshots: 3, checkpoint_every: 10}
compute:   {threads: 1}
"""
TEXTS = {".csv", ".json", ".yaml", ".txt"}
SAME = ("steps.csv", "metrics.csv", "spec.yaml", "model.safetensors")

Command = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def modules() -> dict[str, ModuleType]:
    return import_nnlab()


class Killed(BaseException):
    """The process ends at once."""


@pytest.fixture
def killed() -> Iterator[None]:
    """Where nobody handles Ctrl-Break it ends the process."""

    def end(number: int, frame: object) -> None:
        raise Killed

    before = signal.signal(SIGBREAK, end)
    yield
    signal.signal(SIGBREAK, before)


@pytest.fixture
def nnlab(modules: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Command:
    """Call ``nnlab`` on Windows; gives the exit code and the standard output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(modules["nnlab.cli.entry"].signal, "signal", lambda *arguments: None, raising=False)

    def call(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["nnlab", *map(str, arguments)])
        modules["nnlab.cli.console"].results.cache_clear()
        modules["nnlab.cli.console"].messages.cache_clear()
        capsys.readouterr()
        with windows(modules), pytest.raises(SystemExit) as stop:
            modules["nnlab.cli.entry"].main()
        output, messages = capsys.readouterr()
        assert "Traceback" not in messages
        code = stop.value.code if isinstance(stop.value.code, int) else 0
        return code, output if code == 0 else messages

    return call


@pytest.fixture
def no_pictures_there(modules: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modules["nnlab.train.pictures"], "plot_run", lambda *arguments: None)
    monkeypatch.setattr(modules["nnlab.train.pictures"], "draw_all", lambda *arguments: [])


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "moons.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the run has on this system."""
    folder = tmp_path_factory.mktemp("here")
    (folder / "moons.yaml").write_text(SPEC, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nnlab.train.pictures.plot_run", lambda *arguments: None)
        patch.setattr("nnlab.train.pictures.draw_all", lambda *arguments: [])
        path = train_here(load_experiment(folder / "moons.yaml"), folder / "runs").path
    return {name: (path / name).read_bytes() for name in SAME}


def only_run(tmp_path: Path) -> Path:
    (path,) = [path for path in (tmp_path / "runs").iterdir() if not path.name.startswith(".")]
    return path


def stopped_at(modules: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch, step: int, stop: Any) -> None:
    """Make the next training call ``stop`` after a step."""
    run_module: Any = modules["nnlab.train.run"]
    train = run_module.train

    class Stop:
        def on_step(self, made: int, objective: float) -> None:
            if made == step:
                monkeypatch.setattr(run_module, "train", train)
                stop()

        def on_evaluation(self, row: object) -> None: ...

    def watched(training: Any, observers: Any, *more: Any) -> Any:
        return train(training, [*observers, Stop()], *more)

    monkeypatch.setattr(run_module, "train", watched)


def test_run_files_equal_those_of_other_systems(
    nnlab: Command, spec: Path, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    code, output = nnlab("train", spec)
    assert (code, Path(output.splitlines()[-1]).resolve()) == (0, only_run(tmp_path))
    run = only_run(tmp_path)
    assert {name: (run / name).read_bytes() for name in SAME} == expected
    assert load_file(run / "model.safetensors")
    pictures = sorted(run.rglob("*.png"))
    assert [path.name for path in pictures] == ["accuracy.png", "boundary.png", "loss.png"]
    assert all(imread(path).size for path in pictures)
    assert all(b"\r" not in path.read_bytes() for path in run.rglob("*") if path.suffix in TEXTS)
    assert not (run / "lock").exists()
    assert not list(run.rglob("*.tmp"))


def test_sweep_is_trained_resumed_and_moved_to_the_trash_on_windows(
    nnlab: Command,
    modules: dict[str, ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    spec: Path,
    tmp_path: Path,
    expected: dict[str, bytes],
) -> None:
    monkeypatch.setattr(InlineWorkers, "run_trial", staticmethod(modules["nnlab.sweeps.trial"].run_trial))
    monkeypatch.setattr(modules["nnlab.cli.sweep_run"], "LocalWorkers", InlineWorkers)
    code, output = nnlab("sweep", spec, "-s", "optimizer.lr=0.1,0.01", "--goal", "train_loss", "-q")
    sweep = only_run(tmp_path)
    assert (code, Path(output.splitlines()[-1]).resolve()) == (0, sweep)
    assert {name: (sweep / "trial-001" / name).read_bytes() for name in SAME} == expected
    assert {path.name for path in (sweep / "plots").iterdir()} == {"goal.png", "curves.png"}
    assert all(b"\r" not in path.read_bytes() for path in sweep.rglob("*") if path.suffix in TEXTS)
    before = {path: path.read_bytes() for path in sweep.rglob("*.csv")}
    (sweep / "trial-002" / "summary.json").unlink()
    summary = json.loads((sweep / "summary.json").read_text())
    (sweep / "summary.json").write_text(json.dumps({**summary, "status": "running"}))
    assert nnlab("sweep", "--resume", "last", "-q")[0] == 0
    assert {path: path.read_bytes() for path in sweep.rglob("*.csv")} == before
    assert not [*sweep.rglob("lock"), *sweep.rglob("*.tmp")]
    assert nnlab("runs", "rm", sweep.name, "-y")[0] == 0
    assert nnlab("runs", "restore", sweep.name)[0] == 0
    assert nnlab("show", "last/trial-002")[0] == 0


@pytest.mark.usefixtures("no_pictures_there")
def test_runs_list_remove_restore_purge_on_windows(nnlab: Command, spec: Path, tmp_path: Path) -> None:
    nnlab("train", spec)
    run = only_run(tmp_path)
    assert nnlab("runs", "ls", "-q", "--status", "completed") == (0, f"runs/{run.name}\n")
    assert nnlab("runs", "rm", run, "-y")[0] == 0
    assert not run.exists()
    assert nnlab("runs", "restore", run.name)[0] == 0
    assert (run / "summary.json").exists()
    assert nnlab("runs", "rm", run, "-y")[0] == 0
    assert nnlab("runs", "purge", "-y")[0] == 0
    assert not (tmp_path / "runs" / ".trash").exists()


@pytest.mark.usefixtures("no_pictures_there")
def test_killed_run_resumes_byte_for_byte_on_windows(
    nnlab: Command,
    modules: dict[str, ModuleType],
    spec: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    expected: dict[str, bytes],
) -> None:
    listed: list[tuple[int, str]] = []
    folders: list[Path] = []

    def copy() -> None:
        """What a process that was killed leaves, its lock file among it."""
        folders.append(only_run(tmp_path))
        shutil.copytree(folders[0], tmp_path / "copies" / folders[0].name)
        is_being_written = modules["nnlab.storage.lock"].is_being_written
        listed.append((0, str(is_being_written(folders[0]))))

    stopped_at(modules, monkeypatch, 25, copy)
    assert nnlab("train", spec)[0] == 0
    assert listed == [(0, "True")]
    run = tmp_path / "copies" / folders[0].name
    assert (run / "lock").exists()
    assert nnlab("runs", "ls", "--runs", "copies", "-q", "--status", "crashed") == (0, f"copies/{run.name}\n")
    code, messages = nnlab("train", "--resume", run)
    assert code == 0, messages
    assert {name: (run / name).read_bytes() for name in SAME} == expected
    restarted = json.loads((run / "environment.json").read_text(encoding="utf-8"))["resumed_after"]
    assert restarted == [20]
    assert not (run / "lock").exists()


@pytest.mark.usefixtures("no_pictures_there", "killed")
def test_ctrl_break_saves_the_run_on_windows(
    nnlab: Command,
    modules: dict[str, ModuleType],
    spec: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    expected: dict[str, bytes],
) -> None:
    handled: list[tuple[int, str]] = []

    def handle(number: int, handler: Any) -> Any:
        handled.append((number, getattr(handler, "__name__", "")))
        return signal.signal(number, handler)

    monkeypatch.setattr(modules["nnlab.core.signals"].signal, "signal", handle)
    stopped_at(modules, monkeypatch, 25, lambda: os.kill(os.getpid(), SIGBREAK))
    code, messages = nnlab("train", spec)
    assert code == 128 + SIGBREAK, messages
    assert [name for number, name in handled if number == SIGBREAK][:2] == ["_interrupt", "receive"]
    assert "stopped after step 25; everything is saved in" in messages
    run = only_run(tmp_path)
    assert nnlab("train", "--resume", run)[0] == 0
    assert {name: (run / name).read_bytes() for name in SAME} == expected


@pytest.mark.usefixtures("no_pictures_there")
def test_locked_run_cannot_be_written_or_moved_on_windows(
    nnlab: Command, modules: dict[str, ModuleType], spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nnlab("train", spec)
    run = only_run(tmp_path)
    with windows(modules):
        lock: Any = modules["nnlab.storage.lock"]
        held = lock.RunLock(run)
        with pytest.raises(modules["nnlab.errors"].RunError, match=f"process {os.getpid()} is writing it"):
            lock.RunLock(run)
        with pytest.raises(modules["nnlab.errors"].RunError, match="is being written"):
            modules["nnlab.records.trash"].trash_of(run).take(run)
        held.release()
        assert not (run / "lock").exists()


@pytest.mark.usefixtures("no_pictures_there")
def test_plot_and_compare_on_windows(nnlab: Command, spec: Path, tmp_path: Path) -> None:
    nnlab("train", spec)
    run = only_run(tmp_path)
    assert nnlab("plot", run, "accuracy", "--out", "pictures")[0] == 0
    assert imread(tmp_path / "pictures" / "accuracy.png").size
    assert nnlab("compare", run, "--csv", "runs.csv")[0] == 0
    assert b"\r" not in (tmp_path / "runs.csv").read_bytes()


@pytest.mark.usefixtures("no_pictures_there")
def test_crossval_resume_and_remove_on_windows(nnlab: Command, spec: Path, tmp_path: Path) -> None:
    assert nnlab("crossval", spec, "--folds", "2", "-s", "train.iterations=4")[0] == 0
    run = only_run(tmp_path)
    assert nnlab("crossval", "--resume", run)[0] == 0
    assert not list(run.rglob("lock"))
    assert nnlab("runs", "rm", run, "-y")[0] == 0
    assert nnlab("runs", "restore", run.name)[0] == 0
