"""Relief above its proposer's limit as a task for another person, for as long as his word is waited for."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from casedb.schema import account, case, human_task, relief
from casedb.task_raising import Need, raise_task
from domain.money import in_words
from domain.negotiation.relief import ReliefStatus
from domain.vocabulary import TaskKind

OWNER = "approvals"


def keep_relief_tasks(connection: Connection, now: datetime, *, case_id: str | None = None) -> None:
    """A task for each relief that waits; the others end: decided, expired, or its case is closed. Of one case, or all.

    Nothing happens at the instant at which a proposal expires: the watch asks again and again.
    """
    waiting = (
        select(relief, account.c.currency)
        .join_from(relief, case, case.c.case_id == relief.c.case_id)
        .join(account, account.c.account_id == relief.c.account_id)
        .where(relief.c.status == ReliefStatus.PROPOSED.value, relief.c.expires_at > now, case.c.closed_at.is_(None))
    )
    over = update(human_task).where(human_task.c.kind == TaskKind.RELIEF_DECISION.value, human_task.c.done_at.is_(None))
    if case_id is not None:
        waiting, over = waiting.where(relief.c.case_id == case_id), over.where(human_task.c.case_id == case_id)
    rows = connection.execute(waiting.order_by(relief.c.proposed_at, relief.c.relief_id)).all()
    for row in rows:
        words = f"{row.kind.replace('_', ' ')} of {in_words(row.amount_minor, row.currency)}"
        need = Need(
            kind=TaskKind.RELIEF_DECISION,
            key=row.relief_id,
            owner=OWNER,
            why=f"relief {row.relief_id}, {words}: it is above the limit of {row.proposed_by}; another person decides",
            due_at=row.expires_at,
        )
        raise_task(connection, need, now, case_id=row.case_id)
    still = waiting.with_only_columns(relief.c.relief_id)
    connection.execute(over.where(human_task.c.key.not_in(still)).values(done_at=now))
