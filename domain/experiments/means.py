"""Amounts per person: the mean with its interval, and the difference of two by Welch, in the large-sample form."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from domain.experiments.proportions import CONFIDENCE, Difference, Interval, z_of

LEAST_PEOPLE = 30
"""Below it nothing is said about a mean: amounts are lopsided, and the normal approximation would flatter."""


@dataclass(slots=True, kw_only=True)
class Amounts:
    """Numbers of one currency, kept as exact sums, so that they may come one by one."""

    count: int = 0
    """How many people; who paid or cost nothing is one with zero."""
    total: int = 0
    squares: int = 0

    def add(self, value: int) -> None:
        """One more person."""
        self.count += 1
        self.total += value
        self.squares += value * value

    @property
    def mean(self) -> float:
        """Per person; of nobody 0."""
        return self.total / self.count if self.count else 0.0

    @property
    def variance_of_mean(self) -> float:
        """Of fewer than two people nothing is known."""
        if self.count < 2:
            return 0.0
        return (self.squares * self.count - self.total**2) / (self.count**2 * (self.count - 1))

    @property
    def interval(self) -> Interval | None:
        """Of the mean; None for few people."""
        if self.count < LEAST_PEOPLE:
            return None
        half = z_of(CONFIDENCE) * sqrt(self.variance_of_mean)
        return Interval(self.mean - half, self.mean + half)


def mean_difference(one: Amounts, other: Amounts) -> Difference | None:
    """Of the first less the second; None when either has few people."""
    if min(one.count, other.count) < LEAST_PEOPLE:
        return None
    by, error = one.mean - other.mean, sqrt(one.variance_of_mean + other.variance_of_mean)
    if error == 0:
        return Difference(by, Interval(by, by), 1.0 if by == 0 else 0.0)
    half = z_of(CONFIDENCE) * error
    return Difference(by, Interval(by - half, by + half), 2 * NormalDist().cdf(-abs(by / error)))
