"""Learning rates, steps and seeds of a range test: the defaults, and what is accepted."""

from nnlab.errors import UsageError

FIRST_LR, LAST_LR, STEPS, SEEDS = 1e-6, 10.0, 200, 3
MOST_STEPS, MOST_SEEDS = 100_000, 100
LOWEST_LR, HIGHEST_LR = 1e-12, 1e6


def check_range(first: float, last: float, steps: int, seeds: int) -> None:
    """Raise UsageError for learning rates, steps or seeds that make no range test."""
    if not LOWEST_LR <= first < last <= HIGHEST_LR:  # also where one is NaN
        raise UsageError(
            f"learning rates: must rise within {LOWEST_LR:g} and {HIGHEST_LR:g}, got {first:g} to {last:g}"
        )
    if last < 10 * first:
        raise UsageError(f"learning rates: must rise by a factor of 10 at least, got {first:g} to {last:g}")
    for name, value, least, most in (("steps", steps, 20, MOST_STEPS), ("seeds", seeds, 1, MOST_SEEDS)):
        if not least <= value <= most:
            raise UsageError(f"{name}: must be from {least} to {most:,}, got {value}")
