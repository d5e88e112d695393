"""What the door for calls must know of a call, and the task that a human calls a person back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, literal, select

from casedb.inbound import InboundFact
from casedb.schema import case, contact_point, human_task, touch
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
_ASK = insert(human_task).from_select(
    ["case_id", "kind", "key", "owner", "why", "raised_at"],
    select(
        _LATEST_CASE.scalar_subquery(),
        literal(TaskKind.CALLBACK.value),
        bindparam("event_key", type_=human_task.c.key.type),
        literal(CALLBACK_OWNER),
        literal("asked to talk to a person: call back if nobody could be reached at once"),
        bindparam("asked_at", type_=human_task.c.raised_at.type),
    ).where(_LATEST_CASE.exists()),
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
    connection.execute(_ASK, {"account": fact.account_id, "event_key": fact.event_id, "asked_at": now})
