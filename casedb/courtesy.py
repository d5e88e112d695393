"""Whether an account that is about to fall due may be reminded before: what only the case database knows."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, bindparam, or_, select

from casedb.cases import obligations_of
from casedb.prepared import Prepared
from casedb.schema import account, case, obligation, touch
from casedb.snapshot import COUNTS_AGAINST_CAPS
from domain.calendar import local_date, start_of_day
from domain.obligations import unpaid_amounts

_WHO = Prepared(
    select(account.c.person_id, account.c.balance_minor).where(account.c.account_id == bindparam("account"))
)
_REMINDED = Prepared(
    select(touch.c.touch_id)
    .where(
        touch.c.account_id == bindparam("account"),
        touch.c.touch_key == bindparam("key"),
        touch.c.at >= bindparam("since"),
        or_(*(touch.c.status == status.value for status in COUNTS_AGAINST_CAPS)),
    )
    .limit(1)
)
_SPOKEN_TO = Prepared(
    select(case.c.case_id)
    .where(
        case.c.person_id == bindparam("person"), case.c.closed_at.is_(None), case.c.account_id != bindparam("account")
    )
    .limit(1)
)
_ELSEWHERE_OVERDUE = Prepared(
    select(account.c.account_id)
    .join(obligation, obligation.c.account_id == account.c.account_id)
    .where(
        account.c.person_id == bindparam("person"),
        account.c.account_id != bindparam("account"),
        account.c.balance_minor > 0,
        obligation.c.due_on < bindparam("today"),
    )
    .limit(1)
)


def courtesy_refusal(
    connection: Connection,
    account_id: str,
    *,
    due_on: date,
    zone: str,
    key: str,
    days: int,
    now: datetime,
) -> str:
    """Why this due date gets no courtesy reminder under that touch key; empty when it may.

    One reminder per due date, and none to somebody with whom there is a conversation about money already.
    """
    [who] = _WHO.all(connection, {"account": account_id})
    if len(unpaid_amounts(obligations_of(connection, account_id), who.balance_minor)) != 1:
        return "several amounts are owed: a reminder before the due date speaks of one"
    since = start_of_day(due_on - timedelta(days=days), zone)
    if _REMINDED.first(connection, {"account": account_id, "key": key, "since": since}):
        return f"what falls due on {due_on} was spoken of already"
    about = {"person": who.person_id, "account": account_id}
    if _SPOKEN_TO.first(connection, about):
        return "another account of the person has an open case"
    if _ELSEWHERE_OVERDUE.first(connection, about | {"today": local_date(now, zone)}):
        return "another account of the person is overdue"
    return ""
