"""Which dated amounts are still unpaid: DPD counts from the earliest of them."""

from collections.abc import Sequence
from datetime import date


def earliest_unpaid(obligations: Sequence[tuple[date, int]], balance_minor: int) -> date | None:
    """The due date of the first obligation that money has not covered; None when nothing is owed.

    Obligations are (due date, amount in minor units) in any order; money covers the oldest first. When more is owed
    than they sum to (interest, fees), nothing of them counts as paid.
    """
    if balance_minor <= 0 or not obligations:
        return None
    paid = max(0, sum(amount for _, amount in obligations) - balance_minor)
    by_age = sorted(obligations)
    for due_on, amount in by_age:
        paid -= amount
        if paid < 0:
            return due_on
    return by_age[-1][0]
