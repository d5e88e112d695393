"""Complaints under their numbers: opened with their hold, acknowledged, answered. No word of the person is here."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from casedb.duties import Ruled
from casedb.inbound import InboundFact
from casedb.schema import complaint, complaint_year
from domain.calendar import local_date
from domain.duties import ACKNOWLEDGE, ANSWER
from domain.errors import NotKnown


def _next(dialect: Any) -> Any:
    statement = dialect.insert(complaint_year).values(year=bindparam("in_year"), last=1)
    return statement.on_conflict_do_update(index_elements=["year"], set_={"last": complaint_year.c.last + 1}).returning(
        complaint_year.c.last
    )


_NEXT = {"postgresql": _next(postgresql), "sqlite": _next(sqlite)}
_OF_HOLD = update(complaint).where(complaint.c.hold_id == bindparam("of"))
_ACKNOWLEDGED = _OF_HOLD.where(complaint.c.acknowledged_at.is_(None)).values(acknowledged_at=bindparam("at"))
_ANSWERED = _OF_HOLD.values(answered_at=bindparam("at"), answer=bindparam("reference"))
_DECIDED = _OF_HOLD.values(outcome=bindparam("told"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintRecord:
    """A complaint as its row stands."""

    number: str
    hold_id: str
    person_id: str
    account_id: str | None
    channel: str
    owner: str
    received_at: datetime
    acknowledge_by: date
    answer_by: date
    acknowledged_at: datetime | None
    answered_at: datetime | None
    outcome: str
    answer: str


def open_complaint(
    connection: Connection, fact: InboundFact, ruled: Ruled, person_id: str, received_at: datetime
) -> str:
    """Give a complaint its number: the next one of the year in which it came, by the account's calendar."""
    year = local_date(received_at, ruled.zone).year
    last = connection.execute(_NEXT[connection.dialect.name], {"in_year": year}).scalar_one()
    by_when = {planned.duty: planned.due_on for planned in ruled.rule.plan(received_at, ruled.zone)}
    number = f"C-{year}-{last:06}"
    connection.execute(
        insert(complaint),
        {
            "number": number,
            "hold_id": fact.hold,
            "person_id": person_id,
            "account_id": fact.account_id,
            "channel": fact.channel.value if fact.channel else "",
            "owner": fact.owner or ruled.rule.owner,
            "received_at": received_at,
            "acknowledge_by": by_when[ACKNOWLEDGE],
            "answer_by": by_when[ANSWER],
            "acknowledged_at": None,
            "answered_at": None,
            "outcome": "",
            "answer": "",
        },
    )
    return number


def duty_done(connection: Connection, hold_id: str, duty: str, evidence: str, at: datetime) -> None:
    """Note on the complaint of that hold, if it is one, that it was acknowledged or answered."""
    if duty == ACKNOWLEDGE:
        connection.execute(_ACKNOWLEDGED, {"of": hold_id, "at": at})
    if duty == ANSWER:
        connection.execute(_ANSWERED, {"of": hold_id, "at": at, "reference": evidence})


def decided(connection: Connection, hold_id: str, outcome: str) -> None:
    """Note the outcome on the complaint of that hold, if it is one."""
    connection.execute(_DECIDED, {"of": hold_id, "told": outcome})


def find_complaint(connection: Connection, wanted: str) -> ComplaintRecord:
    """The complaint of that number, or of that hold. Raises NotKnown."""
    query = select(complaint).where(or_(complaint.c.number == wanted, complaint.c.hold_id == wanted))
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotKnown(f"complaint {wanted} is not known: python starter.py complaint list shows them")
    return ComplaintRecord(**row)


def list_complaints(connection: Connection, *, everything: bool = False) -> list[ComplaintRecord]:
    """Complaints without an outcome, the first answer due first; all: those with one too."""
    wanted = select(complaint).order_by(complaint.c.answer_by, complaint.c.number)
    if not everything:
        wanted = wanted.where(complaint.c.outcome == "")
    return [ComplaintRecord(**row) for row in connection.execute(wanted).mappings()]
