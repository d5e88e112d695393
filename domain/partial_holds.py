"""A hold on one dated amount: the case goes on about what else is overdue, and about nothing else.

Days past due then count from the earliest of the other amounts, and only what is not held may be asked for. When
nothing else is overdue, or too little to ask for, the hold silences the whole case until that changes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.holds import HoldState

Unpaid = Sequence[tuple[date, int]]
"""Due date and what is left of each amount, as `domain.obligations.unpaid_amounts` answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remainder:
    """What may be asked for beside the amounts that are held."""

    due_on: date
    """When the earliest overdue amount of it fell due."""
    amount_minor: int


def remainder(
    holds: Iterable[HoldState], unpaid: Unpaid, *, now: datetime, today: date, least_minor: int
) -> Remainder | None:
    """What is left to chase under holds on single amounts; None when every hold, or none, is on all of it."""
    held = _held_dates(holds, now)
    if not held:
        return None
    others = [(due_on, amount) for due_on, amount in unpaid if due_on not in held and amount > 0]
    amount = sum(amount for _, amount in others)
    overdue = [due_on for due_on, _ in others if due_on < today]
    if not overdue or amount < least_minor:
        return None
    return Remainder(due_on=min(overdue), amount_minor=amount)


def next_other_due(holds: Iterable[HoldState], unpaid: Unpaid, *, now: datetime, today: date) -> date | None:
    """When the next amount that is not held falls due, from today on; None without holds on single amounts."""
    held = _held_dates(holds, now)
    coming = [due_on for due_on, amount in unpaid if held and due_on not in held and amount > 0 and due_on >= today]
    return min(coming, default=None)


def _held_dates(holds: Iterable[HoldState], now: datetime) -> set[date]:
    """The amounts under holds of their own; none of them matters while a hold is on everything."""
    dates = [hold.obligation_due_on for hold in holds if hold.active_at(now)]
    return set() if None in dates else {due_on for due_on in dates if due_on is not None}
