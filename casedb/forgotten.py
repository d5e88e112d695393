"""Open cases that nobody looks after: their step was due and was not taken, and no task is open that they wait for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from casedb import schema
from domain.vocabulary import Clock, TaskKind

LATE = timedelta(hours=1)
"""A step that is due is taken within seconds. What our own database must know is tried again within minutes."""
CONTACT_LATE = timedelta(hours=24)
"""A contact waits for its provider's rate, and is tried for as long as its lawful day goes on."""
CONTACT = "contact"
WAITED_FOR = tuple(kind.value for kind in TaskKind if not (kind.outlives_the_step or kind is TaskKind.STUCK_CASE))
"""Tasks that a case waits for. Others stand whatever it does: a callback of old says nothing of a workflow today."""

_case, _campaign, _task = schema.case, schema.campaign, schema.human_task
_WAITS = exists().where(_task.c.case_id == _case.c.case_id, _task.c.done_at.is_(None), _task.c.kind.in_(WAITED_FOR))
_REHEARSED = exists().where(_campaign.c.campaign_id == _case.c.campaign_id, _campaign.c.clock == Clock.VIRTUAL.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateCase:
    """An open case whose step was due long ago, or that has none."""

    case_id: str
    account_id: str
    due_at: datetime | None
    action: str | None

    @property
    def says(self) -> str:
        """That it does not move, in a sentence that can go on."""
        due = f"{self.action} was due at {self.due_at:%Y-%m-%d %H:%M} UTC" if self.due_at else "nothing is next"
        return f"case {self.case_id} does not move: {due}"


def is_late(now: datetime) -> ColumnElement[bool]:
    """Open, on the real clock, due for an hour, and no person was asked.

    A hold has an end or a review, and so a step to come. A case that a kill switch stops looks again every hour.
    """
    return and_(_case.c.closed_at.is_(None), _due_before(now - LATE), ~_WAITS, ~_REHEARSED)


def is_forgotten(now: datetime) -> ColumnElement[bool]:
    """Late beyond doubt, by the record alone: of a contact only the server knows whether it is being tried."""
    no_contact = or_(_case.c.next_action.is_(None), _case.c.next_action != CONTACT)
    return and_(is_late(now), or_(no_contact, _due_before(now - CONTACT_LATE)))


def _due_before(at: datetime) -> ColumnElement[bool]:
    """One that has no step was due when it was opened."""
    return or_(_case.c.next_at < at, and_(_case.c.next_at.is_(None), _case.c.opened_at < at))


def cases_that_are(connection: Connection, condition: ColumnElement[bool]) -> list[LateCase]:
    """All of them, those that were due first first."""
    found = (
        select(_case.c.case_id, _case.c.account_id, _case.c.next_at, _case.c.next_action)
        .where(condition)
        .order_by(func.coalesce(_case.c.next_at, _case.c.opened_at), _case.c.case_id)
    )
    return [
        LateCase(case_id=row.case_id, account_id=row.account_id, due_at=row.next_at, action=row.next_action)
        for row in connection.execute(found)
    ]
