"""What the claims of an experiment are measured on: its runs and sweeps, read from their folders."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nnlab.config.bundled import bundled_config
from nnlab.config.spec_kinds import is_sweep_spec
from nnlab.config.yaml_reader import read_yaml
from nnlab.figures.run_view import RunView, run_view
from nnlab.records.reader import RunRecord, read_run
from nnlab.records.sweep_folder import SweepRecord, read_sweep
from nnlab.records.sweep_table import TrialRow


@dataclass(frozen=True)
class Training:
    """A bundled config to train: a spec or a sweep."""

    config: str

    @cached_property
    def path(self) -> Path:
        """Its file."""
        return bundled_config(self.config)

    @cached_property
    def is_sweep(self) -> bool:
        """Whether it is a sweep."""
        return is_sweep_spec(read_yaml(self.path).value)


@dataclass(frozen=True)
class Trial:
    """One trial of a sweep: its row in trials.csv and its run."""

    row: TrialRow
    run: RunRecord


class Evidence:
    """The folder of each training by the name of its config; each is read once."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self.folders = folders
        self._runs: dict[str, RunRecord] = {}
        self._views: dict[str, RunView] = {}
        self._sweeps: dict[str, SweepRecord] = {}
        self._trials: dict[str, list[Trial]] = {}

    def run(self, config: str) -> RunRecord:
        """The run of a spec; raises RunError where its folder is damaged."""
        if config not in self._runs:
            self._runs[config] = read_run(self.folders[config])
        return self._runs[config]

    def view(self, config: str) -> RunView:
        """The run of a spec with its network and data."""
        if config not in self._views:
            self._views[config] = run_view(self.run(config))
        return self._views[config]

    def sweep(self, config: str) -> SweepRecord:
        """The sweep of a sweep file; raises RunError where its folder is damaged."""
        if config not in self._sweeps:
            self._sweeps[config] = read_sweep(self.folders[config])
        return self._sweeps[config]

    def trials(self, config: str) -> list[Trial]:
        """The trials of a sweep that completed or diverged, with their runs."""
        if config not in self._trials:
            sweep = self.sweep(config)
            ended = [row for row in sweep.trials if row.status in ("completed", "diverged")]
            self._trials[config] = [Trial(row, read_run(sweep.trial(row.number))) for row in ended]
        return self._trials[config]
