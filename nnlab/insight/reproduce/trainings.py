"""The trainings behind claims: finished folders in ``runs`` are used, interrupted ones resumed, others trained."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nnlab.config.experiment import Experiment as Spec
from nnlab.config.loading import load_experiment
from nnlab.config.sweep import Sweep
from nnlab.config.sweep_loading import load_sweep
from nnlab.data.dataset_source import DatasetSource
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import Diverged, RunError
from nnlab.figures.run_view import ignore
from nnlab.insight.reproduce.claims import Experiment
from nnlab.insight.reproduce.evidence import Evidence, Training
from nnlab.records.environment import drift
from nnlab.records.formats import FINISHED, FolderKind, kind_of
from nnlab.records.json_files import read_environment, read_summary
from nnlab.records.sweep_summary import read_sweep_summary
from nnlab.storage.layout import ENVIRONMENT_FILE, SUMMARY_FILE, trial_folder
from nnlab.storage.lock import is_being_written
from nnlab.sweeps.plan import Plan
from nnlab.sweeps.progress import SilentSweep, SweepReporter
from nnlab.sweeps.resume import resume_sweep
from nnlab.sweeps.run import run_sweep
from nnlab.sweeps.trial import Workers
from nnlab.train.options import RunOptions
from nnlab.train.reporting import Reporter, Silent
from nnlab.train.resume import resume
from nnlab.train.run import environment_of, run


@dataclass(kw_only=True)
class Trainer:
    """Trains what experiments need, into folders under ``runs``.

    ``workers`` makes the workers of a sweep of this many trials; ``fetch`` may download data; ``say`` receives a line
    for each folder that is used, resumed or passed over.
    """

    runs: Path
    workers: Callable[[int], Workers]
    reporter: Callable[[], Reporter] = Silent
    sweep_reporter: Callable[[], SweepReporter] = SilentSweep
    fetch: Callable[[DatasetSource], None] = ignore
    say: Callable[[str], None] = ignore

    def evidence(self, experiment: Experiment) -> Evidence:
        """Train what an experiment needs; raises Interrupted after a signal, and what training raises."""
        folders = {training.config: self._folder(training) for training in experiment.trainings}
        return Evidence(folders)

    def _folder(self, training: Training) -> Path:
        path = training.path
        return self.sweep_folder(load_sweep(path)) if training.is_sweep else self.run_folder(load_experiment(path))

    def run_folder(self, spec: Spec) -> Path:
        """The folder of the run of a spec, trained where there is none."""
        self.fetch(spec.data)
        setup = RunSetup(spec)
        # A run that diverged is a result too: its claims have no value.
        with suppress(Diverged):
            if (found := self._found("run", spec.sha256(), setup)) is None:
                return run(spec, self.runs, self.reporter(), pictures=False).path
            if read_summary(found / SUMMARY_FILE)["status"] not in FINISHED:
                self.say(f"resuming {found}")
                return resume(found, self.reporter(), options=RunOptions(pictures=False)).path
        found = self._found("run", spec.sha256(), setup)
        if found is None:
            raise RunError(f"{self.runs}: the run of {spec.name} is no longer there")
        return found

    def sweep_folder(self, sweep: Sweep) -> Path:
        """The folder of a sweep, trained where there is none."""
        self.fetch(sweep.base.data)
        plan = Plan(sweep)
        first = RunSetup(sweep.experiment(plan.requests[0].settings))
        found = self._found("sweep", sweep.sha256(), first)
        workers = self.workers(plan.trials)
        try:
            if found is None:
                return run_sweep(plan, self.runs, workers, self.sweep_reporter()).path
            if read_sweep_summary(found)["status"] != "completed":
                self.say(f"resuming {found}")
            return resume_sweep(found, workers, self.sweep_reporter(), retry_failed=True).path
        finally:
            workers.close()

    def _found(self, kind: FolderKind, sha256: str, setup: RunSetup) -> Path | None:
        """The newest folder of this very spec, made with these versions and data; the completed before the others."""
        now = environment_of(setup)
        found: list[tuple[bool, str, Path]] = []
        for path, status in _folders_of(self.runs, kind, sha256):
            if changes := drift(read_environment(_environment(path, kind)), now):
                self.say(f"{path} is not used: {'; '.join(changes)}")
            else:
                found.append((status in FINISHED, path.name, path))
        return max(found)[2] if found else None


def _folders_of(runs: Path, kind: FolderKind, sha256: str) -> Iterator[tuple[Path, str]]:
    """The readable folders in ``runs`` with a spec of this SHA-256 which no process is writing, and their status."""
    for path in sorted(runs.iterdir()) if runs.is_dir() else ():
        if kind_of(path) != kind or not _environment(path, kind).is_file():
            continue
        with suppress(RunError, OSError):
            summary = read_sweep_summary(path) if kind == "sweep" else read_summary(path / SUMMARY_FILE)
            own = summary["sweep_sha256" if kind == "sweep" else "spec_sha256"]
            if own == sha256 and summary["status"] != "failed" and not is_being_written(path):
                yield path, str(summary["status"])


def _environment(path: Path, kind: FolderKind) -> Path:
    """The record of versions and data of a run, or of the first trial of a sweep."""
    return (path / trial_folder(1) if kind == "sweep" else path) / ENVIRONMENT_FILE
