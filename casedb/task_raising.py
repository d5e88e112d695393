"""Raising a human task: once for what needs a person, and again when it is needed again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from casedb.schema import human_task
from domain.vocabulary import TaskKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a person is needed for."""

    kind: TaskKind
    key: str
    """What it is about; with the case and the kind it is the task's identity."""
    owner: str
    """The team that settles it."""
    why: str
    """A sentence for that team, without personal data."""
    due_at: datetime | None = None
    """From when it is overdue."""


def _raise(dialect: Any, *, of_case: bool) -> Any:
    statement = dialect.insert(human_task)
    return statement.on_conflict_do_update(
        index_elements=["case_id", "kind", "key"] if of_case else ["kind", "key"],
        index_where=None if of_case else human_task.c.case_id.is_(None),
        set_={name: statement.excluded[name] for name in ("done_at", "raised_at", "why", "owner", "due_at")},
        where=human_task.c.done_at.is_not(None),
    )


_RAISE = {
    (name, of_case): _raise(dialect, of_case=of_case)
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
    for of_case in (True, False)
}


def raise_task(connection: Connection, need: Need, at: datetime, *, case_id: str | None = None) -> None:
    """One task per case, kind and key; one that is open stays as it is, one that was done is open again."""
    connection.execute(
        _RAISE[connection.dialect.name, case_id is not None],
        {
            "case_id": case_id,
            "kind": need.kind.value,
            "key": need.key,
            "owner": need.owner,
            "why": need.why,
            "raised_at": at,
            "done_at": None,
            "due_at": need.due_at,
        },
    )
