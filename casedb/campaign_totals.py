"""What campaigns came to: members, cases, money and messages, counted by the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Select, and_, func, literal_column, or_, select

from casedb import schema
from domain.errors import NotKnown
from domain.vocabulary import CampaignStatus, Clock, LedgerKind

_campaign, _member, _case, _touch = schema.campaign, schema.campaign_member, schema.case, schema.touch
_account, _entry = schema.account, schema.ledger_entry
STILL_OPEN = "open"
"""What stands among the outcomes for cases that have none yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRecord:
    """A campaign as its row stands."""

    campaign_id: str
    name: str
    strategy: str
    status: CampaignStatus
    clock: Clock
    started_by: str
    started_at: datetime
    selection: str
    """Whom it was about; empty: everybody who owed."""
    exclusions: dict[str, int]
    """Who was asked for and left out when the members were chosen: how many, by reason."""
    spread_minutes: int
    changed_by: str
    """Who paused, resumed or aborted it last, why and when."""
    changed_why: str
    changed_at: datetime | None
    finished_at: datetime | None
    members: int
    open_cases: int
    closed_cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyTotal:
    """The money of a campaign in one currency, in minor units."""

    currency: str
    opened_minor: int
    """What was owed when the cases were opened."""
    recovered_minor: int
    """Payments, less those taken back, while the cases were open."""
    owed_minor: int
    """What the accounts of open cases owe now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignTotals:
    """What a campaign came to."""

    members_by_status: dict[str, int]
    cases_by_stage: dict[str, int]
    cases_by_outcome: dict[str, int]
    messages_by_channel: dict[str, dict[str, int]]
    """Channel, then status."""
    money: tuple[MoneyTotal, ...]


def list_campaigns(connection: Connection, limit: int | None = None) -> list[CampaignRecord]:
    """The newest campaigns first, all of them or so many."""
    return _records(connection, select(_campaign).order_by(_campaign.c.started_at.desc()).limit(limit))


def count_campaigns(connection: Connection) -> int:
    """How many campaigns there are."""
    return connection.scalar(select(func.count()).select_from(_campaign)) or 0


def find_campaign(connection: Connection, campaign_id: str) -> CampaignRecord | None:
    """The campaign of that id, or None."""
    found = _records(connection, select(_campaign).where(_campaign.c.campaign_id == campaign_id))
    return found[0] if found else None


def require_campaign(connection: Connection, campaign_id: str) -> CampaignRecord:
    """The campaign of that id. Raises NotKnown."""
    found = find_campaign(connection, campaign_id)
    if found is None:
        raise NotKnown(f"campaign {campaign_id} is not known: python starter.py campaign show lists them")
    return found


def campaign_totals(connection: Connection, campaign_id: str) -> CampaignTotals:
    """Members, cases, messages and money of one campaign."""
    mine = _case.c.campaign_id == campaign_id
    outcome = func.coalesce(_case.c.close_reason, literal_column(f"'{STILL_OPEN}'"))
    messages: dict[str, dict[str, int]] = {}
    for row in connection.execute(
        select(_touch.c.channel, _touch.c.status, func.count().label("number"))
        .join_from(_touch, _case, _case.c.case_id == _touch.c.case_id)
        .where(mine)
        .group_by(_touch.c.channel, _touch.c.status)
        .order_by(_touch.c.channel, _touch.c.status)
    ):
        messages.setdefault(row.channel, {})[row.status] = row.number
    members = select(_member.c.status, func.count()).where(_member.c.campaign_id == campaign_id)
    return CampaignTotals(
        members_by_status=_counted(connection, members.group_by(_member.c.status)),
        cases_by_stage=_counted(connection, select(_case.c.stage, func.count()).where(mine).group_by(_case.c.stage)),
        cases_by_outcome=_counted(connection, select(outcome, func.count()).where(mine).group_by(outcome)),
        messages_by_channel=messages,
        money=_money(connection, campaign_id),
    )


def _records(connection: Connection, wanted: Select[Any]) -> list[CampaignRecord]:
    rows = connection.execute(wanted).all()
    ids = [row.campaign_id for row in rows]
    members = _per_campaign(connection, select(_member.c.campaign_id, func.count()), ids, _member.c.campaign_id)
    by_state = select(_case.c.campaign_id, func.count())
    opened = _per_campaign(connection, by_state.where(_case.c.closed_at.is_(None)), ids, _case.c.campaign_id)
    closed = _per_campaign(connection, by_state.where(_case.c.closed_at.is_not(None)), ids, _case.c.campaign_id)
    return [
        CampaignRecord(
            campaign_id=row.campaign_id,
            name=row.name,
            strategy=row.strategy,
            status=CampaignStatus(row.status),
            clock=Clock(row.clock),
            started_by=row.started_by,
            started_at=row.started_at,
            selection=row.selection,
            exclusions=dict(row.exclusions),
            spread_minutes=row.spread_minutes,
            changed_by=row.changed_by,
            changed_why=row.changed_why,
            changed_at=row.changed_at,
            finished_at=row.finished_at,
            members=members.get(row.campaign_id, 0),
            open_cases=opened.get(row.campaign_id, 0),
            closed_cases=closed.get(row.campaign_id, 0),
        )
        for row in rows
    ]


def _per_campaign(
    connection: Connection, counting: Select[*tuple[Any, ...]], ids: list[str], column: Column[Any]
) -> dict[str, int]:
    return _counted(connection, counting.where(column.in_(ids)).group_by(column))


def _counted(connection: Connection, counting: Select[*tuple[Any, ...]]) -> dict[str, int]:
    return {str(name): int(number) for name, number in connection.execute(counting)}


def _money(connection: Connection, campaign_id: str) -> tuple[MoneyTotal, ...]:
    mine = _case.c.campaign_id == campaign_id
    recovered = _counted(
        connection,
        select(_account.c.currency, -func.sum(_entry.c.amount_minor))
        .join_from(_case, _account, _account.c.account_id == _case.c.account_id)
        .join(
            _entry,
            and_(
                _entry.c.account_id == _case.c.account_id,
                _entry.c.kind.in_([LedgerKind.PAYMENT.value, LedgerKind.REVERSAL.value]),
                _entry.c.at >= _case.c.opened_at,
                or_(_case.c.closed_at.is_(None), _entry.c.at <= _case.c.closed_at),
            ),
        )
        .where(mine)
        .group_by(_account.c.currency),
    )
    still_open = func.sum(_account.c.balance_minor).filter(_case.c.closed_at.is_(None))
    rows = connection.execute(
        select(
            _account.c.currency,
            func.sum(_case.c.opening_balance_minor).label("opened"),
            func.coalesce(still_open, 0).label("owed"),
        )
        .join_from(_case, _account, _account.c.account_id == _case.c.account_id)
        .where(mine)
        .group_by(_account.c.currency)
        .order_by(_account.c.currency)
    )
    return tuple(
        MoneyTotal(
            currency=row.currency,
            opened_minor=int(row.opened),
            recovered_minor=recovered.get(row.currency, 0),
            owed_minor=int(row.owed),
        )
        for row in rows
    )
