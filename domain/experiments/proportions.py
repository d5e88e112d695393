"""Shares of people: Wilson's interval, Newcombe's interval of a difference, and whether it may be chance.

Wilson E.B., J. Am. Stat. Assoc. 22 (1927) 209. Newcombe R.G., Statistics in Medicine 17 (1998) 873, method 10: the
Wilson limits of both shares, so that the interval stays within -1 and 1 and is right for small samples too. The
p-value is Fisher's exact one while a cell expects fewer than five, and that of the score test (the chi-square test of a
fourfold table without correction) from there on.
"""

from dataclasses import dataclass
from math import exp, fsum, isclose, lgamma, sqrt
from statistics import NormalDist

from domain.errors import InvalidInput

CONFIDENCE = 0.95
LEAST_EXPECTED = 5
"""Below it the normal approximation of a count is not trusted."""
ROUNDING = 1e-7
"""Tables as likely as the one at hand differ from it by no more than this, relatively."""
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Interval:
    """From and to, at `CONFIDENCE`."""

    low: float
    high: float

    def times(self, factor: float) -> "Interval":
        """In another unit."""
        return Interval(self.low * factor, self.high * factor)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    count: int
    of: int

    def __post_init__(self) -> None:
        """Refuse more than all."""
        if not 0 <= self.count <= self.of:
            raise InvalidInput(f"{self.count} of {self.of} is no share")

    @property
    def rate(self) -> float:
        """From 0 to 1; of nobody 0."""
        return self.count / self.of if self.of else 0.0

    @property
    def interval(self) -> Interval:
        """Wilson's; of nobody everything is possible."""
        return wilson(self.count, self.of)


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much one share is above another."""

    by: float
    interval: Interval
    p: float
    """How often chance alone would make a difference as large."""


def z_of(confidence: float) -> float:
    """The two-sided quantile of the normal distribution."""
    return _NORMAL.inv_cdf(0.5 + confidence / 2)


def wilson(count: int, of: int, *, confidence: float = CONFIDENCE) -> Interval:
    """The interval of a share."""
    if of == 0:
        return Interval(0.0, 1.0)
    z = z_of(confidence)
    rate, weight = count / of, z * z / of
    centre = (rate + weight / 2) / (1 + weight)
    half = z * sqrt((rate * (1 - rate) + weight / 4) / of) / (1 + weight)
    return Interval(0.0 if count == 0 else max(0.0, centre - half), 1.0 if count == of else min(1.0, centre + half))


def difference(one: Share, other: Share) -> Difference:
    """Of the first less the second, with Newcombe's interval."""
    by = one.rate - other.rate
    first, second = one.interval, other.interval
    below = sqrt((one.rate - first.low) ** 2 + (second.high - other.rate) ** 2)
    above = sqrt((first.high - one.rate) ** 2 + (other.rate - second.low) ** 2)
    return Difference(by, Interval(max(-1.0, by - below), min(1.0, by + above)), p_of(one, other))


def p_of(one: Share, other: Share) -> float:
    """Two-sided; 1 when nothing can be compared."""
    total, hits = one.of + other.of, one.count + other.count
    if not one.of or not other.of or hits in (0, total):
        return 1.0
    least = min(side.of * min(hits, total - hits) / total for side in (one, other))
    if least < LEAST_EXPECTED:
        return fisher(one, other)
    pooled = hits / total
    z = (one.rate - other.rate) / sqrt(pooled * (1 - pooled) * (1 / one.of + 1 / other.of))
    return 2 * _NORMAL.cdf(-abs(z))


def fisher(one: Share, other: Share) -> float:
    """Fisher's exact test: the chance of every table that is no likelier than the one at hand, by logarithms."""
    hits, total = one.count + other.count, one.of + other.of
    whole = _log_ways(total, hits)

    def likelihood(count: int) -> float:
        return exp(_log_ways(one.of, count) + _log_ways(other.of, hits - count) - whole)

    seen = likelihood(one.count) * (1 + ROUNDING)
    first, last = max(0, hits - other.of), min(hits, one.of)
    return min(1.0, fsum(each for each in map(likelihood, range(first, last + 1)) if each <= seen))


def _log_ways(of: int, chosen: int) -> float:
    return lgamma(of + 1) - lgamma(chosen + 1) - lgamma(of - chosen + 1)


def holm(values: list[float]) -> list[float]:
    """p-values of several comparisons, made larger so that all of them together err as seldom as one (Holm 1979)."""
    order = sorted(range(len(values)), key=values.__getitem__)
    adjusted, largest = [0.0] * len(values), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, values[index] * (len(values) - rank)))
        adjusted[index] = largest
    return adjusted


def is_chance(p: float) -> bool:
    """Whether a difference is not told from chance at our confidence."""
    return p > 1 - CONFIDENCE and not isclose(p, 1 - CONFIDENCE)
