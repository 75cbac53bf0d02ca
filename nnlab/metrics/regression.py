"""Mean absolute error, root mean squared error and the coefficient of determination of numbers."""

from dataclasses import dataclass, field
from math import sqrt

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.rows import Bounds
from nnlab.core.statistics import Moments
from nnlab.core.task import NUMBERS
from nnlab.metrics.base import NO_SAMPLES, Metric
from nnlab.registry import metrics


@dataclass(kw_only=True)
class ErrorInUnits(Metric):
    """An error in the units of the target."""

    task = NUMBERS
    higher_is_better = False
    range = Bounds(low=0)
    log_scale = True

    @classmethod
    def format(cls, value: float) -> str:
        """Five or more digits of large errors: those of prices are thousands."""
        if 1e3 <= value < 1e9:
            return f"{value:,.1f}" if value < 1e4 else f"{value:,.0f}"
        return super().format(value)


@metrics.register("mae")
@dataclass(kw_only=True)
class MeanAbsoluteError(ErrorInUnits):
    """Mean distance between target and prediction, in the units of the target; lower is better.

        MAE = 1/(N K) Σ_n Σ_k |y_nk − ŷ_nk|

    Source: Willmott & Matsuura 2005, Climate Research 30.
    """

    label = "mean absolute error"
    label_ja = "平均絶対誤差"
    heading = "MAE"

    errors: Moments = field(default=Moments(), init=False)

    def update(self, scores: Array, targets: Array) -> None:
        """The error of a sample is the mean over its targets."""
        self.errors = self.errors + Moments.of(np.abs(targets - scores.astype(np.float64)).mean(axis=1))

    def result(self) -> float:
        """Σ |y − ŷ| / (N K)."""
        return float(self.errors.mean)

    def standard_error(self) -> float | None:
        """The sample standard deviation of the errors of the samples / √N; None for one sample."""
        samples = self.errors.samples
        return sqrt(float(self.errors.deviations) / (samples - 1) / samples) if samples > 1 else None


@metrics.register("rmse")
@dataclass(kw_only=True)
class RootMeanSquaredError(ErrorInUnits):
    """Root of the mean squared error, in the units of the target; lower is better.

        RMSE = √(1/N Σ_n (y_n − ŷ_n)²)

    Averaged over the targets.
    Source: Hyndman & Koehler 2006, International Journal of Forecasting 22 (4).
    """

    label = "root mean squared error"
    label_ja = "二乗平均平方根誤差"
    heading = "RMSE"

    squares: Array = field(default=NO_SAMPLES, init=False)
    samples: int = field(default=0, init=False)

    def update(self, scores: Array, targets: Array) -> None:
        """Σ (y − ŷ)² of each target."""
        self.squares = self.squares + np.square(targets - scores.astype(np.float64)).sum(axis=0)
        self.samples += len(targets)

    def result(self) -> float:
        """The mean over targets of √(Σ (y − ŷ)² / N)."""
        return float(np.sqrt(self.squares / self.samples).mean())


@metrics.register("r2")
@dataclass(kw_only=True)
class RSquared(Metric):
    """Coefficient of determination: the share of the variance that is predicted, at most 1; higher is better.

        R² = 1 − (Σ_n (y_n − ŷ_n)²) / (Σ_n (y_n − ȳ)²)

    Averaged over targets. Always predicting the mean ȳ of the samples gives 0. For a target that does not vary it is 1
    where every prediction is exact, else 0, as scikit-learn's ``force_finite`` has it.
    Source: Draper & Smith 1998, "Applied Regression Analysis".
    """

    task = NUMBERS
    label = "R²"
    label_ja = "決定係数 R²"
    heading = "R²"
    higher_is_better = True
    range = Bounds(high=1)

    errors: Array = field(default=NO_SAMPLES, init=False)
    targets: Moments = field(default=Moments(), init=False)

    def update(self, scores: Array, targets: Array) -> None:
        """Σ(y − ŷ)² and Σ(y − ȳ)² of each target."""
        self.errors = self.errors + np.square(targets - scores.astype(np.float64)).sum(axis=0)
        self.targets = self.targets + Moments.of(targets)

    def result(self) -> float:
        """The mean over targets of 1 − Σ(y − ŷ)² / Σ(y − ȳ)²."""
        total = np.asarray(self.targets.deviations)
        share = np.divide(self.errors, total, out=(self.errors > 0).astype(np.float64), where=total > 0)
        return float((1 - share).mean())
