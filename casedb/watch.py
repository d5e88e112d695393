"""What a watch found, as tasks for people: raised once for what happened, and ended when what stood still moves."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, select, update

from casedb.invariants import Finding, Invariant
from casedb.schema import case, human_task
from casedb.task_raising import Need, raise_task
from domain.vocabulary import TaskKind

T = TypeVar("T")

STUCK_OWNER = "engineering"
AT_ONCE = 200
"""So many ids stand in one statement, and so many tasks are raised in one transaction."""


_TOLD = (
    select(human_task.c.case_id, human_task.c.task_id, case.c.closed_at)
    .join(case, case.c.case_id == human_task.c.case_id)
    .where(human_task.c.kind == TaskKind.STUCK_CASE.value, human_task.c.done_at.is_(None))
)


def raise_for(connection: Connection, invariant: Invariant, findings: Iterable[Finding], at: datetime) -> int:
    """One task for each finding; what happened and was settled by a person is not told again."""
    raised = 0
    for found in findings:
        key = f"{found.invariant}:{found.about}"
        if _known(connection, key, found.case_id, settled_as_well=not invariant.lasting):
            continue
        need = Need(
            kind=TaskKind.INVARIANT_BROKEN,
            key=key,
            owner=invariant.owner,
            why=f"{found.says}; what to do: {invariant.what_to_do}",
        )
        raise_task(connection, need, at, case_id=found.case_id)
        raised += 1
    return raised


def _known(connection: Connection, key: str, case_id: str | None, *, settled_as_well: bool) -> bool:
    known = select(human_task.c.task_id).where(
        human_task.c.kind == TaskKind.INVARIANT_BROKEN.value, human_task.c.key == key, human_task.c.case_id == case_id
    )
    if not settled_as_well:
        known = known.where(human_task.c.done_at.is_(None))
    return connection.execute(known).first() is not None


def open_cases_of(connection: Connection, account_ids: Sequence[str]) -> dict[str, str]:
    """The open case of each account that has one, in the order of the accounts."""
    found: dict[str, str] = {}
    for some in in_parts(account_ids):
        rows = connection.execute(
            select(case.c.account_id, case.c.case_id).where(case.c.account_id.in_(some), case.c.closed_at.is_(None))
        )
        found |= {row.account_id: row.case_id for row in rows}
    return {account_id: found[account_id] for account_id in account_ids if account_id in found}


def told_stuck(connection: Connection) -> frozenset[str]:
    """The cases of which a task says that they stand still."""
    return frozenset(row.case_id for row in connection.execute(_TOLD))


def keep_stuck(
    connection: Connection, stuck: Mapping[str, str], at: datetime, *, most: int, whole: bool = True
) -> tuple[int, int]:
    """A task for each case that stands still, with why; the tasks of those that move again end. How many of each.

    The first `most` without a task get one, the rest with the next look. Where `stuck` is not the `whole` list, a case
    that is not in it may stand still as well: only the tasks of closed cases end then.
    """
    rows = connection.execute(_TOLD).all()
    waiting = {row.case_id for row in rows}
    raised = [case_id for case_id in stuck if case_id not in waiting][:most]
    for case_id in raised:
        need = Need(kind=TaskKind.STUCK_CASE, key=case_id, owner=STUCK_OWNER, why=stuck[case_id])
        raise_task(connection, need, at, case_id=case_id)
    moved = [row.task_id for row in rows if row.closed_at is not None or (whole and row.case_id not in stuck)]
    for some in in_parts(moved):
        connection.execute(update(human_task).where(human_task.c.task_id.in_(some)).values(done_at=at))
    return len(raised), len(moved)


def in_parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """A long list, `AT_ONCE` at a time."""
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))
