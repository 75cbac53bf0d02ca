"""Statistics of paired differences: bootstrap interval, sign-flip test, correction for several comparisons.

Everything is deterministic: random numbers come from generators with a fixed seed.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from nnlab.comparisons.sample_size import LEVEL, t_quantile

Floats = npt.NDArray[np.float64]

RESAMPLES = 9_999
"""Bootstrap resamples of an interval."""

EXACT_UP_TO = 32
"""Up to this number of pairs the sign-flip test counts all sign patterns."""

FLIPS = 99_999
"""Random sign patterns of a sign-flip test with more pairs."""

# Sums of the same differences in another order agree to within this share of their size.
ROUNDING = 1e-12

_NORMAL = NormalDist()


def bca_interval(differences: Sequence[float], *, level: float = LEVEL, expanded: bool = True) -> tuple[float, float]:
    """Bias-corrected and accelerated (BCa) bootstrap interval of the mean (Efron 1987).

    With z₀ = Φ⁻¹(share of the resampled means below the mean, ties by half) and the jackknife's acceleration
    a = Σ(d − d̄)³ / (6 (Σ(d − d̄)²)^1.5), the ends are the resampled means at the shares
    Φ(z₀ + (z₀ ± z) / (1 − a (z₀ ± z))).

    ``expanded`` takes z = √(n/(n−1)) · t(n−1) in place of the normal quantile (Hesterberg 2015, The American
    Statistician 69), without which intervals of ten differences are too short. Equal differences give an interval of no
    width.
    """
    scale = max(map(abs, differences)) or 1.0
    values = np.asarray(differences, np.float64) / scale
    mean, n = float(values.mean()), len(values)
    deviations = values - mean
    squares = float(deviations @ deviations)
    if squares <= n * ROUNDING**2:
        return scale * mean, scale * mean
    means = np.sort(values[_resampled_indices(n)].mean(axis=1))
    below, not_above = np.searchsorted(means, [mean - ROUNDING, mean + ROUNDING])
    z0 = _NORMAL.inv_cdf(min(max((below + not_above) / (2 * RESAMPLES), 1 / RESAMPLES), 1 - 1 / RESAMPLES))
    acceleration = float((deviations**3).sum()) / (6 * squares**1.5)
    z = sqrt(n / (n - 1)) * t_quantile((1 + level) / 2, n - 1) if expanded else _NORMAL.inv_cdf((1 + level) / 2)
    shares = [_NORMAL.cdf(z0 + (z0 + side) / (1 - acceleration * (z0 + side))) for side in (-z, z)]
    low, high = scale * np.quantile(means, shares)
    return float(low), float(high)


@lru_cache(maxsize=8)
def _resampled_indices(n: int) -> npt.NDArray[np.int64]:
    """Which of n differences each resample has, (RESAMPLES, n)."""
    return np.random.default_rng(0).integers(0, n, (RESAMPLES, n))


def sign_flip_p(differences: Sequence[float]) -> float:
    """Two-sided p of the mean: the share of sign patterns (±d₁, ..., ±dₙ) whose mean is as far from 0 (Fisher 1935).

    Exact up to EXACT_UP_TO pairs: the sums of either half of the differences are sorted, and for each of one half those
    of the other half are counted. With more pairs, FLIPS random patterns stand in, and the observed one counts as one
    of them.
    """
    sizes = np.abs(np.asarray(differences, np.float64))
    n, total = len(sizes), float(sizes.sum())
    limit = abs(float(np.sum(differences))) - ROUNDING * total
    if limit <= 0:
        return 1.0
    if n > EXACT_UP_TO:
        return _random_flips_p(sizes, limit)
    first, second = _signed_sums(sizes[: n // 2]), np.sort(_signed_sums(sizes[n // 2 :]))
    reached = len(second) * len(first) - int(np.searchsorted(second, limit - first).sum())
    return float(2 * reached / 2**n)


def _signed_sums(sizes: Floats) -> Floats:
    sums = np.zeros(1)
    for size in sizes:
        sums = np.concatenate([sums - size, sums + size])
    return sums


def _random_flips_p(sizes: Floats, limit: float) -> float:
    reached = sum(int((np.abs(signs @ sizes) >= limit).sum()) for signs in _random_signs(len(sizes)))
    return (1 + reached) / (1 + FLIPS)


@lru_cache(maxsize=1)
def _random_signs(n: int) -> list[npt.NDArray[np.int8]]:
    """FLIPS random sign patterns, in pieces that become floats within the processor's cache."""
    signs = np.random.default_rng(0).integers(0, 2, (FLIPS, n), np.int8) * np.int8(2) - np.int8(1)
    return np.array_split(signs, 100)


def holm(p_values: Sequence[float], comparisons: int | None = None) -> list[float]:
    """p-values adjusted by Holm's step-down procedure (1979): max over j ≤ i of (m − j + 1) p₍ⱼ₎, at most 1.

    ``comparisons`` is m where more of them were possible than are given, as when the best of k is compared with each
    other one: its m is k(k−1)/2, since which pairs are compared was decided by the same numbers.
    """
    m = max(comparisons or 0, len(p_values))
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (m - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted
