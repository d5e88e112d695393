"""An account on which no workflow runs: whether one should, and how it was collected before."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from casedb.campaigns import PendingMember
from casedb.cases import GONE_FOR_GOOD, obligations_of
from casedb.people import SHIELDED_BY
from casedb.prepared import Prepared
from casedb.schema import account, case, person
from domain.calendar import local_date
from domain.obligations import earliest_unpaid
from domain.vocabulary import CloseReason

_ACCOUNT = Prepared(
    select(
        account.c.account_id,
        account.c.zone,
        account.c.balance_minor,
        person.c.jurisdiction,
        SHIELDED_BY.label("shielded_by"),
    )
    .join(person, person.c.person_id == account.c.person_id)
    .where(account.c.account_id == bindparam("account"))
)
_LAST_CASE = Prepared(
    select(case.c.strategy, case.c.closed_at, case.c.close_reason)
    .where(case.c.account_id == bindparam("account"))
    .order_by(case.c.opened_at.desc(), case.c.case_id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncollected:
    """What a workflow of this account would start with."""

    member: PendingMember
    has_case: bool
    """A case is open, so its workflow was lost."""
    overdue: bool
    """Something is overdue, in the account's calendar, and the account is ours to collect: no law and no lender has
    it, and its person is neither restricted nor erased."""
    shielded_by: str
    """Why no case of this person is started; empty when one may be."""
    strategy: str | None
    """Of its latest case; None when it never had one."""


def find_uncollected(connection: Connection, account_id: str, now: datetime) -> Uncollected | None:
    """The account as a start must know it; None for one that nobody knows."""
    known = _ACCOUNT.first(connection, {"account": account_id})
    if known is None:
        return None
    last = _LAST_CASE.first(connection, {"account": account_id})
    due_on = earliest_unpaid(obligations_of(connection, account_id), known.balance_minor)
    has_case = last is not None and last.closed_at is None
    gone = last is not None and last.close_reason is not None and CloseReason(last.close_reason) in GONE_FOR_GOOD
    return Uncollected(
        member=PendingMember(
            account_id=account_id,
            zone=known.zone,
            balance_minor=known.balance_minor,
            jurisdiction=known.jurisdiction,
            due_on=due_on,
        ),
        has_case=has_case,
        overdue=due_on is not None and due_on < local_date(now, known.zone) and not gone and not known.shielded_by,
        shielded_by=known.shielded_by,
        strategy=last.strategy if last is not None else None,
    )
