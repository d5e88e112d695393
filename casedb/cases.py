"""Cases: opening one per account, recording what was decided and why, approvals and human tasks, closing."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update
from sqlalchemy import case as case_when

from casedb import schema
from casedb.approval_votes import votes_of
from casedb.prepared import Prepared
from casedb.task_raising import Need, raise_task
from domain.agreements import ApprovalState
from domain.case import CaseState
from domain.events import ApprovalRequested, ContactMade
from domain.step import NextStep, Rest
from domain.touch_keys import stage_of
from domain.vocabulary import ApprovalStatus, Channel, CloseReason, Stage, TaskKind, TouchStatus

GONE_FOR_GOOD = frozenset(
    {CloseReason.LEGAL_REFERRAL, CloseReason.WITHDRAWN, CloseReason.CHARGED_OFF, CloseReason.WRITTEN_OFF}
)
"""Ends after which the account still owes, and is not ours to collect: no campaign or sweep opens another case."""

_case = schema.case
_OPEN_CASE = Prepared(select(_case).where(_case.c.account_id == bindparam("account"), _case.c.closed_at.is_(None)))
_COUNT = Prepared(select(func.count().label("cases")).where(_case.c.account_id == bindparam("account")))
_INSERT_CASE = insert(_case)
_DECIDE = Prepared(
    update(_case)
    .where(_case.c.case_id == bindparam("id"))
    .values(
        decisions=_case.c.decisions + 1,
        # A task that Temporal runs again may decide once more about a case that it closed: closed it stays.
        stage=case_when((_case.c.closed_at.is_(None), bindparam("to_stage")), else_=_case.c.stage),
        next_at=bindparam("step_at"),
        next_action=bindparam("action"),
        next_why=bindparam("why"),
    )
    .returning(_case.c.decisions)
)
_INSERT_DECISION = Prepared(
    insert(schema.decision), columns=("case_id", "number", "at", "because", "action", "step_at", "why")
)
_CLOSE = Prepared(
    update(_case)
    .where(_case.c.case_id == bindparam("id"), _case.c.closed_at.is_(None))
    .values(closed_at=bindparam("at"), close_reason=bindparam("reason"), stage="closed")
)
_obligation = schema.obligation
_OBLIGATIONS = Prepared(
    select(_obligation.c.due_on, _obligation.c.amount_minor)
    .where(_obligation.c.account_id == bindparam("account"))
    .order_by(_obligation.c.due_on)
)
_approval = schema.approval
_FIND_APPROVAL = select(_approval).where(_approval.c.approval_id == bindparam("id"))
_INSERT_APPROVAL = insert(_approval)
_SETTLE_APPROVAL = (
    update(_approval)
    .where(_approval.c.approval_id == bindparam("id"), _approval.c.status != bindparam("to_status"))
    .values(
        status=bindparam("to_status"),
        decided_by=bindparam("by"),
        decided_at=bindparam("at"),
        comment=bindparam("with_comment"),
    )
)
_APPROVALS = select(_approval).where(_approval.c.case_id == bindparam("case")).order_by(_approval.c.requested_at)
_LAPSE_APPROVALS = Prepared(
    update(_approval)
    .where(_approval.c.case_id == bindparam("case"), _approval.c.status == ApprovalStatus.REQUESTED.value)
    .values(status=ApprovalStatus.EXPIRED.value, decided_at=bindparam("at"))
)
_CLOSING = Prepared(
    select(_case.c.closed_at, _case.c.close_reason, _case.c.next_why).where(
        _case.c.case_id == bindparam("id"), _case.c.closed_at.is_not(None)
    )
)
_LAST_REASON = (
    select(_case.c.close_reason)
    .where(_case.c.account_id == bindparam("account"), _case.c.closed_at.is_not(None))
    .order_by(_case.c.closed_at.desc())
    .limit(1)
)
_MADE = (
    select(schema.touch.c.touch_key, schema.touch.c.at, schema.touch.c.channel)
    .where(schema.touch.c.case_id == bindparam("case"), schema.touch.c.status == TouchStatus.SENT.value)
    .order_by(schema.touch.c.at, schema.touch.c.touch_key)
)
_task = schema.human_task
_FINISH_TASKS = Prepared(
    update(_task)
    .where(
        _task.c.case_id == bindparam("case"),
        _task.c.done_at.is_(None),
        *(_task.c.kind != kind.value for kind in TaskKind if kind.outlives_the_step),
        or_(_task.c.key != bindparam("but_key"), _task.c.kind != bindparam("but_kind")),
    )
    .values(done_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """A case row that is open."""

    case_id: str
    strategy: str
    strategy_version: str
    stage: Stage
    opened_at: datetime
    campaign_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a case ended."""

    at: datetime
    reason: CloseReason
    why: str


def find_open_case(connection: Connection, account_id: str) -> OpenCase | None:
    """The one open case of an account, if there is one."""
    row = _OPEN_CASE.first(connection, {"account": account_id})
    if row is None:
        return None
    return OpenCase(
        case_id=row.case_id,
        strategy=row.strategy,
        strategy_version=row.strategy_version,
        stage=Stage(row.stage),
        opened_at=row.opened_at,
        campaign_id=row.campaign_id,
    )


def next_case_id(connection: Connection, account_id: str) -> str:
    """The id of the account's next case: a later delinquency is another case."""
    [counted] = _COUNT.all(connection, {"account": account_id})
    return f"{account_id}-{counted.cases + 1}"


def insert_case(connection: Connection, case: CaseState) -> None:
    """Open a case; the database refuses a second open one of the same account."""
    connection.execute(
        _INSERT_CASE,
        {
            "case_id": case.case_id,
            "account_id": case.account_id,
            "person_id": case.person_id,
            "campaign_id": case.campaign_id,
            "strategy": case.strategy,
            "strategy_version": case.strategy_version,
            "stage": case.stage.value,
            "opened_at": case.opened_at,
            "opening_balance_minor": case.balance_minor,
            "decisions": 0,
        },
    )


def obligations_of(connection: Connection, account_id: str) -> list[tuple[date, int]]:
    """Due date and amount of each obligation, oldest first."""
    return [(row.due_on, row.amount_minor) for row in _OBLIGATIONS.all(connection, {"account": account_id})]


def record_decision(connection: Connection, case: CaseState, step: NextStep, because: str, at: datetime) -> None:
    """Append a decision and repeat it on the case; a task for a human is raised once per case, kind and key."""
    [decided] = _DECIDE.all(
        connection,
        {
            "id": case.case_id,
            "to_stage": case.stage.value,
            "step_at": step.at,
            "action": step.action.kind,
            "why": step.why,
        },
    )
    _INSERT_DECISION.run(
        connection,
        {
            "case_id": case.case_id,
            "number": decided.decisions,
            "at": at,
            "because": because,
            "action": step.action.kind,
            "step_at": step.at,
            "why": step.why,
        },
    )
    if isinstance(rest := step.action, Rest) and rest.task is not None:
        need = Need(kind=rest.task, key=rest.task_key, owner=rest.owner, why=step.why)
        raise_task(connection, need, at, case_id=case.case_id)


def finish_tasks(connection: Connection, case_id: str, step: NextStep, at: datetime) -> None:
    """Tick off the human tasks that the case no longer waits for."""
    rest = step.action if isinstance(step.action, Rest) else Rest()
    kind = rest.task.value if rest.task else ""
    _FINISH_TASKS.run(connection, {"case": case_id, "but_key": rest.task_key, "but_kind": kind, "at": at})


def insert_approval(connection: Connection, asked: ApprovalRequested, case: CaseState) -> None:
    """Put a request for legal escalation on record; look for it with `find_request` first."""
    connection.execute(
        _INSERT_APPROVAL,
        {
            "approval_id": asked.approval_id,
            "case_id": case.case_id,
            "requested_by": asked.requested_by,
            "requested_at": asked.at,
            "expires_at": asked.expires_at,
            "status": ApprovalStatus.REQUESTED.value,
            "decided_by": None,
            "decided_at": None,
            "comment": "",
            "balance_minor": case.balance_minor,
            "roles": list(asked.roles),
            "ledger_version": asked.ledger_version,
        },
    )


def find_request(connection: Connection, approval_id: str) -> ApprovalRequested | None:
    """The request as it was recorded, as the fact that it was."""
    row = connection.execute(_FIND_APPROVAL, {"id": approval_id}).first()
    return _asked(row) if row else None


def approvals_of(connection: Connection, case_id: str) -> list[tuple[ApprovalRequested, ApprovalState]]:
    """Every request of a case and what became of it, oldest first; whether one expired is a matter of the clock."""
    return [
        (
            _asked(row),
            ApprovalState(
                approval_id=row.approval_id,
                status=ApprovalStatus.REQUESTED if row.status == ApprovalStatus.EXPIRED else ApprovalStatus(row.status),
                requested_by=row.requested_by,
                expires_at=row.expires_at,
                decided_by=row.decided_by,
                roles=tuple(row.roles),
                votes=votes_of(connection, row.approval_id) if row.roles else (),
                requested_at=row.requested_at,
                ledger_version=row.ledger_version,
                comment=row.comment,
            ),
        )
        for row in connection.execute(_APPROVALS, {"case": case_id}).all()
    ]


def _asked(row: Any) -> ApprovalRequested:
    return ApprovalRequested(
        event_id=f"asked:{row.approval_id}",
        at=row.requested_at,
        approval_id=row.approval_id,
        requested_by=row.requested_by,
        expires_at=row.expires_at,
        roles=tuple(row.roles),
        ledger_version=row.ledger_version,
    )


def settle_approval(
    connection: Connection, approval_id: str, status: ApprovalStatus, by: str | None, at: datetime, *, comment: str = ""
) -> None:
    """Record what became of a request and why; the same answer twice changes nothing."""
    connection.execute(
        _SETTLE_APPROVAL,
        {"id": approval_id, "to_status": status.value, "by": by, "at": at, "with_comment": comment},
    )


def close_case(connection: Connection, case_id: str, reason: CloseReason, at: datetime) -> None:
    """End a case, and with it every request that still waits for an answer; closing it twice keeps the first end."""
    _CLOSE.run(connection, {"id": case_id, "at": at, "reason": reason.value})
    _LAPSE_APPROVALS.run(connection, {"case": case_id, "at": at})


def find_closing(connection: Connection, case_id: str) -> Closing | None:
    """How the case ended; None while it is open."""
    row = _CLOSING.first(connection, {"id": case_id})
    return Closing(at=row.closed_at, reason=CloseReason(row.close_reason), why=row.next_why) if row else None


def last_close_reason(connection: Connection, account_id: str) -> CloseReason | None:
    """Why the account's latest closed case ended; None when it never had one."""
    reason = connection.execute(_LAST_REASON, {"account": account_id}).scalar_one_or_none()
    return CloseReason(reason) if reason else None


def contacts_made(connection: Connection, case_id: str) -> list[ContactMade]:
    """Every touch that a provider took, oldest first, as the fact that it was made."""
    return [
        ContactMade(
            event_id=f"made:{row.touch_key}",
            at=row.at,
            touch_key=row.touch_key,
            stage=stage_of(row.touch_key),
            channel=Channel(row.channel),
        )
        for row in connection.execute(_MADE, {"case": case_id})
    ]
