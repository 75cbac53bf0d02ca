"""Short trainings with constant learning rates around a guess: what each leads to."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, isclose, isfinite, log10, sqrt

import numpy as np

from nnlab.core.arrays import Array
from nnlab.insight.range_test.short_training import ShortTraining

# Rungs of the ladder that are tried on both sides of the guess, and how many more where the best is the outermost.
RUNGS, MORE_RUNGS = 2, 2
# Two results are a tie where they differ by less than these fractions of what the training gained, and of the loss.
TIE, TIE_OF_LOSS = 0.02, 0.25

TrainWith = Callable[[float], Sequence[ShortTraining]]


@dataclass(frozen=True, eq=False)
class Trial:
    """Short trainings with one learning rate, one for each seed."""

    lr: float
    trainings: Sequence[ShortTraining]

    @property
    def ends(self) -> Array:
        """The loss at the end for each seed: the mean of the last tenth of the steps; infinite after a divergence."""
        return np.array([np.inf if training.stopped else end_of(training.losses) for training in self.trainings])

    @property
    def diverged(self) -> int:
        """For how many seeds a number became NaN or infinite."""
        return sum(bool(training.stopped) for training in self.trainings)

    @property
    def mean(self) -> float:
        """The mean loss at the end; infinite where a seed diverged."""
        return float(self.ends.mean())

    @property
    def std(self) -> float:
        """The sample standard deviation over the seeds; 0 for one seed, infinite where one diverged."""
        if len(self.ends) < 2:
            return 0.0
        return float(self.ends.std(ddof=1)) if isfinite(self.mean) else np.inf

    def as_json(self) -> dict[str, object]:
        """Its numbers; null for a loss that is not finite."""
        losses = [end if isfinite(end) else None for end in self.ends.tolist()]
        return {"lr": self.lr, "losses": losses, "diverged": self.diverged}


def end_of(losses: Array) -> float:
    """The mean of the last tenth of the losses, of at least five."""
    return float(losses[-max(len(losses) // 10, 5) :].mean())


def rung(lr: float) -> int:
    """The rung of the ladder ..., 0.01, 0.03, 0.1, 0.3, ... that is nearest to a learning rate; 1 is rung 0."""
    return round(2 * log10(lr))


def lr_of(number: int) -> float:
    """The learning rate of a rung."""
    decade, odd = divmod(number, 2)
    return float(f"{3 if odd else 1}e{decade}")


def try_around(guess: float, train: TrainWith, own: float, highest: float) -> list[Trial]:
    """Trials of a guess, of RUNGS rungs on both sides and of the spec's own learning rate, in rising order.

    Where the best rung is the outermost, up to MORE_RUNGS more are tried. None is above ``highest``.
    """
    centre = rung(guess)
    wanted = range(centre - RUNGS, centre + RUNGS + 1)
    rungs = {number: Trial(lr_of(number), train(lr_of(number))) for number in wanted if lr_of(number) <= highest}
    for _ in range(MORE_RUNGS):
        best = min(rungs, key=lambda number: rungs[number].mean)
        beyond = {min(rungs): best - 1, max(rungs): best + 1}.get(best)
        if beyond is None or lr_of(beyond) > highest or not isfinite(rungs[best].mean):
            break
        rungs[beyond] = Trial(lr_of(beyond), train(lr_of(beyond)))
    return _with_own(rungs.values(), train, own)


def try_range(first: float, last: float, train: TrainWith, own: float) -> list[Trial]:
    """Trials of each decade of a range, of the rungs beside the best and of the spec's own rate, in rising order."""
    wanted = range(2 * ceil(log10(first) - 1e-9), 2 * floor(log10(last) + 1e-9) + 1, 2)
    rungs = {number: Trial(lr_of(number), train(lr_of(number))) for number in wanted}
    best = min(rungs, key=lambda number: rungs[number].mean)
    for number in (best - 1, best + 1):
        if first <= lr_of(number) <= last:
            rungs[number] = Trial(lr_of(number), train(lr_of(number)))
    return _with_own(rungs.values(), train, own)


def most_trials(first: float, last: float) -> int:
    """The trials at most, around a guess or over a range."""
    return max(2 * RUNGS + 1 + MORE_RUNGS, floor(log10(last / first)) + 3) + 1


def _with_own(rungs: Iterable[Trial], train: TrainWith, own: float) -> list[Trial]:
    trials = list(rungs)
    if not any(isclose(own, trial.lr) for trial in trials):
        trials.append(Trial(own, train(own)))
    return sorted(trials, key=lambda trial: trial.lr)


def best_of(trials: Sequence[Trial], initial: float) -> Trial | None:
    """The trial with the lowest loss, or the smallest rate below it from which on all tie with it; None: all diverged.

    Of equal rates the smaller is further away from divergence.
    """
    lowest = min(trials, key=lambda trial: trial.mean)
    if not isfinite(lowest.mean):
        return None
    chosen = lowest
    for trial in reversed(trials[: trials.index(lowest)]):
        if not (isfinite(trial.mean) and ties(trial, lowest, initial)):
            break
        chosen = trial
    return chosen


def ties(one: Trial, lowest: Trial, initial: float) -> bool:
    """Whether a trial ends as low as the lowest: nearly the same loss, or within a standard error of the difference."""
    differences = one.ends - lowest.ends
    seeds = len(differences)
    error = float(differences.std(ddof=1)) / sqrt(seeds) if seeds > 1 else 0.0
    nearly = min(TIE * (initial - lowest.mean), TIE_OF_LOSS * abs(lowest.mean))
    return float(differences.mean()) <= max(nearly, error)


def in_two_digits(lr: float) -> str:
    """A learning rate in two significant digits: 0.03, 1.5e-05, 20."""
    if 1e-4 <= lr < 1e4:
        return np.format_float_positional(lr, 2, fractional=False, trim="-")
    exponent = floor(log10(lr))
    return f"{lr / 10**exponent:.2g}e{exponent:+03d}"
