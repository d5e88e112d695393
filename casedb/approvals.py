"""Requests for people's leave as they stand, for the people who decide: lists, and one with its votes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from casedb import schema
from casedb.approval_votes import votes_of
from domain.agreements import Vote
from domain.negotiation.relief import ReliefStatus
from domain.vocabulary import ApprovalStatus, Clock

_approval, _case, _account, _campaign = schema.approval, schema.case, schema.account, schema.campaign
_relief = schema.relief
_ASKED = (
    select(_relief, _account.c.currency, _campaign.c.clock, _case.c.closed_at)
    .join_from(_relief, _case, _case.c.case_id == _relief.c.case_id)
    .join(_account, _account.c.account_id == _relief.c.account_id)
    .outerjoin(_campaign, _campaign.c.campaign_id == _case.c.campaign_id)
    .where(or_(_relief.c.status == ReliefStatus.PROPOSED.value, _relief.c.decided_by.is_not(None)))
)
"""Relief that was above the limit: what stood at once is nobody's to approve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRecord:
    """One request with everything said about it."""

    approval_id: str
    about: str
    """What leave is asked for."""
    case_id: str
    account_id: str
    clock: Clock
    status: str
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    amount_minor: int
    currency: str
    roles: tuple[str, ...]
    votes: tuple[Vote, ...]
    decided_by: str | None
    decided_at: datetime | None
    comment: str
    of_relief: bool = False
    """About relief above the limit of whoever proposed it: one other person within whose limit it is says yes."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Roles in which nobody has agreed yet."""
        given = {vote.role for vote in self.votes}
        return tuple(role for role in self.roles if role not in given)


def list_approvals(connection: Connection, now: datetime, *, everything: bool, limit: int) -> list[ApprovalRecord]:
    """Requests that wait for a person, the first to expire first; with `everything` those that are over after them."""
    wanted = _records()
    if not everything:
        wanted = wanted.where(_approval.c.status == ApprovalStatus.REQUESTED.value)
    waits = _approval.c.status != ApprovalStatus.REQUESTED.value
    ordered = wanted.order_by(waits, _approval.c.expires_at, _approval.c.approval_id).limit(limit)
    found = [_record(connection, row) for row in connection.execute(ordered).all()]
    found += _reliefs(connection, now, everything=everything)
    found.sort(key=lambda each: (each.status != ApprovalStatus.REQUESTED, each.expires_at, each.approval_id))
    return found[:limit]


def find_approval(connection: Connection, approval_id: str, now: datetime) -> ApprovalRecord | None:
    """The request of that id, if there is one."""
    row = connection.execute(_records().where(_approval.c.approval_id == approval_id)).first()
    if row is not None:
        return _record(connection, row)
    asked = connection.execute(_ASKED.where(_relief.c.relief_id == approval_id)).first()
    return _relief_record(asked, now) if asked is not None else None


def _records() -> Any:
    return (
        select(_approval, _case.c.account_id, _account.c.currency, _campaign.c.clock)
        .join_from(_approval, _case, _case.c.case_id == _approval.c.case_id)
        .join(_account, _account.c.account_id == _case.c.account_id)
        .outerjoin(_campaign, _campaign.c.campaign_id == _case.c.campaign_id)
    )


def _reliefs(connection: Connection, now: datetime, *, everything: bool) -> list[ApprovalRecord]:
    """Relief that a second person must approve; with `everything` also what was decided, or not in time."""
    waits = (_relief.c.status == ReliefStatus.PROPOSED.value, _relief.c.expires_at > now, _case.c.closed_at.is_(None))
    wanted = _ASKED if everything else _ASKED.where(*waits)
    return [_relief_record(row, now) for row in connection.execute(wanted)]


def _stands_as(status: ReliefStatus, *, over: bool) -> ApprovalStatus:
    """A relief's status as one of a request; nobody closes one at the instant at which it is over."""
    if status is ReliefStatus.PROPOSED:
        return ApprovalStatus.EXPIRED if over else ApprovalStatus.REQUESTED
    return ApprovalStatus.REFUSED if status is ReliefStatus.REFUSED else ApprovalStatus.GRANTED


def _relief_record(row: Any, now: datetime) -> ApprovalRecord:
    over = row.expires_at <= now or row.closed_at is not None
    return ApprovalRecord(
        approval_id=row.relief_id,
        about=row.kind.replace("_", " "),
        case_id=row.case_id,
        account_id=row.account_id,
        clock=Clock(row.clock) if row.clock else Clock.REAL,
        status=_stands_as(ReliefStatus(row.status), over=over).value,
        requested_by=row.proposed_by,
        requested_at=row.proposed_at,
        expires_at=row.expires_at,
        amount_minor=row.amount_minor,
        currency=row.currency,
        roles=(),
        votes=(),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        comment=row.decided_why,
        of_relief=True,
    )


def _record(connection: Connection, row: Any) -> ApprovalRecord:
    return ApprovalRecord(
        approval_id=row.approval_id,
        about="legal escalation",
        case_id=row.case_id,
        account_id=row.account_id,
        clock=Clock(row.clock) if row.clock else Clock.REAL,
        status=row.status,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        amount_minor=row.balance_minor,
        currency=row.currency,
        roles=tuple(row.roles),
        votes=votes_of(connection, row.approval_id) if row.roles else (),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        comment=row.comment,
    )
