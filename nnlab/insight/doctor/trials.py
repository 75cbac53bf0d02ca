"""Whether a change would have helped: the first updates made again with it, against where the run ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

from nnlab.errors import NnlabError
from nnlab.insight.doctor.case import Case

MOST_STEPS = 200
MOST_WORK = 3e9
# After fewer updates nothing is known of what a network learns.
FEWEST_STEPS = 20
# A trial is better when it ends below this fraction of the run's final objective.
BETTER = 0.8
# What a network has learned is small where its loss is above this fraction of chance, or of its first loss.
POOR = 0.2
# A trial that ends below this fraction of the first objective learns; if it does not help, going further will not.
LEARNS = 0.75


@dataclass(frozen=True)
class Trial:
    """What a change reached: the objective after some steps, beside the final one of the run."""

    changes: tuple[str, ...]
    steps: int
    end: float
    final: float

    @property
    def helped(self) -> bool:
        """Whether it ended clearly below the run."""
        return self.end < BETTER * self.final

    @property
    def evidence(self) -> str:
        """The comparison in words."""
        return (
            f"tried: {self.steps} updates with {', '.join(self.changes)} lower the objective (loss + penalties) to "
            f"{self.end:.3g}; the run ended at {self.final:.3g}"
        )


def long_enough(case: Case) -> bool:
    """Whether a run made enough updates to learn something."""
    return int(case.record.summary["steps"]) >= FEWEST_STEPS


def learned_little(case: Case) -> bool:
    """Whether the final objective is still a large part of the first one and of chance, after enough updates."""
    first, final = case.first_objective, case.final_objective
    return long_enough(case) and isfinite(final) and final > POOR * min(first, case.chance)


def best_that_helps(case: Case, candidates: Iterable[tuple[str, ...]]) -> Trial | None:
    """The trial that ends lowest of those that end clearly below the run, each of as many updates as it at most.

    Candidates go further and further: they are left where one learned no more than the one before, or learned but did
    not help.
    """
    made = int(case.record.summary["steps"])
    best: Trial | None = None
    for changes in candidates:
        trial = try_changes(case, changes, min(made, MOST_STEPS))
        if trial is None:
            continue
        if best is not None and trial.end >= best.end:
            return best
        if trial.helped:
            best = trial
        elif trial.end < LEARNS * case.first_objective:
            return best
    return best


def try_changes(case: Case, changes: tuple[str, ...], most: int) -> Trial | None:
    """Make the first updates again with changes; None where they do not fit the spec or diverge."""
    try:
        made = case.rehearse(*changes, most=max(most, 1), work=MOST_WORK)
    except NnlabError:
        return None
    if made.diverged or not isfinite(made.end):
        return None
    return Trial(changes, len(made.objectives), made.end, case.final_objective)
