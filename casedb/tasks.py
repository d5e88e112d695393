"""Human tasks for whoever settles them: which are open, and what becomes of one when a person has done it.

Most tick themselves off when the case no longer waits for them (`cases.finish_tasks`). Some do not: what outlives the
step (`TaskKind.outlives_the_step`), and a message of which no provider could tell whether it went out.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, update

from casedb.engine import lock_person
from casedb.inbound import InboundFact, InboundKind, Receipt
from casedb.schema import account, case, human_task, touch
from domain.errors import InvalidInput, NotKnown
from domain.vocabulary import Channel, TaskKind, TouchStatus

ENDED_ELSEWHERE = frozenset({TaskKind.HOLD_DUTY, TaskKind.RELIEF_DECISION})
"""They outlive the step as well, and end with what is on record about them."""
SETTLES = {
    InboundKind.TASK_DONE: frozenset(kind for kind in TaskKind if kind.outlives_the_step) - ENDED_ELSEWHERE,
    InboundKind.OUTCOME_SETTLED: frozenset({TaskKind.UNKNOWN_OUTCOME}),
}
"""Which fact ends which kinds of task."""

_TASKS = (
    select(human_task, case.c.account_id, case.c.person_id, account.c.zone)
    .outerjoin(case, case.c.case_id == human_task.c.case_id)
    .outerjoin(account, account.c.account_id == case.c.account_id)
)
_FIND = _TASKS.where(human_task.c.task_id == bindparam("id"))
_DO = (
    update(human_task)
    .where(human_task.c.task_id == bindparam("id"), human_task.c.done_at.is_(None))
    .values(done_at=bindparam("at"))
)
_ASSIGN = (
    update(human_task)
    .where(human_task.c.task_id == bindparam("id"), human_task.c.done_at.is_(None))
    .values(owner=bindparam("to"))
)
_DOUBTFUL = select(touch.c.touch_id, touch.c.status, touch.c.channel, touch.c.at).where(
    touch.c.case_id == bindparam("case"), touch.c.touch_key == bindparam("key")
)
_WENT_OUT = (
    update(touch)
    .where(touch.c.touch_id == bindparam("id"))
    .values(status=TouchStatus.SENT.value, code="", sent_at=touch.c.attempted_at)
)
_DID_NOT = update(touch).where(touch.c.touch_id == bindparam("id")).values(status=TouchStatus.FAILED.value)
"""The code stays: a touch that was lost once is sent again once, and then never without a human."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRecord:
    """One task, with the account it is about; without a case, what is of the case is None."""

    task_id: int
    kind: TaskKind
    key: str
    owner: str
    why: str
    raised_at: datetime
    done_at: datetime | None
    case_id: str | None
    account_id: str | None
    person_id: str | None
    zone: str | None
    """The account's calendar."""
    due_at: datetime | None = None
    """From when it is overdue; None for what only waits."""

    def overdue_at(self, now: datetime) -> bool:
        """Whether its day has passed and nobody did it."""
        return self.done_at is None and self.due_at is not None and self.due_at <= now

    @property
    def settled_as(self) -> str:
        """The id of the fact that ends it; a task that is raised again is ended by another."""
        return f"task:{self.task_id}:{self.raised_at:%Y%m%dT%H%M%S.%f}"


def list_tasks(
    connection: Connection,
    *,
    owner: str | None = None,
    kind: TaskKind | None = None,
    account_id: str | None = None,
    overdue_at: datetime | None = None,
    raised_before: datetime | None = None,
    done: bool = False,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[TaskRecord], int]:
    """The tasks that wait longest first, with those that are done if asked for; and how many without the limit.

    `overdue_at`: only those whose day had passed then.
    """
    wanted = _TASKS if done else _TASKS.where(human_task.c.done_at.is_(None))
    if owner is not None:
        wanted = wanted.where(human_task.c.owner == owner)
    if kind is not None:
        wanted = wanted.where(human_task.c.kind == kind.value)
    if account_id is not None:
        wanted = wanted.where(case.c.account_id == account_id)
    if overdue_at is not None:
        wanted = wanted.where(human_task.c.due_at <= overdue_at, human_task.c.done_at.is_(None))
    if raised_before is not None:
        wanted = wanted.where(human_task.c.raised_at < raised_before)
    total = connection.execute(select(func.count()).select_from(wanted.subquery())).scalar_one()
    ordered: Select[Any] = wanted.order_by(human_task.c.raised_at, human_task.c.task_id).limit(limit).offset(offset)
    return [_record(row) for row in connection.execute(ordered)], int(total)


def find_task(connection: Connection, task_id: int) -> TaskRecord:
    """The task of that id. Raises NotKnown."""
    row = connection.execute(_FIND, {"id": task_id}).first()
    if row is None:
        raise NotKnown(f"task {task_id} is not known: python starter.py task list shows those that are open")
    return _record(row)


def take(connection: Connection, fact: InboundFact, now: datetime) -> Receipt:
    """Give a person's word about a task its effect, and tick the task off.

    Raises InvalidInput when it is done already, is of another kind, or is about a message that is in doubt no more.
    """
    assert fact.task_id is not None, "checked at the door"
    task = find_task(connection, fact.task_id)
    if task.person_id is not None:
        lock_person(connection, task.person_id)
        task = find_task(connection, fact.task_id)
    if task.kind not in SETTLES[fact.kind]:
        raise InvalidInput(f"task {task.task_id} is of kind {task.kind.value}: {fact.kind.value} does not end it")
    if connection.execute(_DO, {"id": task.task_id, "at": now}).rowcount == 0:
        raise InvalidInput(f"task {task.task_id} was done already at {task.done_at:%Y-%m-%d %H:%M} UTC")
    if fact.kind is InboundKind.TASK_DONE:
        return Receipt(fact=fact, account_ids=())
    return _settle(connection, fact, task)


def assign(connection: Connection, fact: InboundFact, now: datetime) -> Receipt:
    """Give a task to a person or a team; until it is done it stays theirs. Raises InvalidInput when it is done."""
    assert fact.task_id is not None, "checked at the door"
    task = find_task(connection, fact.task_id)
    if connection.execute(_ASSIGN, {"id": task.task_id, "to": fact.owner}).rowcount == 0:
        raise InvalidInput(f"task {task.task_id} was done already at {task.done_at:%Y-%m-%d %H:%M} UTC")
    return Receipt(fact=fact, account_ids=())


def _settle(connection: Connection, fact: InboundFact, task: TaskRecord) -> Receipt:
    assert task.account_id is not None, "a message is one of a case"
    doubtful = connection.execute(_DOUBTFUL, {"case": task.case_id, "key": task.key}).first()
    if doubtful is None or doubtful.status != TouchStatus.UNKNOWN.value:
        stands = doubtful.status if doubtful is not None else "gone"
        raise InvalidInput(f"touch {task.key} of case {task.case_id} is {stands} by now: nothing is left to settle")
    connection.execute(_WENT_OUT if fact.went_out else _DID_NOT, {"id": doubtful.touch_id})
    return Receipt(
        fact=replace(fact, channel=Channel(doubtful.channel)),
        account_ids=(task.account_id,),
        touch_key=task.key,
        made_at=doubtful.at,
    )


def _record(row: Any) -> TaskRecord:
    return TaskRecord(
        task_id=row.task_id,
        kind=TaskKind(row.kind),
        key=row.key,
        owner=row.owner,
        why=row.why,
        raised_at=row.raised_at,
        done_at=row.done_at,
        case_id=row.case_id,
        account_id=row.account_id,
        person_id=row.person_id,
        zone=row.zone,
        due_at=row.due_at,
    )
