"""Where the cases of a campaign stand, read without a lock: for whoever watches them or conducts a rehearsal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, func, select

from casedb import schema
from casedb.answers import SENT
from casedb.engine import reading
from domain.vocabulary import ApprovalStatus, LedgerKind, Stage, TouchStatus

_case, _approval, _touch = schema.case, schema.approval, schema.touch
_MINE = _case.c.campaign_id == bindparam("campaign")
_STANDINGS = (
    select(
        _case.c.case_id,
        _case.c.account_id,
        _case.c.stage,
        _case.c.decisions,
        _case.c.next_at,
        _case.c.closed_at,
        _approval.c.approval_id,
        _approval.c.requested_at,
        _approval.c.roles,
    )
    .outerjoin(
        _approval,
        and_(_approval.c.case_id == _case.c.case_id, _approval.c.status == ApprovalStatus.REQUESTED.value),
    )
    .where(_MINE)
)
_person, _account, _point = schema.person, schema.account, schema.contact_point
_PEOPLE = (
    select(_person)
    .where(
        _person.c.person_id.in_(
            select(_account.c.person_id)
            .join(schema.campaign_member, schema.campaign_member.c.account_id == _account.c.account_id)
            .where(schema.campaign_member.c.campaign_id == bindparam("campaign"))
        )
    )
    .order_by(_person.c.person_id)
)
_POINTS = select(_point).order_by(_point.c.person_id, _point.c.preference, _point.c.contact_point_id)
_ACCOUNTS = (
    select(_account)
    .join(schema.campaign_member, schema.campaign_member.c.account_id == _account.c.account_id)
    .where(schema.campaign_member.c.campaign_id == bindparam("campaign"))
    .order_by(_account.c.account_id)
)
_STAGES = select(_case.c.stage, func.count()).where(_MINE).group_by(_case.c.stage)
_CLOSED = (
    select(_case.c.close_reason, func.count())
    .where(_MINE, _case.c.closed_at.is_not(None))
    .group_by(_case.c.close_reason)
)
_OPENED_MONEY = (
    select(_account.c.currency, func.sum(_case.c.opening_balance_minor))
    .join(_account, _account.c.account_id == _case.c.account_id)
    .where(_MINE)
    .group_by(_account.c.currency)
)
_entry = schema.ledger_entry
_RECOVERED = (
    select(_account.c.currency, -func.sum(_entry.c.amount_minor))
    .join(_account, _account.c.account_id == _entry.c.account_id)
    .join(_case, _case.c.account_id == _account.c.account_id)
    .where(
        _MINE,
        _entry.c.kind.in_([LedgerKind.PAYMENT.value, LedgerKind.REVERSAL.value]),
        _entry.c.at >= _case.c.opened_at,
    )
    .group_by(_account.c.currency)
)
_SENT = and_(_touch.c.status == TouchStatus.SENT.value, _MINE)
_CHANNELS = (
    select(_touch.c.channel, func.count())
    .join(_case, _case.c.case_id == _touch.c.case_id)
    .where(_SENT)
    .group_by(_touch.c.channel)
)
_STAGE_NAMES = frozenset(stage.value for stage in Stage)
_UNDELIVERED = (
    select(_touch.c.channel, _touch.c.undelivered_by).join(_case, _case.c.case_id == _touch.c.case_id).where(_SENT)
)
_TOUCHED = select(_touch.c.case_id, _touch.c.touch_key).join(_case, _case.c.case_id == _touch.c.case_id).where(_SENT)
_verdict = schema.verdict
_VERDICTS = (
    select(_verdict.c.decision, _verdict.c.rule, func.count())
    .join(_case, _case.c.case_id == _verdict.c.case_id)
    .where(_MINE, _verdict.c.decision != "allow")
    .group_by(_verdict.c.decision, _verdict.c.rule)
    .order_by(_verdict.c.decision, _verdict.c.rule)
)
_task = schema.human_task
_TASKS = (
    select(_task.c.kind, func.count())
    .join(_case, _case.c.case_id == _task.c.case_id)
    .where(_MINE, _task.c.done_at.is_(None), _case.c.closed_at.is_(None))
    .group_by(_task.c.kind)
    .order_by(_task.c.kind)
)
_reply = schema.reply
_ANSWERS = (
    select(func.count())
    .select_from(_reply)
    .where(
        _reply.c.answer_status == SENT,
        _reply.c.account_id.in_(select(_case.c.account_id).where(_MINE)),
    )
)
_step = schema.outside_step
_OUTSIDE = (
    select(_step.c.kind, _step.c.status, func.count())
    .join(_case, _case.c.case_id == _step.c.case_id)
    .where(_MINE)
    .group_by(_step.c.kind, _step.c.status)
    .order_by(_step.c.kind, _step.c.status)
)
_APPROVALS = (
    select(_approval.c.status, func.count())
    .join(_case, _case.c.case_id == _approval.c.case_id)
    .where(_MINE)
    .group_by(_approval.c.status)
    .order_by(_approval.c.status)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStanding:
    """One case at this moment; an approval only while a person is asked for it."""

    case_id: str
    account_id: str
    stage: str
    decisions: int
    next_at: datetime | None
    closed_at: datetime | None
    approval_id: str | None
    requested_at: datetime | None
    roles: list[str] | None = None
    """In which people must agree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonOnBook:
    """A person of a campaign with addresses and accounts, as the lender's book has them."""

    person_id: str
    full_name: str
    locale: str
    jurisdiction: str
    zones: tuple[str, ...]
    addresses: tuple[tuple[str, str], ...]
    """Channel and address."""
    accounts: tuple["AccountOnBook", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOnBook:
    """One account of a campaign."""

    account_id: str
    person_id: str
    product: str
    currency: str
    zone: str
    balance_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What became of a campaign so far; money in minor units per currency."""

    stages: dict[str, int]
    closed: dict[str, int]
    opened_minor: dict[str, int]
    recovered_minor: dict[str, int]
    channels: dict[str, int]
    """Messages that a provider took."""
    reached: dict[str, int]
    """Cases with at least one message of a stage."""
    stopped: dict[tuple[str, str], int]
    """Contacts that the gate deferred or denied, by decision and rule."""
    tasks: dict[str, int]
    """What people must settle, for open cases."""
    approvals: dict[str, int]
    again: int
    """Messages before these that a provider took and that did not arrive: their touch went by another channel."""
    answers: int
    """Answers to what people wrote, that a provider took."""
    outside: dict[tuple[str, str], int]
    """Steps to the outside world, by kind and whether each stands (`taken`) or was taken back (`undone`)."""

    @property
    def sent(self) -> int:
        """Messages in all, with answers and those that did not arrive."""
        return sum(self.channels.values()) + self.again + self.answers


def read_standings(engine: Engine, campaign_id: str) -> list[CaseStanding]:
    """Every case of a campaign, one consistent moment."""
    with reading(engine) as connection:
        rows = connection.execute(_STANDINGS, {"campaign": campaign_id}).mappings()
        return [CaseStanding(**row) for row in rows]


def read_people(engine: Engine, campaign_id: str) -> list[PersonOnBook]:
    """Everybody whom a campaign is about, in the order of their ids."""
    with reading(engine) as connection:
        people = connection.execute(_PEOPLE, {"campaign": campaign_id}).all()
        points = connection.execute(_POINTS).all()
        accounts = [
            AccountOnBook(
                account_id=row.account_id,
                person_id=row.person_id,
                product=row.product,
                currency=row.currency,
                zone=row.zone,
                balance_minor=row.balance_minor,
            )
            for row in connection.execute(_ACCOUNTS, {"campaign": campaign_id})
        ]
    return [_person_of(row, points, accounts) for row in people]


def _person_of(row: Any, points: Sequence[Any], accounts: Sequence[AccountOnBook]) -> PersonOnBook:
    return PersonOnBook(
        person_id=row.person_id,
        full_name=row.full_name,
        locale=row.locale,
        jurisdiction=row.jurisdiction,
        zones=tuple(row.zones),
        addresses=tuple((point.channel, point.address) for point in points if point.person_id == row.person_id),
        accounts=tuple(account for account in accounts if account.person_id == row.person_id),
    )


def read_totals(engine: Engine, campaign_id: str) -> Totals:
    """The campaign in numbers."""
    with reading(engine) as connection:
        return Totals(
            stages=_counts(connection, _STAGES, campaign_id),
            closed=_counts(connection, _CLOSED, campaign_id),
            opened_minor=_counts(connection, _OPENED_MONEY, campaign_id),
            recovered_minor=_counts(connection, _RECOVERED, campaign_id),
            channels=_counts(connection, _CHANNELS, campaign_id),
            reached=_reached(connection, campaign_id),
            stopped={(row[0], row[1]): int(row[2]) for row in connection.execute(_VERDICTS, {"campaign": campaign_id})},
            tasks=_counts(connection, _TASKS, campaign_id),
            approvals=_counts(connection, _APPROVALS, campaign_id),
            again=_again(connection, campaign_id),
            answers=int(connection.execute(_ANSWERS, {"campaign": campaign_id}).scalar_one()),
            outside={(row[0], row[1]): int(row[2]) for row in connection.execute(_OUTSIDE, {"campaign": campaign_id})},
        )


def _counts(connection: Connection, statement: Any, campaign_id: str) -> dict[str, int]:
    return {str(name): int(count) for name, count in connection.execute(statement, {"campaign": campaign_id})}


def _again(connection: Connection, campaign_id: str) -> int:
    rows = connection.execute(_UNDELIVERED, {"campaign": campaign_id})
    return sum(len(set(row.undelivered_by.split()) - {row.channel}) for row in rows)


def _reached(connection: Connection, campaign_id: str) -> dict[str, int]:
    rows = connection.execute(_TOUCHED, {"campaign": campaign_id})
    pairs = {(row.touch_key.partition("/")[0], row.case_id) for row in rows}
    pairs = {(name, case_id) for name, case_id in pairs if name in _STAGE_NAMES}  # agreements have keys of their own
    return {stage: sum(name == stage for name, _ in pairs) for stage in sorted({name for name, _ in pairs})}
