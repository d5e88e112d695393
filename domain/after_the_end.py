"""What still stands outside when a case is over, and must be taken back: money and holds come after an end as well."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.escalation import IN_OUR_BOOKS, OutsideKind, OutsideState
from domain.holds import HoldState

PAID = "nothing is owed any more, after the end of the case"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Steps that must be taken back, the last one first, and why."""

    steps: tuple[OutsideState, ...]
    why: str


def to_take_back(
    taken: Iterable[OutsideState], *, balance_minor: int, holds: Sequence[HoldState], now: datetime
) -> Due:
    """What of a closed case's steps must not stand any longer; none while it is owed and nobody says stop.

    As for an open case: paid takes back all, a hold what troubles the person. What was written off stays so, and with
    it the charge-off before it, because nothing of it came back.
    """
    standing = [each for each in taken if each.is_open]
    if balance_minor <= 0:
        forgiven = any(each.kind is OutsideKind.WRITE_OFF for each in standing)
        stays = IN_OUR_BOOKS if forgiven else frozenset[OutsideKind]()
        return _due(standing, stays, PAID)
    holding = [hold for hold in holds if hold.active_at(now) and hold.obligation_due_on is None]
    if holding:
        named = ", ".join(f"{hold.kind.value} ({hold.hold_id})" for hold in holding)
        return _due(standing, IN_OUR_BOOKS, f"held for {named}, after the end of the case")
    return Due(steps=(), why="it is owed, and nothing is held")


def _due(standing: Sequence[OutsideState], stays: frozenset[OutsideKind], why: str) -> Due:
    return Due(steps=tuple(each for each in reversed(standing) if each.kind not in stays), why=why)
