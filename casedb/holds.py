"""Holds: placed and released through the one door, and read for people.

A hold is on a person, on one account, or on one dated amount of an account. Its start may lie before the day it was
placed; who placed it, and when, is kept beside it.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, or_, select, update

from casedb import complaints, duties
from casedb.inbound import InboundFact, InboundKind
from casedb.schema import account, hold, obligation
from domain.duties import require_code
from domain.errors import InvalidInput, NotKnown
from domain.holds import HoldState
from domain.vocabulary import HoldKind

_DESCRIBED = (
    "kind",
    "reason",
    "owner",
    "starts_at",
    "ends_at",
    "review_at",
    "obligation_due_on",
    "pauses_dpd",
    "placed_at",
    "placed_by",
    "code",
)
_FIND = select(hold.c.person_id, hold.c.released_at).where(hold.c.hold_id == bindparam("id"))
_ADD = insert(hold)
_DESCRIBE = update(hold).where(hold.c.hold_id == bindparam("id")).values({name: bindparam(name) for name in _DESCRIBED})
_RELEASE = (
    update(hold)
    .where(hold.c.hold_id == bindparam("id"))
    .values(released_at=bindparam("released"), released_by=bindparam("by"))
)
_OBLIGATION = select(obligation.c.obligation_id).where(
    obligation.c.account_id == bindparam("account"), obligation.c.due_on == bindparam("due_on")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRecord:
    """A hold as its row stands."""

    hold_id: str
    person_id: str
    account_id: str | None
    obligation_due_on: date | None
    kind: HoldKind
    reason: str
    owner: str
    starts_at: datetime
    ends_at: datetime | None
    review_at: datetime | None
    released_at: datetime | None
    pauses_dpd: bool
    placed_at: datetime | None
    placed_by: str
    released_by: str
    code: str
    outcome: str
    decided_at: datetime | None
    decided_by: str
    decided_why: str

    @property
    def state(self) -> HoldState:
        """As the core knows it."""
        return HoldState(
            hold_id=self.hold_id,
            kind=self.kind,
            owner=self.owner,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            released_at=self.released_at,
            pauses_dpd=self.pauses_dpd,
            obligation_due_on=self.obligation_due_on,
            review_at=self.review_at,
        )

    def review_due_at(self, now: datetime) -> bool:
        """Whether it is in force without an end, and a human should look at it now."""
        state = self.state
        return state.active_at(now) and state.over_at is None and (self.review_at is None or self.review_at <= now)


def place(connection: Connection, fact: InboundFact, person_id: str, now: datetime) -> InboundFact:
    """Give a hold its effect and its duties; one that was released already is only described.

    The fact comes back with the end that the law gives the hold. Raises InvalidInput when it is another person's, on an
    amount that the account does not have, or ends on a day though only a decision ends it.
    """
    kind = HoldKind.DISPUTE if fact.kind is InboundKind.DISPUTE else fact.hold_kind
    assert kind is not None, "checked at the door"
    _require_obligation(connection, fact)
    ruled = duties.find_ruled(connection, fact.account_id or person_id, kind, fact.code)
    starts_at = fact.starts_at or fact.at
    if ruled is not None:
        if fact.by:
            require_code(ruled.rule, fact.code)
        fact = replace(fact, ends_at=ruled.end_of(fact, starts_at))
    described = {
        "kind": kind.value,
        "reason": fact.reason,
        "owner": fact.owner,
        "starts_at": starts_at,
        "ends_at": fact.ends_at,
        "review_at": fact.review_at,
        "obligation_due_on": fact.obligation_due_on,
        "pauses_dpd": fact.pauses_dpd,
        "placed_at": now,
        "placed_by": fact.by,
        "code": fact.code,
    }
    if _is_known(connection, fact, person_id):
        connection.execute(_DESCRIBE, {"id": fact.hold, **described})
        return fact
    _add(connection, fact, person_id, described)
    if ruled is not None:
        duties.begin(connection, ruled, fact.hold, starts_at, now)
        if kind is HoldKind.COMPLAINT:
            complaints.open_complaint(connection, fact, ruled, person_id, starts_at)
    return fact


def release(connection: Connection, fact: InboundFact, person_id: str, now: datetime) -> None:
    """End a hold. A release that overtook its hold leaves a released one, which the hold then only describes."""
    if _is_known(connection, fact, person_id):
        connection.execute(_RELEASE, {"id": fact.hold, "released": fact.at, "by": fact.by})
        duties.lapse(connection, fact.hold, now)
        return
    described = {
        "kind": HoldKind.CUSTOM.value,
        "reason": "released before it was placed",
        "owner": fact.owner,
        "starts_at": fact.at,
        "pauses_dpd": fact.pauses_dpd,
        "placed_at": now,
        "released_at": fact.at,
        "released_by": fact.by,
    }
    _add(connection, fact, person_id, described)


def _require_obligation(connection: Connection, fact: InboundFact) -> None:
    if fact.obligation_due_on is None:
        return
    about = {"account": fact.account_id, "due_on": fact.obligation_due_on}
    if connection.execute(_OBLIGATION, about).first() is None:
        raise InvalidInput(
            f"obligation_due_on of {fact.kind} {fact.event_id}: nothing of account {fact.account_id} fell due on "
            f"{fact.obligation_due_on}"
        )


def _is_known(connection: Connection, fact: InboundFact, person_id: str) -> bool:
    found = connection.execute(_FIND, {"id": fact.hold}).first()
    if found is not None and found.person_id != person_id:
        raise InvalidInput(f"hold_id {fact.hold} of {fact.kind} {fact.event_id} is a hold of another person")
    return found is not None


def _add(connection: Connection, fact: InboundFact, person_id: str, described: dict[str, Any]) -> None:
    about = {"hold_id": fact.hold, "person_id": person_id, "account_id": fact.account_id}
    connection.execute(_ADD, about | described)


def find_hold(connection: Connection, hold_id: str) -> HoldRecord:
    """The hold of that id. Raises NotKnown."""
    row = connection.execute(select(hold).where(hold.c.hold_id == hold_id)).mappings().first()
    if row is None:
        raise NotKnown(f"hold {hold_id} is not known: python starter.py hold list shows them")
    return _record(row)


def free_id(connection: Connection, wanted: str) -> str:
    """The id itself, or with the next number when a hold of that id was placed and released before."""
    named = or_(hold.c.hold_id == wanted, hold.c.hold_id.startswith(f"{wanted}:", autoescape=True))
    known = {row.hold_id: row.released_at for row in connection.execute(select(hold).where(named))}
    hold_id, number = wanted, 1
    while known.get(hold_id) is not None:
        number += 1
        hold_id = f"{wanted}:{number}"
    return hold_id


def list_holds(
    connection: Connection, now: datetime, *, about: str | None = None, everything: bool = False
) -> list[HoldRecord]:
    """Holds that are in force or still to come, the next review or end first; `everything` adds those that are over.

    `about` is a person's or an account's id; an account's list has the holds of its whole person as well.
    """
    wanted = select(hold)
    if about is not None:
        wanted = wanted.where(_is_about(about))
    if not everything:
        wanted = wanted.where(
            hold.c.released_at.is_(None) | (hold.c.released_at > now), hold.c.ends_at.is_(None) | (hold.c.ends_at > now)
        )
    records = [_record(row) for row in connection.execute(wanted).mappings()]
    return sorted(records, key=lambda each: (each.ends_at or each.review_at or each.starts_at, each.hold_id))


def _is_about(wanted: str) -> Any:
    owner = select(account.c.person_id).where(account.c.account_id == wanted).scalar_subquery()
    return or_(
        hold.c.account_id == wanted,
        hold.c.person_id == wanted,
        and_(hold.c.person_id == owner, hold.c.account_id.is_(None)),
    )


def _record(row: Any) -> HoldRecord:
    return HoldRecord(**{**row, "kind": HoldKind(row["kind"])})
