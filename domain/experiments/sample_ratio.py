"""Whether people came into the arms as the weights say: if not, something lost some of one arm, and no rate is fair."""

from collections.abc import Sequence
from math import erfc, exp, pi, sqrt

from domain.experiments.proportions import LEAST_EXPECTED

MISMATCH = 0.001
"""Under this p-value we speak of a mismatch: it is looked at in every report, and must not cry wolf."""


def mismatch_p(counts: Sequence[int], weights: Sequence[int]) -> float | None:
    """The p-value of Pearson's test of fit; None while some arm should have fewer than five people."""
    total, shares = sum(counts), sum(weights)
    expected = [total * weight / shares for weight in weights]
    if not expected or min(expected) < LEAST_EXPECTED:
        return None
    statistic = sum((count - wanted) ** 2 / wanted for count, wanted in zip(counts, expected, strict=True))
    return chi_square_tail(statistic, len(counts) - 1)


def chi_square_tail(statistic: float, degrees: int) -> float:
    """The chance of a chi-square above the statistic, in closed form for whole degrees of freedom.

    Abramowitz and Stegun, 26.4.4 and 26.4.5.
    """
    if statistic <= 0 or degrees < 1:
        return 1.0
    half = statistic / 2
    if degrees % 2:
        term, tail = sqrt(2 * statistic / pi) * exp(-half), erfc(sqrt(half))
        for step in range(3, degrees + 1, 2):
            tail, term = tail + term, term * statistic / step
        return min(1.0, tail)
    term = tail = exp(-half)
    for step in range(2, degrees, 2):
        term *= statistic / step
        tail += term
    return min(1.0, tail)
