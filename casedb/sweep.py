"""The book as the sweep reads it: page by page in the order of account ids, one page with one statement and its debts.

The cheap question comes first and is asked of the whole page at once: who owes something that fell due somewhere on
earth and has no case, and whose case is open. What the account's own calendar says is reckoned afterwards.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Engine, and_, bindparam, or_, select

from casedb import schema
from casedb.campaigns import PendingMember
from casedb.candidates import IS_WAITING
from casedb.cases import GONE_FOR_GOOD
from casedb.engine import reading
from casedb.overdue import FELL_DUE, FIRST_ZONE
from casedb.people import SHIELDED_BY
from casedb.prepared import Prepared
from domain.calendar import local_date
from domain.obligations import earliest_unpaid
from domain.vocabulary import Clock, CloseReason, MemberStatus

_account, _person, _obligation = schema.account, schema.person, schema.obligation
_campaign, _member = schema.campaign, schema.campaign_member
_open, _past = schema.case.alias("open_case"), schema.case.alias("past")
_LAST = (
    select(_past.c.case_id)
    .where(_past.c.account_id == _account.c.account_id, _past.c.closed_at.is_not(None))
    .order_by(_past.c.closed_at.desc(), _past.c.case_id.desc())
    .limit(1)
    .scalar_subquery()
)
_last = schema.case.alias("last_case")
_ENROLLING = (
    select(_member.c.account_id)
    .join(_campaign, _campaign.c.campaign_id == _member.c.campaign_id)
    .where(
        _member.c.account_id == _account.c.account_id,
        _member.c.status == MemberStatus.PENDING.value,
        IS_WAITING,
    )
    .exists()
)
_PAGE = Prepared(
    select(
        _account.c.account_id,
        _account.c.zone,
        _account.c.currency,
        _account.c.balance_minor,
        _person.c.jurisdiction,
        SHIELDED_BY.label("shielded_by"),
        _open.c.case_id,
        _open.c.strategy,
        _campaign.c.clock,
        _last.c.strategy.label("last_strategy"),
        _last.c.close_reason.label("last_reason"),
        _ENROLLING.label("enrolling"),
    )
    .join_from(_account, _person, _person.c.person_id == _account.c.person_id)
    .outerjoin(_open, and_(_open.c.account_id == _account.c.account_id, _open.c.closed_at.is_(None)))
    .outerjoin(_campaign, _campaign.c.campaign_id == _open.c.campaign_id)
    .outerjoin(_last, _last.c.case_id == _LAST)
    .where(_account.c.account_id > bindparam("after"), or_(FELL_DUE, _open.c.case_id.is_not(None)))
    .order_by(_account.c.account_id)
    .limit(bindparam("most"))
)
_OBLIGATIONS = Prepared(
    select(_obligation.c.account_id, _obligation.c.due_on, _obligation.c.amount_minor)
    .where(_obligation.c.account_id > bindparam("after"), _obligation.c.account_id <= bindparam("last"))
    .order_by(_obligation.c.account_id)
)
_STILL_OPEN = select(_open.c.account_id).where(
    _open.c.closed_at.is_(None), _open.c.account_id.in_(bindparam("accounts", expanding=True))
)
_HAS_A_CASE = select(_open.c.account_id).where(
    or_(_open.c.closed_at.is_(None), _open.c.closed_at > bindparam("since", type_=_open.c.closed_at.type)),
    _open.c.account_id.in_(bindparam("accounts", expanding=True)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An account that owes, has no open case, and may have fallen due."""

    member: PendingMember
    currency: str
    strategy: str | None
    """Of its last case; None when it never had one."""
    gone: CloseReason | None
    """The last case ended for good: a human decides what becomes of the account."""
    shielded: bool
    """Its person is restricted or erased: nobody may be collected whom nobody may contact."""
    enrolling: bool
    """A campaign that runs will start it."""

    def overdue_at(self, now: datetime) -> bool:
        """Whether something is past due in the account's calendar."""
        return self.member.due_on is not None and self.member.due_on < local_date(now, self.member.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOne:
    """An account with an open case, as its workflow would start again."""

    member: PendingMember
    strategy: str
    rehearsed: bool
    """It lives on a virtual clock: only its conductor may start it."""


def page_of_book(
    engine: Engine, after: str, limit: int, now: datetime, *, days_ahead: int = 0
) -> list[Candidate | OpenOne]:
    """The next accounts that a sweep must look at; `days_ahead` takes in those that fall due within so many days."""
    before = local_date(now, FIRST_ZONE) + timedelta(days=days_ahead)
    with reading(engine) as connection:
        rows = _PAGE.all(connection, {"after": after, "before": before, "most": limit})
        if not rows:
            return []
        dated = _dated(_OBLIGATIONS.all(connection, {"after": after, "last": rows[-1].account_id}))
    return [_found(row, dated.get(row.account_id, [])) for row in rows]


def still_open(engine: Engine, account_ids: Sequence[str]) -> frozenset[str]:
    """Which of the accounts have an open case at this moment."""
    with reading(engine) as connection:
        return frozenset(connection.execute(_STILL_OPEN, {"accounts": list(account_ids)}).scalars())


def with_a_case(engine: Engine, account_ids: Sequence[str], *, since: datetime) -> frozenset[str]:
    """Which of the accounts have a case that is open or was closed only after `since`."""
    with reading(engine) as connection:
        return frozenset(connection.execute(_HAS_A_CASE, {"accounts": list(account_ids), "since": since}).scalars())


def _dated(rows: Iterable[Any]) -> dict[str, list[tuple[date, int]]]:
    return {
        account_id: [(row.due_on, row.amount_minor) for row in each]
        for account_id, each in groupby(rows, key=lambda row: row.account_id)
    }


def _found(row: Any, dated: list[tuple[date, int]]) -> Candidate | OpenOne:
    member = PendingMember(
        account_id=row.account_id,
        zone=row.zone,
        balance_minor=row.balance_minor,
        jurisdiction=row.jurisdiction,
        due_on=earliest_unpaid(dated, row.balance_minor),
    )
    if row.case_id is not None:
        return OpenOne(member=member, strategy=row.strategy, rehearsed=row.clock == Clock.VIRTUAL.value)
    reason = CloseReason(row.last_reason) if row.last_reason else None
    return Candidate(
        member=member,
        currency=row.currency,
        strategy=row.last_strategy,
        gone=reason if reason in GONE_FOR_GOOD else None,
        shielded=bool(row.shielded_by),
        enrolling=bool(row.enrolling),
    )
