"""Short trainings for checks: how many steps a check affords, and training until a goal is reached."""

from dataclasses import dataclass

import numpy as np

from nnlab.core.rows import Row
from nnlab.engine.loop import train
from nnlab.engine.run_setup import RunSetup
from nnlab.insight.sanity.checked_spec import CheckedSpec

WORK = 10**10
"""A training of a check does about this many multiplications with additions: it takes a second or two."""
CALL = 2 * 10**5
"""As many take as long as calling one layer, or one step of a recurrent one, forward and backward."""


TOO_LARGE = 10**9
"""Networks whose forward pass of one sample takes more than this are not trained by checks."""


def affordable_samples(case: CheckedSpec, steps: int, least: int, most: int) -> int:
    """Samples of a batch for at least this many updates within ten times WORK."""
    return max(least, min(most, 10 * WORK // (3 * case.work * steps)))


def affordable_steps(case: CheckedSpec, samples: int, least: int, most: int) -> int:
    """Updates on batches of ``samples`` within WORK, where the backward pass takes twice the forward pass."""
    return max(least, min(most, WORK // (3 * case.work * samples + CALL * case.calls)))


@dataclass
class Progress:
    """How a short training went: step and metric of the best evaluation, and the last objective; an observer."""

    column: str
    goal: float
    step: int = 0
    best: float = -np.inf
    first_objective: float = np.nan
    objective: float = np.nan

    def on_step(self, step: int, objective: float) -> None:
        """Keep the objective."""
        if step == 1:
            self.first_objective = objective
        self.objective = objective

    def on_evaluation(self, row: Row) -> None:
        """Keep the best value of the column."""
        value = row[self.column]
        if value is not None and value > self.best:
            self.best, self.step = value, int(row["step"] or 0)

    def reached(self) -> bool:
        """Whether the goal is reached, which ends the training."""
        return self.best >= self.goal


def train_until(setup: RunSetup, column: str, goal: float) -> tuple[Progress, str]:
    """Train to the goal, or to the last iteration; also the status, such as diverged."""
    progress = Progress(column, goal)
    outcome = train(setup, [progress], progress.reached)
    return progress, outcome.status
