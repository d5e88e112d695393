"""When what must happen again and again last came to its end: so that others see that it does not."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from casedb.schema import last_run


class Chore(StrEnum):
    """What must happen again and again."""

    WATCH = "watch"
    """Every invariant was asked, and every case that may stand still."""


def _note(dialect: Any) -> Any:
    statement = dialect.insert(last_run)
    return statement.on_conflict_do_update(index_elements=["name"], set_={"at": statement.excluded.at})


_NOTE = {name: _note(dialect) for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))}


def note_run(connection: Connection, chore: Chore, at: datetime) -> None:
    """It came to its end."""
    connection.execute(_NOTE[connection.dialect.name], {"name": chore.value, "at": at})


def last_run_of(connection: Connection, chore: Chore) -> datetime | None:
    """When it last came to its end; None: never."""
    at: datetime | None = connection.scalar(select(last_run.c.at).where(last_run.c.name == chore.value))
    return at
