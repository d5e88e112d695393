"""Workflows that run without an open case and do not end, as tasks: raised when one is left, ended when it is gone."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Engine, select, update

from casedb.engine import reading, writing
from casedb.schema import human_task
from casedb.task_raising import Need, raise_task
from domain.vocabulary import TaskKind

OWNER = "engineering"
TOO_MANY = "*"
"""The key of the one task about so many that none was touched; a person says that it is done."""

_OPEN = (human_task.c.kind == TaskKind.STRAY_WORKFLOW.value, human_task.c.done_at.is_(None))


def keep_strays(engine: Engine, left: Mapping[str, str], at: datetime) -> None:
    """A task for each account whose workflow was left, with the reason."""
    if not left:
        return
    with writing(engine) as connection:
        for account_id, reason in left.items():
            about = f"workflow of account {account_id}: " if account_id != TOO_MANY else ""
            need = Need(kind=TaskKind.STRAY_WORKFLOW, key=account_id, owner=OWNER, why=f"{about}{reason}")
            raise_task(connection, need, at)


def known_strays(engine: Engine) -> list[str]:
    """The accounts of which a task says that their workflow runs without a case."""
    with reading(engine) as connection:
        keys = select(human_task.c.key).where(*_OPEN, human_task.c.key != TOO_MANY).order_by(human_task.c.key)
        return list(connection.scalars(keys))


def end_strays(engine: Engine, gone: Collection[str], at: datetime) -> None:
    """These run no more, or have a case."""
    if not gone:
        return
    with writing(engine) as connection:
        for account_id in gone:
            connection.execute(update(human_task).where(*_OPEN, human_task.c.key == account_id).values(done_at=at))
