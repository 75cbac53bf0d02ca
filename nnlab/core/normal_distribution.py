"""The standard normal distribution to all digits of double precision, by published rational approximations."""

from collections.abc import Sequence
from math import pi, sqrt

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.workspace import Workspace

# Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23 (1969), 631-637, as
# function ANORM of "Algorithm 715: SPECFUN", ACM Transactions on Mathematical Software 19 (1993), 22-32.
# Coefficients of numerator and denominator, highest power first. Near 0, of x²: (Φ(x) − ½) / x.
NEAR = (
    (
        0.065682337918207449113,
        2.2352520354606839287,
        161.02823106855587881,
        1067.6894854603709582,
        18154.981253343561249,
    ),
    (1.0, 47.20258190468824187, 976.09855173777669322, 10260.932208618978205, 45507.789335026729956),
)
# Up to √32, of |x|: Φ(−|x|) / e^(−x²/2). Its relative error is 5e-12 at 0 and 4e-10 at 14.2, beyond which Φ is 0 in
# float32: there this one is enough.
MIDDLE = (
    (
        *(1.0765576773720192317e-8, 0.39894151208813466764, 8.8831497943883759412, 93.506656132177855979),
        *(597.27027639480026226, 2494.5375852903726711, 6848.1904505362823326, 11602.651437647350124),
        9842.7148383839780218,
    ),
    (
        *(1.0, 22.266688044328115691, 235.38790178262499861, 1519.377599407554805, 6485.558298266760755),
        *(18615.571640885098091, 34900.952721145977266, 38912.003286093271411, 19685.429676859990727),
    ),
)
# Beyond, of 1/x²: x² (1/√2π − |x| Φ(−|x|) / e^(−x²/2)).
FAR = (
    (
        *(0.02307344176494017303, 0.21589853405795699, 0.1274011611602473639, 0.022235277870649807),
        *(0.001421619193227893466, 2.9112874951168792e-5),
    ),
    (
        *(1.0, 1.28426009614491121, 0.468238212480865118, 0.0659881378689285515, 0.00378239633202758244),
        7.29751555083966205e-5,
    ),
)
NEAR_END, MIDDLE_END = 0.66291, sqrt(32)
# Beyond, Φ(−|x|) is 0 in double precision.
END = 40.0
# Numbers per piece: its arrays stay in the cache.
NUMBERS_AT_ONCE = 16_384


def normal_distribution(x: Array, cdf: Array, density: Array, workspace: Workspace, *, single: bool = False) -> None:
    """Write Φ(x) = ∫ φ from −∞ to x and φ(x) = e^(−x²/2) / √2π for each of the numbers x (M,), real or complex.

    The relative error of both is below 1e-15, also where Φ is next to 0; with ``single`` below 4e-10 where Φ is a
    float32 that is not 0, in half the time. Complex numbers take the formula of their real part, so that the complex
    step sees the same function. What is as large as a piece is kept in the workspace.
    """
    for start in range(0, len(x), NUMBERS_AT_ONCE):
        part = slice(start, start + NUMBERS_AT_ONCE)
        _distribution(x[part], cdf[part], density[part], workspace, single)


def _distribution(x: Array, cdf: Array, density: Array, workspace: Workspace, single: bool) -> None:
    y, bell = workspace.array("y and bell", (2, len(x)), x.dtype)
    both = workspace.array("numerator and denominator", (2, len(x)), x.dtype)
    positive = np.greater(x.real, 0, out=workspace.array("right half", x.shape, np.bool_))
    np.negative(x, out=y)
    np.copyto(y, x, where=positive)
    np.minimum(y, END, out=y)  # |x|
    if single:
        np.multiply(y, y, out=bell)
        bell /= -2
        np.exp(bell, out=bell)
    else:
        _exact_bell(y, bell, workspace)
    np.multiply(bell, 1 / sqrt(2 * pi), out=density)
    np.multiply(bell, _quotient(MIDDLE, y, both), out=cdf)
    if not single:
        (far,) = np.nonzero(y.real > MIDDLE_END)
        squares = 1 / (y[far] * y[far])
        quotient = _quotient(FAR, squares, both[:, : len(far)])
        cdf[far] = bell[far] / y[far] * (1 / sqrt(2 * pi) - squares * quotient)
    np.subtract(1, cdf, out=cdf, where=positive)
    if not single:
        (near,) = np.nonzero(y.real <= NEAR_END)
        small = x[near]
        cdf[near] = 0.5 + small * _quotient(NEAR, small * small, both[:, : len(near)])


def _exact_bell(y: Array, bell: Array, workspace: Workspace) -> None:
    """Write e^(−y²/2) with an exact square: of y² itself, rounding would change the last three digits at y = 30."""
    head, first = workspace.array("head and first", (2, len(y)), y.real.dtype)
    np.multiply(y.real, 16, out=head)
    np.round(head, out=head)
    head /= 16
    np.multiply(head, head, out=first)
    first /= -2
    np.exp(first, out=first)
    rest = np.subtract(y, head, out=workspace.array("rest", y.shape, y.dtype))
    np.add(y, head, out=bell)
    bell *= rest
    bell /= -2
    np.exp(bell, out=bell)
    bell *= first


def _quotient(coefficients: tuple[Sequence[float], Sequence[float]], x: Array, both: Array) -> Array:
    """The quotient of two polynomials of one degree by Horner's rule, in ``both`` (2, M) at once."""
    first, *others = np.array(coefficients).T[:, :, np.newaxis]
    both[...] = first
    for pair in others:
        both *= x
        both += pair
    numerator: Array
    numerator, denominator = both
    numerator /= denominator
    return numerator
