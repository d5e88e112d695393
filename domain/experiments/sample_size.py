"""How many people a comparison takes, and what one of a given size can see (Fleiss, Statistical Methods, eq. 4.14)."""

from math import ceil, sqrt
from statistics import NormalDist

from domain.experiments.proportions import CONFIDENCE, z_of

POWER = 0.8
"""How often a difference that is there is seen."""


def people_needed(base: float, by: float) -> int:
    """People in each arm to see that a rate of `base` moved by `by`, up or down, whichever takes more."""
    wanted = [other for other in (base + by, base - by) if 0 <= other <= 1]
    return max((_needed(base, other) for other in wanted), default=1)


def _needed(one: float, other: float) -> int:
    if one == other:
        return 10**12
    alpha, beta = z_of(CONFIDENCE), NormalDist().inv_cdf(POWER)
    mean = (one + other) / 2
    spread = alpha * sqrt(2 * mean * (1 - mean)) + beta * sqrt(one * (1 - one) + other * (1 - other))
    return max(1, ceil(spread**2 / (one - other) ** 2))


def least_visible(base: float, people: int) -> float:
    """The smallest difference that so many people in each arm show; 1 when none is."""
    low, high = 0.0, max(base, 1 - base)
    if people < 1 or people_needed(base, high) > people:
        return 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if people_needed(base, middle) <= people else (middle, high)
    return high
