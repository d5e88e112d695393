"""Accounts as a campaign sees them, some hundred at a time: three statements, however many they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, func, or_, select

from casedb import schema
from casedb.cases import GONE_FOR_GOOD
from casedb.overdue import hold_of
from casedb.people import SHIELDED_BY
from domain.calendar import days_past_due, local_date
from domain.holds import pauses_of
from domain.obligations import earliest_unpaid
from domain.selection import Candidate
from domain.vocabulary import CampaignStatus, CloseReason, LedgerKind, MemberStatus

_account, _person, _obligation, _hold = schema.account, schema.person, schema.obligation, schema.hold
_campaign, _member, _entry = schema.campaign, schema.campaign_member, schema.ledger_entry
_open, _past = schema.case.alias("open_case"), schema.case.alias("past")
IS_WAITING = or_(_campaign.c.status == CampaignStatus.RUNNING.value, _campaign.c.status == CampaignStatus.PAUSED.value)
"""Campaigns whose pending members will be started by them and by nobody else."""
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_LAST_ENDED = (
    select(_past.c.close_reason)
    .where(_past.c.account_id == _account.c.account_id, _past.c.closed_at.is_not(None))
    .order_by(_past.c.closed_at.desc(), _past.c.case_id.desc())
    .limit(1)
    .scalar_subquery()
)
_LAST_PAID_AT = (
    select(func.max(_entry.c.at))
    .where(_entry.c.account_id == _account.c.account_id, _entry.c.kind == LedgerKind.PAYMENT.value)
    .scalar_subquery()
)
_ENROLLING_IN = (
    select(_member.c.campaign_id)
    .join(_campaign, _campaign.c.campaign_id == _member.c.campaign_id)
    .where(
        _member.c.account_id == _account.c.account_id,
        _member.c.status == MemberStatus.PENDING.value,
        IS_WAITING,
        _campaign.c.campaign_id != bindparam("but"),
    )
    .limit(1)
    .scalar_subquery()
)
_ROWS = (
    select(
        _account.c.account_id,
        _account.c.person_id,
        _account.c.creditor,
        _account.c.product,
        _account.c.segment,
        _account.c.currency,
        _account.c.zone,
        _account.c.balance_minor,
        _person.c.jurisdiction,
        _person.c.locale,
        SHIELDED_BY.label("shielded_by"),
        _open.c.case_id.label("open_case"),
        _open.c.campaign_id.label("open_campaign"),
        _LAST_ENDED.label("last_ended"),
        _LAST_PAID_AT.label("last_paid_at"),
        _ENROLLING_IN.label("enrolling_in"),
    )
    .join_from(_account, _person, _person.c.person_id == _account.c.person_id)
    .outerjoin(_open, and_(_open.c.account_id == _account.c.account_id, _open.c.closed_at.is_(None)))
    .where(_account.c.account_id.in_(_IDS))
    .order_by(_account.c.account_id)
)
_DUE = (
    select(_obligation.c.account_id, _obligation.c.due_on, _obligation.c.amount_minor)
    .where(_obligation.c.account_id.in_(_IDS))
    .order_by(_obligation.c.account_id)
)
_HELD = (
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
    .join_from(_account, _hold, _hold.c.person_id == _account.c.person_id)
    .where(
        _account.c.account_id.in_(_IDS), or_(_hold.c.account_id.is_(None), _hold.c.account_id == _account.c.account_id)
    )
    .order_by(_account.c.account_id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An account with the campaign that its open case belongs to, if it has one."""

    candidate: Candidate
    open_campaign: str | None


def read_candidates(
    connection: Connection, account_ids: Sequence[str], now: datetime, *, campaign_id: str = ""
) -> list[Found]:
    """Those of the accounts that exist, in the order of ids; of `campaign_id` itself none is said to be waiting."""
    if not account_ids:
        return []
    ids = {"ids": list(account_ids)}
    rows = connection.execute(_ROWS, ids | {"but": campaign_id}).all()
    due, held = _by_account(connection.execute(_DUE, ids)), _by_account(connection.execute(_HELD, ids))
    return [
        Found(
            candidate=_candidate(row, due.get(row.account_id, []), held.get(row.account_id, []), now),
            open_campaign=row.open_campaign if row.open_case is not None else None,
        )
        for row in rows
    ]


def _by_account(rows: Any) -> Mapping[str, list[Any]]:
    return {account_id: list(each) for account_id, each in groupby(rows, key=lambda row: row.account_id)}


def _candidate(row: Any, due: Sequence[Any], held: Sequence[Any], now: datetime) -> Candidate:
    due_on = _earliest(due, row.balance_minor)
    days = days_past_due(due_on, now, row.zone, pauses_of(map(hold_of, held), due_on)) if due_on is not None else 0
    last = CloseReason(row.last_ended) if row.last_ended else None
    return Candidate(
        account_id=row.account_id,
        person_id=row.person_id,
        creditor=row.creditor,
        product=row.product,
        segment=row.segment,
        currency=row.currency,
        jurisdiction=row.jurisdiction,
        locale=row.locale,
        last_outcome=row.last_ended or "",
        zone=row.zone,
        balance_minor=row.balance_minor,
        due_on=due_on,
        days_past_due=days,
        days_since_payment=_days_since(row.last_paid_at, now, row.zone),
        overdue=due_on is not None and due_on < local_date(now, row.zone),
        has_open_case=row.open_case is not None,
        gone=last if last in GONE_FOR_GOOD else None,
        shielded_by=row.shielded_by,
        enrolling_in=row.enrolling_in or "",
    )


def _days_since(at: datetime | None, now: datetime, zone: str) -> int | None:
    return None if at is None else (local_date(now, zone) - local_date(at, zone)).days


def _earliest(due: Sequence[Any], balance_minor: int) -> date | None:
    return earliest_unpaid([(each.due_on, each.amount_minor) for each in due], balance_minor)
