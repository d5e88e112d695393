"""Cases: opening one per account, recording what was decided and why, approvals and human tasks, closing."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from casedb import schema
from domain.case import CaseState
from domain.events import ApprovalRequested
from domain.step import NextStep, Rest
from domain.vocabulary import ApprovalStatus, CloseReason

_case = schema.case
_OPEN_CASE = select(_case).where(_case.c.account_id == bindparam("account"), _case.c.closed_at.is_(None))
_COUNT = select(func.count()).where(_case.c.account_id == bindparam("account"))
_INSERT_CASE = insert(_case)
_DECIDE = (
    update(_case)
    .where(_case.c.case_id == bindparam("id"))
    .values(
        decisions=_case.c.decisions + 1,
        stage=bindparam("to_stage"),
        next_at=bindparam("step_at"),
        next_action=bindparam("action"),
        next_why=bindparam("why"),
    )
    .returning(_case.c.decisions)
)
_INSERT_DECISION = insert(schema.decision)
_CLOSE = (
    update(_case)
    .where(_case.c.case_id == bindparam("id"), _case.c.closed_at.is_(None))
    .values(closed_at=bindparam("at"), close_reason=bindparam("reason"), stage="closed")
)
_obligation = schema.obligation
_OBLIGATIONS = (
    select(_obligation.c.due_on, _obligation.c.amount_minor)
    .where(_obligation.c.account_id == bindparam("account"))
    .order_by(_obligation.c.due_on)
)
_approval = schema.approval
_APPROVAL_KNOWN = select(_approval.c.approval_id).where(_approval.c.approval_id == bindparam("id"))
_INSERT_APPROVAL = insert(_approval)
_SETTLE_APPROVAL = (
    update(_approval)
    .where(_approval.c.approval_id == bindparam("id"), _approval.c.status != bindparam("to_status"))
    .values(status=bindparam("to_status"), decided_by=bindparam("by"), decided_at=bindparam("at"))
)
_task = schema.human_task
_TASK_KNOWN = select(_task.c.task_id).where(
    _task.c.case_id == bindparam("case"), _task.c.kind == bindparam("task_kind"), _task.c.key == bindparam("task_key")
)
_INSERT_TASK = insert(_task)
_FINISH_TASKS = (
    update(_task)
    .where(
        _task.c.case_id == bindparam("case"),
        _task.c.done_at.is_(None),
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
    stage: str
    opened_at: datetime
    campaign_id: str | None


def find_open_case(connection: Connection, account_id: str) -> OpenCase | None:
    """The one open case of an account, if there is one."""
    row = connection.execute(_OPEN_CASE, {"account": account_id}).first()
    if row is None:
        return None
    return OpenCase(
        case_id=row.case_id,
        strategy=row.strategy,
        strategy_version=row.strategy_version,
        stage=row.stage,
        opened_at=row.opened_at,
        campaign_id=row.campaign_id,
    )


def next_case_id(connection: Connection, account_id: str) -> str:
    """The id of the account's next case: a later delinquency is another case."""
    return f"{account_id}-{connection.execute(_COUNT, {'account': account_id}).scalar_one() + 1}"


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
    return [(row.due_on, row.amount_minor) for row in connection.execute(_OBLIGATIONS, {"account": account_id})]


def record_decision(connection: Connection, case: CaseState, step: NextStep, because: str, at: datetime) -> None:
    """Append a decision and repeat it on the case; a task for a human is raised once per case, kind and key."""
    number = connection.execute(
        _DECIDE,
        {
            "id": case.case_id,
            "to_stage": case.stage.value,
            "step_at": step.at,
            "action": step.action.kind,
            "why": step.why,
        },
    ).scalar_one()
    connection.execute(
        _INSERT_DECISION,
        {
            "case_id": case.case_id,
            "number": number,
            "at": at,
            "because": because,
            "action": step.action.kind,
            "step_at": step.at,
            "why": step.why,
        },
    )
    if isinstance(step.action, Rest) and step.action.task is not None:
        _raise_task(connection, case.case_id, step.action, step.why, at)


def _raise_task(connection: Connection, case_id: str, rest: Rest, why: str, at: datetime) -> None:
    kind = rest.task.value if rest.task else ""
    where = {"case": case_id, "task_kind": kind, "task_key": rest.task_key}
    if connection.execute(_TASK_KNOWN, where).first() is None:
        connection.execute(
            _INSERT_TASK,
            {
                "case_id": case_id,
                "kind": kind,
                "key": rest.task_key,
                "owner": rest.owner,
                "why": why,
                "raised_at": at,
                "done_at": None,
            },
        )


def finish_tasks(connection: Connection, case_id: str, step: NextStep, at: datetime) -> None:
    """Tick off the human tasks that the case no longer waits for."""
    rest = step.action if isinstance(step.action, Rest) else Rest()
    kind = rest.task.value if rest.task else ""
    connection.execute(_FINISH_TASKS, {"case": case_id, "but_key": rest.task_key, "but_kind": kind, "at": at})


def insert_approval(connection: Connection, asked: ApprovalRequested, case: CaseState) -> None:
    """Put a request for legal escalation on record; twice is once."""
    if connection.execute(_APPROVAL_KNOWN, {"id": asked.approval_id}).first() is not None:
        return
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
        },
    )


def settle_approval(
    connection: Connection, approval_id: str, status: ApprovalStatus, by: str | None, at: datetime
) -> None:
    """Record what became of a request; the same answer twice changes nothing."""
    connection.execute(_SETTLE_APPROVAL, {"id": approval_id, "to_status": status.value, "by": by, "at": at})


def close_case(connection: Connection, case_id: str, reason: CloseReason, at: datetime) -> None:
    """End a case; closing it twice keeps the first end."""
    connection.execute(_CLOSE, {"id": case_id, "at": at, "reason": reason.value})
