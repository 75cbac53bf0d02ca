"""Fixtures of sweeps."""

from pathlib import Path
from typing import Any

import pytest
from fake_sweeps import FakeWorkers, Sweeping, spiral_sweep

from nnlab.sweeps.resume import resume_sweep
from nnlab.sweeps.run import SweepResult, run_sweep


@pytest.fixture(autouse=True)
def _no_sweep_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.figures.sweep_pictures.draw_sweep", lambda path, say: [])


@pytest.fixture
def sweeping(tmp_path: Path) -> Sweeping:
    """Runs or resumes a sweep of fake trainings: ``sweeping(over, seeds=2, workers=FakeWorkers())``."""

    def start(
        over: Any = None,
        workers: FakeWorkers | None = None,
        reporter: Any = None,
        resume: Path | None = None,
        **keys: Any,
    ) -> SweepResult:
        options = {key: keys.pop(key) for key in ("fail_fast", "retry_failed", "allow_drift") if key in keys}
        workers = workers or FakeWorkers()
        try:
            if resume:
                return resume_sweep(resume, workers, reporter, **options)
            return run_sweep(spiral_sweep(over, **keys), tmp_path / "runs", workers, reporter, **options)
        finally:
            workers.close()

    return start
