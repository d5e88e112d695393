"""Which dated amounts are still unpaid: DPD counts from the earliest of them."""

from collections.abc import Sequence
from datetime import date


def unpaid_amounts(obligations: Sequence[tuple[date, int]], balance_minor: int) -> tuple[tuple[date, int], ...]:
    """Due date and what is left of each obligation that money has not covered, oldest first.

    They sum to the balance: what is owed beyond the obligations (interest, fees) counts to the newest.
    """
    left, unpaid = max(0, balance_minor), []
    for due_on, amount in sorted(obligations, reverse=True):
        share = min(left, amount)
        left -= share
        unpaid.append((due_on, share))
    if unpaid:
        unpaid[0] = (unpaid[0][0], unpaid[0][1] + left)
    return tuple((due_on, amount) for due_on, amount in reversed(unpaid) if amount > 0)


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
