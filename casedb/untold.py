"""Facts whose cases were not told: which, since when, and who tells them now.

A relay takes a few under a lease, so that two relays never tell the same fact at once; a relay that dies gives them
back by doing nothing. What could not be told waits longer each time, so that it never stands in the way of the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, bindparam, func, or_, select, update

from casedb.engine import reading, writing
from casedb.inbound import Receipt
from casedb.inbound_payload import from_payload
from casedb.schema import inbox_event

LEASE = timedelta(seconds=60)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)

_event = inbox_event
_UNTOLD = (_event.c.signalled_at.is_(None), _event.c.received_at <= bindparam("older_than"))
_DUE = (
    select(_event.c.event_id)
    .where(*_UNTOLD, or_(_event.c.tell_at.is_(None), _event.c.tell_at <= bindparam("by_now")))
    .order_by(_event.c.received_at, _event.c.event_id)
    .limit(bindparam("most"))
)
_LEASE = (
    update(_event)
    .where(_event.c.event_id.in_(_DUE.with_for_update(skip_locked=True)))
    .values(tell_at=bindparam("leased_until"))
    .returning(_event.c.event_id, _event.c.received_at, _event.c.tell_failures, _event.c.payload, _event.c.traceparent)
)
_PUT_BACK = (
    update(_event)
    .where(_event.c.event_id == bindparam("id"), _event.c.signalled_at.is_(None))
    .values(tell_at=bindparam("next_at"), tell_failures=bindparam("failures"))
)
_SINCE = func.min(_event.c.received_at, type_=_event.c.received_at.type)
_BACKLOG = select(func.count().label("facts"), _SINCE.label("oldest")).where(*_UNTOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """A fact that waits to be told, under a lease."""

    event_id: str
    received_at: datetime
    failures: int
    """How often telling it failed so far."""
    payload: dict[str, Any]
    """Its receipt, as `casedb.inbound_payload` reads it."""
    traceparent: str = ""

    @property
    def receipt(self) -> Receipt:
        """The fact with what it did, to be told in the trace in which it came in."""
        return replace(from_payload(self.payload), traceparent=self.traceparent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How many facts wait to be told, and since when the oldest does."""

    facts: int = 0
    oldest: datetime | None = None

    def age(self, now: datetime) -> timedelta:
        """How long the oldest has waited."""
        return max(timedelta(0), now - self.oldest) if self.oldest is not None else timedelta(0)


def take_untold(engine: Engine, now: datetime, *, older_than: datetime, limit: int) -> list[Untold]:
    """The next facts to tell, oldest first, for whoever asks and for nobody else until the lease is over."""
    wanted = {"by_now": now, "older_than": older_than, "most": limit, "leased_until": now + LEASE}
    with writing(engine) as connection:
        rows = connection.execute(_LEASE, wanted).all()
    ordered = sorted(rows, key=lambda row: (row.received_at, row.event_id))
    return [
        Untold(
            event_id=row.event_id,
            received_at=row.received_at,
            failures=row.tell_failures,
            payload=row.payload,
            traceparent=row.traceparent or "",
        )
        for row in ordered
    ]


def put_back(engine: Engine, facts: Sequence[Untold], now: datetime, *, failed: bool) -> None:
    """Give up the lease: at once, or after a pause that doubles with every failure."""
    if not facts:
        return
    rows = [
        {
            "id": fact.event_id,
            "next_at": now + pause_after(fact.failures + 1) if failed else None,
            "failures": fact.failures + 1 if failed else fact.failures,
        }
        for fact in facts
    ]
    with writing(engine) as connection:
        connection.execute(_PUT_BACK, rows)


def pause_after(failures: int) -> timedelta:
    """How long a fact rests that could not be told so often."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(failures - 1, 20)))


def read_backlog(engine: Engine, older_than: datetime) -> Backlog:
    """What waits, of what came in at or before an instant."""
    with reading(engine) as connection:
        row = connection.execute(_BACKLOG, {"older_than": older_than}).one()
    return Backlog(facts=row.facts, oldest=row.oldest)
