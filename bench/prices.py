"""What actions and storage cost on Temporal Cloud, by its published list prices (docs/performance.md says of when)."""

from dataclasses import dataclass

TIERS = ((5, 50), (5, 45), (10, 40), (30, 35), (50, 30), (100, 25))
"""Millions of actions a month, and dollars for each of these millions; beyond them prices are negotiated."""
ACTIVE_GB_HOUR, RETAINED_GB_HOUR = 0.042, 0.00105
RETENTION_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """Dollars for a million cases of one path, all started in one month."""

    actions_millions: float
    actions_usd: float
    active_usd: float
    retained_usd: float

    @property
    def total_usd(self) -> float:
        """Everything but the plan's base fee and support."""
        return self.actions_usd + self.active_usd + self.retained_usd


def actions_usd(millions: float) -> float:
    """The list price of so many millions of actions in one month; the last tier's price goes on beyond its end."""
    left, price = millions, 0.0
    for size, usd in TIERS:
        taken = min(left, size)
        price, left = price + taken * usd, left - taken
    return price + left * TIERS[-1][1]


def bill_for_a_million(actions: int, history_bytes: int, days_open: int) -> Bill:
    """A million cases with so many actions and bytes each, open for so many days and then kept for the retention.

    A history grows while its case is open: half of its bytes are counted for that time.
    """
    gigabytes = history_bytes * 1_000_000 / 1e9
    return Bill(
        actions_millions=float(actions),
        actions_usd=actions_usd(float(actions)),
        active_usd=gigabytes / 2 * days_open * 24 * ACTIVE_GB_HOUR,
        retained_usd=gigabytes * RETENTION_DAYS * 24 * RETAINED_GB_HOUR,
    )
