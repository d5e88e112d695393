"""Facts that wait, for whoever looks after them: parked ones for their account, others for their case to be told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, or_, select

from casedb.inbound import Receipt
from casedb.inbound_payload import from_payload
from casedb.schema import inbox_event
from domain.errors import NotKnown

_event = inbox_event
_WAITS = or_(_event.c.parked_for.is_not(None), _event.c.signalled_at.is_(None))
_ONE = select(_event).where(_event.c.event_id == bindparam("id"))


class Waiting(StrEnum):
    """What became of a fact so far."""

    PARKED = "parked"
    UNTOLD = "untold"
    DISMISSED = "dismissed"
    """A person said that it is about none of our accounts."""
    DONE = "done"
    """It had its effect, and whoever had to hear of it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRecord:
    """One fact as it stands in the inbox; no personal data."""

    event_id: str
    source: str
    kind: str
    account_id: str | None
    at: datetime
    received_at: datetime
    told_at: datetime | None
    state: Waiting
    failures: int
    next_at: datetime | None
    """Before this a relay does not tell it again."""
    why: str = ""
    """What became of it, or what it waits for, in words."""

    def age(self, now: datetime) -> timedelta:
        """How long ago it came in."""
        return max(timedelta(0), now - self.received_at)


def list_waiting(connection: Connection, limit: int) -> tuple[list[InboxRecord], int]:
    """What waits longest first, and how many wait in all."""
    wanted: Select[Any] = select(_event).where(_WAITS)
    total = connection.execute(select(func.count()).select_from(wanted.subquery())).scalar_one()
    rows = connection.execute(wanted.order_by(_event.c.received_at, _event.c.event_id).limit(limit))
    return [_record(row) for row in rows], int(total)


def find_fact(connection: Connection, event_id: str) -> tuple[InboxRecord, Receipt]:
    """The fact of that id and its receipt. Raises NotKnown."""
    row = connection.execute(_ONE, {"id": event_id}).first()
    if row is None:
        raise NotKnown(f"fact {event_id} is not in the inbox: python starter.py inbox list shows those that wait")
    return _record(row), from_payload(row.payload)


def _record(row: Any) -> InboxRecord:
    state = _state(row)
    return InboxRecord(
        event_id=row.event_id,
        source=row.source,
        kind=row.kind,
        account_id=row.account_id or (row.payload.get("fact") or {}).get("account_id"),
        at=row.at,
        received_at=row.received_at,
        told_at=row.signalled_at,
        state=state,
        failures=row.tell_failures,
        next_at=row.tell_at,
        why=_why(row, state),
    )


def _state(row: Any) -> Waiting:
    if row.parked_for is not None:
        return Waiting.PARKED
    told = row.payload.get("fact") or {}
    if row.payload.get("parked") and told.get("by"):
        return Waiting.DISMISSED
    return Waiting.UNTOLD if row.signalled_at is None else Waiting.DONE


def _why(row: Any, state: Waiting) -> str:
    if state is Waiting.PARKED:
        if row.parked_for.startswith("payment:"):
            return "its payment names no account: inbox assign it to one, or inbox dismiss it"
        return "nobody knows whom it is about (import the book of it), or its account cannot take it: its task says"
    if state is Waiting.UNTOLD:
        return "its case was not told yet: a worker's relay does it" if row.tell_failures == 0 else "telling it failed"
    if state is Waiting.DISMISSED:
        return "a person said that it is about none of our accounts"
    if row.payload.get("counted"):
        return "it happened before the lender stated the balance, and is in it: nothing was booked"
    return "it had its effect, and its case was told"
