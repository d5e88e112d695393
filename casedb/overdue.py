"""Every overdue account with what it owes, where its case stands and what is next: ids, words and amounts only.

Read page by page in the order of account ids, three statements to a page however many accounts it has. An account is
overdue by its own calendar: at one instant the same due date may lie behind in Auckland and not in Honolulu.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import BigInteger, Engine, and_, bindparam, cast, func, or_, select

from casedb import schema, switches
from casedb.cases import GONE_FOR_GOOD
from casedb.engine import reading
from casedb.prepared import Prepared
from domain.calendar import days_past_due, local_date
from domain.holds import HoldState, pauses_of
from domain.ladder import dpd_bucket
from domain.obligations import earliest_unpaid
from domain.switches import Switch, affecting
from domain.vocabulary import HoldKind, LedgerKind

FIRST_ZONE = "Pacific/Kiritimati"
"""Where a day begins first: what is not overdue there is overdue nowhere."""
PAGE_SIZE = 1000

_account, _case, _entry, _obligation = schema.account, schema.case, schema.ledger_entry, schema.obligation
_hold = schema.hold
FELL_DUE = and_(
    _account.c.balance_minor > 0,
    select(_obligation.c.account_id)
    .where(_obligation.c.account_id == _account.c.account_id, _obligation.c.due_on < bindparam("before"))
    .exists(),
)
"""Accounts that may be overdue somewhere: a cheap question, before the calendar of each is asked."""
_PAGE = (
    select(_account.c.account_id, _account.c.person_id, _account.c.currency, _account.c.zone, _account.c.balance_minor)
    .where(_account.c.account_id > bindparam("after"), FELL_DUE)
    .order_by(_account.c.account_id)
    .limit(bindparam("most"))
    .cte("page")
)


def _sum_of(kind: LedgerKind) -> Any:
    return func.coalesce(func.sum(_entry.c.amount_minor).filter(_entry.c.kind == kind.value), 0)


_ITEMS = (
    select(
        _entry.c.account_id,
        _sum_of(LedgerKind.CHARGE).label("principal"),
        _sum_of(LedgerKind.INTEREST).label("interest"),
        _sum_of(LedgerKind.FEE).label("fees"),
    )
    .where(_entry.c.account_id.in_(select(_PAGE.c.account_id)))
    .group_by(_entry.c.account_id)
    .subquery("items")
)
_past = schema.case.alias("past")
_LAST_ENDED = (
    select(_past.c.close_reason)
    .where(_past.c.account_id == _PAGE.c.account_id, _past.c.closed_at.is_not(None))
    .order_by(_past.c.closed_at.desc())
    .limit(1)
    .scalar_subquery()
)
_ACCOUNTS = Prepared(
    select(
        *_PAGE.c,
        cast(_ITEMS.c.principal, BigInteger).label("principal"),
        cast(_ITEMS.c.interest, BigInteger).label("interest"),
        cast(_ITEMS.c.fees, BigInteger).label("fees"),
        _case.c.case_id,
        _case.c.campaign_id,
        _case.c.strategy,
        _case.c.stage,
        _case.c.next_action,
        _case.c.next_at,
        _case.c.next_why,
        _LAST_ENDED.label("last_ended"),
    )
    .select_from(_PAGE)
    .outerjoin(_ITEMS, _ITEMS.c.account_id == _PAGE.c.account_id)
    .outerjoin(_case, and_(_case.c.account_id == _PAGE.c.account_id, _case.c.closed_at.is_(None)))
    .order_by(_PAGE.c.account_id)
)
_IN_RANGE = and_(_account.c.account_id > bindparam("after"), _account.c.account_id <= bindparam("last"))
_OBLIGATIONS = Prepared(
    select(_obligation.c.account_id, _obligation.c.due_on, _obligation.c.amount_minor)
    .where(_obligation.c.account_id > bindparam("after"), _obligation.c.account_id <= bindparam("last"))
    .order_by(_obligation.c.account_id)
)
_HOLDS = Prepared(
    select(
        _account.c.account_id,
        _hold.c.hold_id,
        _hold.c.kind,
        _hold.c.starts_at,
        _hold.c.ends_at,
        _hold.c.released_at,
        _hold.c.pauses_dpd,
        _hold.c.obligation_due_on,
    )
    .join_from(_hold, _account, _account.c.person_id == _hold.c.person_id)
    .where(_IN_RANGE, or_(_hold.c.account_id.is_(None), _hold.c.account_id == _account.c.account_id))
    .order_by(_account.c.account_id)
)
_GONE = frozenset(reason.value for reason in GONE_FOR_GOOD)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueAccount:
    """One account that is past due; amounts in minor units of its currency."""

    account_id: str
    person_id: str
    currency: str
    due_on: date
    """Of the earliest amount still unpaid."""
    days_past_due: int
    """Without the days that holds take off."""
    bucket: str
    principal_minor: int
    interest_minor: int
    fees_minor: int
    paid_minor: int
    """What payments, credits and relief took off."""
    total_minor: int
    """What is owed now: principal, interest and fees, less what was taken off."""
    case_id: str | None
    strategy: str | None
    stage: str | None
    next_action: str | None
    next_at: datetime | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which accounts a report is about; everything when nothing is said."""

    bucket: str | None = None
    least_days: int = 0
    strategy: str | None = None

    def includes(self, row: OverdueAccount) -> bool:
        """Whether the report shows this account."""
        in_bucket = self.bucket is None or row.bucket == self.bucket
        by_strategy = self.strategy is None or row.strategy == self.strategy
        return in_bucket and by_strategy and row.days_past_due >= self.least_days


def overdue_accounts(
    engine: Engine, now: datetime, wanted: Wanted | None = None, *, page_size: int = PAGE_SIZE
) -> Iterator[OverdueAccount]:
    """Every overdue account in the order of ids; one page is in memory at a time, and no transaction stays open."""
    after, before, chosen = "", local_date(now, FIRST_ZONE), wanted or Wanted()
    while True:
        with reading(engine) as connection:
            rows = _ACCOUNTS.all(connection, {"after": after, "before": before, "most": page_size})
            if not rows:
                return
            span = {"after": after, "last": rows[-1].account_id}
            obligations = _by_account(_OBLIGATIONS.all(connection, span))
            holds = _by_account(_HOLDS.all(connection, span))
            stops = switches.active(connection)
        for row in rows:
            dated = [(each.due_on, each.amount_minor) for each in obligations[row.account_id]]
            found = _overdue(row, dated, holds.get(row.account_id, []), stops, now)
            if found is not None and chosen.includes(found):
                yield found
        after = rows[-1].account_id


def longest_first(rows: Iterable[OverdueAccount]) -> list[OverdueAccount]:
    """The accounts longest past due first; of equals, by id."""
    return sorted(rows, key=lambda row: (-row.days_past_due, row.account_id))


def _by_account(rows: Iterable[Any]) -> dict[str, list[Any]]:
    return {account_id: list(each) for account_id, each in groupby(rows, key=lambda row: row.account_id)}


def _overdue(
    row: Any, dated: list[tuple[date, int]], holds: list[Any], stops: tuple[Switch, ...], now: datetime
) -> OverdueAccount | None:
    due_on = earliest_unpaid(dated, row.balance_minor)
    if due_on is None or due_on >= local_date(now, row.zone):
        return None
    days = days_past_due(due_on, now, row.zone, pauses_of(map(hold_of, holds), due_on))
    principal, interest, fees = (amount or 0 for amount in (row.principal, row.interest, row.fees))
    return OverdueAccount(
        account_id=row.account_id,
        person_id=row.person_id,
        currency=row.currency,
        due_on=due_on,
        days_past_due=days,
        bucket=dpd_bucket(days),
        principal_minor=principal,
        interest_minor=interest,
        fees_minor=fees,
        paid_minor=principal + interest + fees - row.balance_minor,
        total_minor=row.balance_minor,
        case_id=row.case_id,
        strategy=row.strategy,
        stage=row.stage,
        next_action=row.next_action,
        next_at=row.next_at,
        why=_why(row, stops),
    )


def hold_of(row: Any) -> HoldState:
    """A hold from its columns, as far as days past due need it."""
    return HoldState(
        hold_id=row.hold_id,
        kind=HoldKind(row.kind),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        released_at=row.released_at,
        pauses_dpd=row.pauses_dpd,
        obligation_due_on=row.obligation_due_on,
    )


def _why(row: Any, stops: tuple[Switch, ...]) -> str:
    if row.case_id is None:
        if row.last_ended in _GONE:
            return f"the last case ended as {row.last_ended}: a human decides what becomes of the account"
        return "no case is open: the next sweep looks at it"
    stopping = affecting(stops, campaign_id=row.campaign_id, strategy=row.strategy)
    off = f"stopped ({', '.join(switch.name for switch in stopping)}); " if stopping else ""
    return f"{off}{row.next_why or 'nothing is decided yet'}"
