"""Patience: what early stopping and a learning rate that falls on plateaus have in common."""

from math import inf


class Patience:
    """Counts the evaluations since a loss was lowest."""

    def __init__(self, minimum_change: float = 0.0) -> None:
        self.minimum_change = minimum_change
        self.best, self.waited = inf, 0

    def improved(self, loss: float) -> bool:
        """Whether this evaluation is the best so far."""
        if self.best - loss > self.minimum_change:
            self.best, self.waited = loss, 0
            return True
        self.waited += 1
        return False
