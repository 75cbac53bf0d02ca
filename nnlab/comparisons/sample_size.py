"""How many pairs show a difference: Student's t, the smallest p of a sign-flip test, power."""

from collections.abc import Callable
from functools import lru_cache
from math import ceil, cos, inf, log2, pi, sin, sqrt, tan
from statistics import NormalDist

LEVEL = 0.95
"""Confidence level of intervals; a difference is shown where p is at most 1 − LEVEL."""

ALPHA = 0.05
"""1 − LEVEL."""

POWER = 0.8
"""Probability with which the pairs that are asked for show the difference."""

MOST_PAIRS = 1000
"""More pairs than this are not counted."""

# From here on the expansion of the quantile is exact to 6 digits.
_MANY = 30


@lru_cache(maxsize=1024)
def t_quantile(share: float, dof: int) -> float:
    """Quantile of Student's t distribution with a whole number of degrees of freedom.

    Few degrees: the finite sums of Abramowitz & Stegun 26.7.3 and 26.7.4, inverted by bisection. Many: 26.7.5.
    """
    if share < 0.5:
        return -t_quantile(1 - share, dof)
    if dof > _MANY:
        x = NormalDist().inv_cdf(share)
        terms = (
            (x**3 + x) / 4,
            (5 * x**5 + 16 * x**3 + 3 * x) / 96,
            (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
            (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160,
        )
        return x + sum(term / float(dof) ** power for power, term in enumerate(terms, 1))
    low, high = 0.0, pi / 2
    while high - low > 1e-15:
        middle = (low + high) / 2
        low, high = (middle, high) if _central_share(middle, dof) < 2 * share - 1 else (low, middle)
    return tan(low) * sqrt(dof)


def _central_share(angle: float, dof: int) -> float:
    """P(|t| < √dof · tan(angle))."""
    odd = dof % 2 == 1
    c2, term, total = cos(angle) ** 2, cos(angle) if odd else 1.0, 0.0
    for k in range(2 + odd, dof + 1, 2):
        total += term
        term *= c2 * (k - 1) / k
    return 2 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total


def smallest_p(pairs: int, comparisons: int = 1) -> float:
    """The smallest p that a two-sided sign-flip test can give: 2/2ⁿ, times the comparisons it is corrected for."""
    return min(1.0, comparisons * 2.0 * 0.5**pairs)


def fewest_pairs(comparisons: int = 1) -> int:
    """The fewest pairs with which a sign-flip test can reach ALPHA: 6 for one comparison, since 2/2⁵ = 0.0625."""
    return ceil(1 + log2(comparisons / ALPHA))


def pairs_needed(mean: float, std: float, comparisons: int = 1) -> int | None:
    """The fewest pairs that show a difference with probability POWER if mean and standard deviation stay as they are.

    The smallest n ≥ :func:`fewest_pairs` with |mean|·√n/std ≥ t(1 − α/2, n−1) + t(POWER, n−1), where α is ALPHA divided
    by the comparisons: the power of a paired t-test, with the non-central t approximated by a shifted one. None where
    that is more than MOST_PAIRS.
    """
    least = fewest_pairs(comparisons)
    effect = inf if std == 0 and mean else abs(mean) / std if std else 0.0

    def shows(n: int) -> bool:
        return effect * sqrt(n) >= t_quantile(1 - ALPHA / comparisons / 2, n - 1) + t_quantile(POWER, n - 1)

    return _first(shows, least, MOST_PAIRS)


def _first(holds: Callable[[int], bool], low: int, high: int) -> int | None:
    """The smallest number from ``low`` to ``high`` for which a monotone condition holds."""
    if low > high or not holds(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
