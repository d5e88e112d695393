"""What a watch found, as tasks for people: raised once for what happened, and ended when what stood still moves."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from casedb.invariants import Finding, Invariant
from casedb.schema import case, human_task
from casedb.task_raising import Need, raise_task
from domain.vocabulary import TaskKind

STUCK_OWNER = "engineering"


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
    """The open case of each account that has one."""
    rows = connection.execute(
        select(case.c.account_id, case.c.case_id).where(
            case.c.account_id.in_(list(account_ids)), case.c.closed_at.is_(None)
        )
    )
    return {row.account_id: row.case_id for row in rows}


def keep_stuck(connection: Connection, stuck: Mapping[str, str], at: datetime, *, most: int) -> tuple[int, int]:
    """A task for each case that stands still, with why; the tasks of those that move again end. How many of each."""
    rows = connection.execute(
        select(human_task.c.case_id, human_task.c.task_id).where(
            human_task.c.kind == TaskKind.STUCK_CASE.value, human_task.c.done_at.is_(None)
        )
    )
    waiting = {row.case_id: row.task_id for row in rows}
    raised = [case_id for case_id in sorted(stuck) if case_id not in waiting][:most]
    for case_id in raised:
        need = Need(kind=TaskKind.STUCK_CASE, key=case_id, owner=STUCK_OWNER, why=stuck[case_id])
        raise_task(connection, need, at, case_id=case_id)
    moved = [task_id for case_id, task_id in waiting.items() if case_id not in stuck]
    if moved:
        connection.execute(update(human_task).where(human_task.c.task_id.in_(moved)).values(done_at=at))
    return len(raised), len(moved)
