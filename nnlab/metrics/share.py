"""What metrics that are a share of correct samples have in common."""

from dataclasses import dataclass, field

from nnlab.core.rows import Bounds
from nnlab.core.statistics import share_standard_error
from nnlab.core.task import CLASSES
from nnlab.metrics.base import Metric


@dataclass(kw_only=True)
class Share(Metric):
    """``correct`` of N ``samples``; each sample counts once."""

    task = CLASSES
    higher_is_better = True
    range = Bounds(0, 1)

    correct: int = field(default=0, init=False)
    samples: int = field(default=0, init=False)

    def result(self) -> float:
        """Correct / N."""
        return self.correct / self.samples

    @classmethod
    def standard_error_of(cls, value: float, samples: int) -> float:
        """√(p(1−p)/N)."""
        return share_standard_error(value, samples)

    def standard_error(self) -> float:
        """√(p(1−p)/N) of the share p."""
        return self.standard_error_of(self.result(), self.samples)

    @classmethod
    def format(cls, value: float) -> str:
        """Four decimals."""
        return f"{value:.4f}"
