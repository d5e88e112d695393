"""What a score is made of, read in one statement; only for cases whose strategy asks for it, and for people."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select

from casedb.prepared import Prepared
from casedb.schema import agreement, case, ledger_entry, reply, touch
from domain.calendar import days_past_due
from domain.case import CaseState
from domain.holds import HoldState, pauses_of
from domain.negotiation.judging import Judgement
from domain.score import History
from domain.vocabulary import DeliveryStatus, HoldKind, LedgerKind, TouchStatus

COUNTED = timedelta(days=90)
_SPARING = frozenset({HoldKind.HARDSHIP, HoldKind.VULNERABILITY, HoldKind.BREATHING_SPACE})
_PROMISES = (
    select(func.count())
    .select_from(agreement.join(case, case.c.case_id == agreement.c.case_id))
    .where(case.c.account_id == bindparam("account"), agreement.c.agreed_as.startswith("promise:"))
)
_MOVED = (
    select(func.count())
    .select_from(ledger_entry)
    .where(ledger_entry.c.account_id == bindparam("account"), ledger_entry.c.at >= bindparam("since"))
)
_SENT = (
    select(func.count())
    .select_from(touch)
    .where(
        touch.c.person_id == bindparam("person"),
        touch.c.at >= bindparam("since"),
        touch.c.status == TouchStatus.SENT.value,
    )
)
_COUNTS = Prepared(
    select(
        _PROMISES.where(agreement.c.judgement == Judgement.KEPT.value).scalar_subquery().label("kept"),
        _PROMISES.where(agreement.c.judgement == Judgement.BROKEN.value).scalar_subquery().label("broken"),
        _MOVED.where(ledger_entry.c.kind == LedgerKind.PAYMENT.value).scalar_subquery().label("paid"),
        _MOVED.where(ledger_entry.c.kind == LedgerKind.REVERSAL.value).scalar_subquery().label("reversed"),
        _SENT.scalar_subquery().label("sent"),
        _SENT.where(touch.c.delivery == DeliveryStatus.DELIVERED.value).scalar_subquery().label("delivered"),
        select(func.count())
        .select_from(reply)
        .where(reply.c.person_id == bindparam("person"), reply.c.at >= bindparam("since"))
        .scalar_subquery()
        .label("answers"),
    )
)


def read_history(connection: Connection, case: CaseState, holds: tuple[HoldState, ...], now: datetime) -> History:
    """What is known of the case's account and person at this instant."""
    about = {"account": case.account_id, "person": case.person_id, "since": now - COUNTED}
    (found,) = _COUNTS.all(connection, about)
    return History(
        days_past_due=days_past_due(case.due_on, now, case.zone, pauses_of(holds, case.due_on)),
        promises_kept=found.kept,
        promises_broken=found.broken,
        payments=max(0, found.paid - found.reversed),
        sent=found.sent,
        delivered=found.delivered,
        answers=found.answers,
        hardship=any(hold.kind in _SPARING and hold.active_at(now) for hold in holds),
    )
