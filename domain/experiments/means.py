"""Amounts per person: the mean with its interval, and the difference of two by Welch, in the large-sample form."""

from dataclasses import dataclass, field
from math import sqrt
from statistics import NormalDist

from domain.experiments.proportions import CONFIDENCE, Difference, Interval, z_of

LEAST_PEOPLE = 30
"""Below it nothing is said about a mean: amounts are lopsided, and the normal approximation would flatter."""


@dataclass(slots=True)
class Running:
    """Mean and variance of numbers that come one by one (Welford 1962)."""

    count: int = 0
    mean: float = 0.0
    total: int = 0
    _squares: float = field(default=0.0, repr=False)

    def add(self, value: int) -> None:
        """One more person."""
        self.count += 1
        self.total += value
        gone = value - self.mean
        self.mean += gone / self.count
        self._squares += gone * (value - self.mean)

    @property
    def variance_of_mean(self) -> float:
        """Of fewer than two people nothing is known."""
        return self._squares / (self.count - 1) / self.count if self.count > 1 else 0.0

    @property
    def interval(self) -> Interval | None:
        """Of the mean; None for few people."""
        if self.count < LEAST_PEOPLE:
            return None
        half = z_of(CONFIDENCE) * sqrt(self.variance_of_mean)
        return Interval(self.mean - half, self.mean + half)


def mean_difference(one: Running, other: Running) -> Difference | None:
    """Of the first less the second; None when either has few people."""
    if min(one.count, other.count) < LEAST_PEOPLE:
        return None
    by, error = one.mean - other.mean, sqrt(one.variance_of_mean + other.variance_of_mean)
    if error == 0:
        return Difference(by, Interval(by, by), 1.0 if by == 0 else 0.0)
    half = z_of(CONFIDENCE) * error
    return Difference(by, Interval(by - half, by + half), 2 * NormalDist().cdf(-abs(by / error)))
