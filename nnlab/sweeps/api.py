"""Sweeps from Python."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnlab.config.experiment import Experiment
from nnlab.config.sweep import sweep_from_python
from nnlab.core.threads import available_cores
from nnlab.search.base import Search
from nnlab.sweeps.plan import Plan
from nnlab.sweeps.pool import LocalWorkers
from nnlab.sweeps.progress import SweepReporter
from nnlab.sweeps.run import SweepResult, run_sweep
