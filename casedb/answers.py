"""The answer that a reply earns: claimed before it is sent, and never sent twice."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from casedb.schema import case, consent, reply
from domain.replies.intent import ENDS_CONTACT, Intent
from domain.vocabulary import Channel, Permission

CLAIMED, SENT, UNKNOWN, FAILED, SKIPPED = "claimed", "sent", "unknown", "failed", "skipped"
MAY_HAVE_LEFT = (CLAIMED, SENT, UNKNOWN)
_CONFIRMATIONS = sorted(ENDS_CONTACT)
_LATEST_CASE = (
    select(case.c.case_id)
    .where(case.c.account_id == reply.c.account_id)
    .order_by(case.c.opened_at.desc(), case.c.case_id.desc())
    .limit(1)
    .scalar_subquery()
)
_OPEN = case.alias("open_case")
_OWED = (
    select(reply, _LATEST_CASE.label("case_id"), _OPEN.c.strategy, _OPEN.c.strategy_version)
    .outerjoin(_OPEN, and_(_OPEN.c.account_id == reply.c.account_id, _OPEN.c.closed_at.is_(None)))
    .where(reply.c.reply_id == bindparam("id"), reply.c.answer != "")
)
_MOVE = (
    update(reply)
    .where(reply.c.reply_id == bindparam("id"), reply.c.answer_status.in_(("", CLAIMED, UNKNOWN)))
    .values(
        answer_status=bindparam("to_status"),
        answer_why=bindparam("because"),
        answer_provider_id=bindparam("as_provider_id"),
        answered_at=bindparam("at_instant"),
    )
)
_OFFER = update(reply).where(reply.c.reply_id == bindparam("id")).values(promised_on=bindparam("from_day"))
_REOPENED = select(func.max(consent.c.at)).where(
    consent.c.person_id == bindparam("person"),
    consent.c.channel == bindparam("by_channel"),
    consent.c.permission == Permission.GIVEN.value,
)
_CONFIRMED = select(func.max(reply.c.at)).where(
    reply.c.person_id == bindparam("person"),
    reply.c.channel == bindparam("by_channel"),
    reply.c.reply_id != bindparam("but"),
    reply.c.answer.in_(_CONFIRMATIONS),
    or_(*(reply.c.answer_status == status for status in MAY_HAVE_LEFT)),
)
_LATELY = (
    select(func.count())
    .select_from(reply)
    .where(
        reply.c.person_id == bindparam("person"),
        reply.c.channel == bindparam("by_channel"),
        reply.c.reply_id != bindparam("but"),
        reply.c.answered_at > bindparam("since", type_=reply.c.answered_at.type),
        or_(*(reply.c.answer_status == status for status in MAY_HAVE_LEFT)),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedAnswer:
    """A reply that earns an answer, and how far that got."""

    reply_id: str
    person_id: str
    account_id: str
    case_id: str | None
    """The latest case of the account: verdicts are on its record."""
    strategy: str | None
    """Of the account's open case, with its version; None when none is open."""
    strategy_version: str | None
    contact_point_id: str
    channel: Channel
    at: datetime
    intent: Intent
    status: str
    since: datetime | None


def find_owed(connection: Connection, reply_id: str) -> OwedAnswer | None:
    """The answer that this reply earns; None when it earns none."""
    row = connection.execute(_OWED, {"id": reply_id}).first()
    if row is None or row.person_id is None or row.account_id is None or row.contact_point_id is None:
        return None
    return OwedAnswer(
        reply_id=row.reply_id,
        person_id=row.person_id,
        account_id=row.account_id,
        case_id=row.case_id,
        strategy=row.strategy,
        strategy_version=row.strategy_version,
        contact_point_id=row.contact_point_id,
        channel=Channel(row.channel),
        at=row.at,
        intent=Intent(row.answer),
        status=row.answer_status,
        since=row.answered_at,
    )


def was_confirmed(connection: Connection, owed: OwedAnswer) -> bool:
    """Whether the person's no to this channel was confirmed before, and nothing was opened again since."""
    about = {"person": owed.person_id, "by_channel": owed.channel.value}
    confirmed = connection.scalar(_CONFIRMED, about | {"but": owed.reply_id})
    reopened = connection.scalar(_REOPENED, about)
    return confirmed is not None and (reopened is None or reopened < confirmed)


def answered_since(connection: Connection, owed: OwedAnswer, since: datetime) -> int:
    """How many other answers the person got on this channel after an instant, as far as we know."""
    about = {"person": owed.person_id, "by_channel": owed.channel.value, "but": owed.reply_id, "since": since}
    return int(connection.execute(_LATELY, about).scalar_one())


def offer(connection: Connection, reply_id: str, first_due_on: date) -> None:
    """Remember from which day on the plans run that this answer offers: who takes one takes it from then."""
    connection.execute(_OFFER, {"id": reply_id, "from_day": first_due_on})


def move(
    connection: Connection,
    reply_id: str,
    status: str,
    at: datetime | None,
    *,
    why: str = "",
    provider_id: str | None = None,
) -> None:
    """Say how far the answer got; one that is sent, failed or skipped stays so."""
    connection.execute(
        _MOVE,
        {"id": reply_id, "to_status": status, "because": why, "as_provider_id": provider_id, "at_instant": at},
    )
