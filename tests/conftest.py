"""Shared fixtures."""

import copy
import gc
import gzip
import json
import os
import shutil
import signal
import struct
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundled_data import read_once
from examples import THOROUGH
from hypothesis import settings
from small_images import write_idx_images
from threadpoolctl import ThreadpoolController, threadpool_limits

from nnlab.config.resolved_spec import spec_sha256
from nnlab.config.yaml_writer import dump_yaml
from nnlab.data.files.download import Download, RemoteFile
from nnlab.data.sources.fashion_mnist import FILES, FashionMnist
from nnlab.metric_columns import METRICS_COLUMNS, best_row
from nnlab.records.formats import STEPS_COLUMNS, csv_line
from nnlab.registry import REGISTRIES

SPEC: dict[str, Any] = {
    "name": "adam",
    "seed": 0,
    "dtype": "float32",
    "rng": "streams",
    "data": {"name": "mnist", "train_size": None},
    "model": {"name": "mlp", "hidden": [40, 20], "activation": "sigmoid", "init": 0.01},
    "loss": "cross_entropy",
    "optimizer": {"name": "adam", "lr": 0.01, "beta1": 0.9, "beta2": 0.999, "eps": 1e-7},
    "penalty": {"l1": 0.0, "l2": 0.0},
    "train": {"iterations": 40, "batch_size": 100, "sampling": "replacement", "eval_every": 10, "eval_train": "all"},
    "compute": {"threads": 1},
}

# Reproducible examples without deadlines.
settings.register_profile("nnlab", deadline=None, derandomize=True, max_examples=100 if THOROUGH else 25)
settings.load_profile("nnlab")

# Under nohup SIGHUP is ignored, and so it would be in every process that a test starts.
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# The language of whoever runs the tests.
os.environ.pop("NNLAB_LANG", None)

# Each test process and each command in a process of its own would compile nnlab again, a third of its time.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Files of tests are written to memory where it has room: a sixth of their time is the file system's.
MEMORY = Path("/dev/shm")
if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 4 * 2**30:
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None

# What a test leaves behind is collected now and then, not every 700 objects: most of it is freed without.
COLLECT_EVERY = (20_000, 20, 50)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Exclude the collected tests, which live until the end, from garbage collection."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(*COLLECT_EVERY)
        gc.enable()


@pytest.fixture(autouse=True, scope="session")
def _one_blas_thread() -> Iterator[None]:
    """One BLAS thread per test process: two each are five times slower on two cores."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield


@pytest.fixture(autouse=True, scope="session")
def _libraries_are_found_once() -> Iterator[None]:
    """Look for BLAS libraries again only after an import; each training and picture asks, which takes 2 ms."""
    load, found = ThreadpoolController._load_libraries, {}

    def load_once(controller: ThreadpoolController) -> None:
        modules = len(sys.modules)
        if modules not in found:
            load(controller)
            found.clear()
            found[modules] = list(controller.lib_controllers)
        controller.lib_controllers[:] = found[modules]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ThreadpoolController, "_load_libraries", load_once)
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Skip flushing to disk, which takes longer than the trainings; no test simulates a power failure."""

    def fsync(handle: int) -> None:
        os.fstat(handle)  # raises OSError for a closed file, like fsync

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        yield


@pytest.fixture(autouse=True, scope="session")
def _bundled_data_is_read_once() -> Iterator[None]:
    """Tests of the sources themselves read it each time."""
    with pytest.MonkeyPatch.context() as patch:
        read_once(patch)
        yield


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings and descents without pictures, which dominate the time of small runs."""
    monkeypatch.setattr("nnlab.train.pictures.plot_run", lambda *arguments: None)
    monkeypatch.setattr("nnlab.train.pictures.draw_all", lambda *arguments: [])
    monkeypatch.setattr("nnlab.descent.run.draw_pictures", lambda *arguments: [])


@pytest.fixture
def no_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """PNG pictures that are blank and not laid out, for tests of which files there are; tests of plots draw them."""
    from drawing import write_blank_pixels  # loads matplotlib, which most tests do without

    write_blank_pixels(monkeypatch, laid_out=False)


@pytest.fixture
def fashion_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a small dataset that replaces the downloaded Fashion-MNIST."""
    images = np.arange(20 * 28 * 28, dtype=np.int64).astype(np.uint8).reshape(20, 28, 28)
    labels = np.array([9, *range(10), *range(9)], np.uint8)
    monkeypatch.setenv("NNLAB_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "data" / "fashion_mnist"
    folder.mkdir(parents=True)
    published = []
    for file, array in zip(FILES, (images, labels, images[:4], labels[:4]), strict=True):
        head = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
        content = gzip.compress(head + array.tobytes(), mtime=0)
        (folder / file.name).write_bytes(content)
        published.append(RemoteFile(file.name, len(content), sha256(content).hexdigest(), ()))
    monkeypatch.setattr(FashionMnist, "download", Download("fashion_mnist", tuple(published)))
    return folder


MakeRun = Callable[..., Path]


def metrics_row(
    step: float, accuracy: float, loss: float, *, test: bool = True, validation: bool = False
) -> dict[str, float | None]:
    """A row of metrics.csv: test metrics slightly worse than training, validation in between."""
    return {
        "step": step,
        "epoch": step / 600,
        "lr": 0.01,
        "train_loss": loss,
        "train_accuracy": accuracy,
        "test_loss": loss * 1.25 if test else None,
        "test_accuracy": accuracy - 0.0625 if test else None,
        "objective": loss,
        "validation_loss": loss * 1.125 if validation else None,
        "validation_accuracy": accuracy - 0.03125 if validation else None,
    }


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """A factory of run folders: ``make_run("a", {"optimizer.lr": 0.1}, accuracies=[...])``."""

    def make(
        folder: str = "20250101-120000-adam-0a1b2c",
        changes: Mapping[str, Any] | None = None,
        *,
        accuracies: Sequence[float] = (0.125, 0.5, 0.75, 0.875, 0.9375),
        losses: Sequence[float] | None = None,
        test: bool = True,
        validation: bool = False,
        status: str = "completed",
        seconds: float = 1.5,
        eval_every: int = 10,
    ) -> Path:
        spec = copy.deepcopy(SPEC)
        for key, value in (changes or {}).items():
            *parents, last = key.split(".")
            section = spec
            for parent in parents:
                section = section[parent]
            section[last] = value
        rows = [
            metrics_row(
                index * eval_every,
                accuracy,
                losses[index] if losses else 2.5 * (1 - accuracy),
                test=test,
                validation=validation,
            )
            for index, accuracy in enumerate(accuracies)
        ]
        steps = max(0, len(rows) - 1) * eval_every
        path = tmp_path / "runs" / folder
        path.mkdir(parents=True)
        (path / "spec.yaml").write_text(dump_yaml(spec), encoding="utf-8")
        lines = [csv_line([row[column] for column in METRICS_COLUMNS]) for row in rows]
        (path / "metrics.csv").write_text(",".join(METRICS_COLUMNS) + "\n" + "".join(lines), encoding="utf-8")
        lines = [csv_line([step, 2.5 / step]) for step in range(1, steps + 1)]
        (path / "steps.csv").write_text(",".join(STEPS_COLUMNS) + "\n" + "".join(lines), encoding="utf-8")
        ended = status != "running"
        summary = {
            "status": status,
            "steps": steps if ended else 0,
            "parameters": 32410,
            "final": rows[-1] if rows and ended else None,
            "best": best_row(rows) if ended else None,
            "train_seconds": seconds,
            "spec_sha256": spec_sha256(spec),
            "message": "",
        }
        (path / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
        return path

    return make


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder of IDX files: 3x3 images of three classes, 6 for training and 3 for testing."""
    write_idx_images(tmp_path)
    return tmp_path


@pytest.fixture
def own_registries() -> Iterator[None]:
    """Forget the components that a test registers, such as those of a plugin."""
    for registry in REGISTRIES.values():
        registry.names()
    before = {kind: registry.own_items() for kind, registry in REGISTRIES.items()}
    yield
    for kind, registry in REGISTRIES.items():
        registry.replace(before[kind])
