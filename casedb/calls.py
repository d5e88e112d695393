"""What the door for calls must know of a call, and the task that a human calls a person back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from casedb.inbound import InboundFact
from casedb.schema import case, contact_point, touch
from casedb.task_raising import Need, raise_task
from domain.vocabulary import Channel, TaskKind

CALLBACK_OWNER = "care"
_CALL = (
    select(
        touch.c.touch_id,
        touch.c.case_id,
        touch.c.account_id,
        touch.c.person_id,
        touch.c.touch_key,
        touch.c.contact_point_id,
        touch.c.reference,
        touch.c.template,
    )
    .join(contact_point, contact_point.c.contact_point_id == touch.c.contact_point_id)
    .where(
        touch.c.reference == bindparam("reference"),
        touch.c.channel == Channel.VOICE.value,
        contact_point.c.address == bindparam("number"),
    )
)
_LATEST_CASE = (
    select(case.c.case_id)
    .where(case.c.account_id == bindparam("account"))
    .order_by(case.c.opened_at.desc(), case.c.case_id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOnRecord:
    """The touch that a call was made for."""

    touch_id: str
    case_id: str
    account_id: str
    person_id: str
    touch_key: str
    contact_point_id: str
    reference: str
    template: str


def find_call(connection: Connection, reference: str, number: str) -> CallOnRecord | None:
    """The call of that reference to that number; None when we made none.

    References are unique per person only, so it takes both.
    """
    row = connection.execute(_CALL, {"reference": reference, "number": number}).first()
    return CallOnRecord(**row._mapping) if row is not None else None


def ask_for_callback(connection: Connection, fact: InboundFact, now: datetime) -> None:
    """Raise the task on the account's latest case; it stays until a human has done it."""
    case_id = connection.scalar(_LATEST_CASE, {"account": fact.account_id})
    whose = "" if case_id else f" (account {fact.account_id}, which has no case)"
    why = f"asked to talk to a person{whose}: call back if nobody could be reached at once"
    need = Need(kind=TaskKind.CALLBACK, key=fact.event_id, owner=CALLBACK_OWNER, why=why)
    raise_task(connection, need, now, case_id=case_id)
