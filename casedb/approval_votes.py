"""Who agreed to a request in which role, each on record once."""

from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from casedb.schema import approval_vote
from domain.agreements import Vote

_OF = (
    select(approval_vote)
    .where(approval_vote.c.approval_id == bindparam("approval"))
    .order_by(approval_vote.c.at, approval_vote.c.role)
)
_DIALECTS: dict[str, Any] = {"postgresql": postgresql, "sqlite": sqlite}
_RECORD = {name: dialect.insert(approval_vote).on_conflict_do_nothing() for name, dialect in _DIALECTS.items()}


def record_vote(connection: Connection, approval_id: str, vote: Vote, *, on_behalf_of: str = "") -> None:
    """Put a yes on record; twice is once."""
    connection.execute(
        _RECORD[connection.dialect.name],
        {
            "approval_id": approval_id,
            "role": vote.role,
            "voter": vote.by,
            "on_behalf_of": on_behalf_of,
            "at": vote.at,
            "comment": vote.comment,
        },
    )


def votes_of(connection: Connection, approval_id: str) -> tuple[Vote, ...]:
    """Every yes to a request, oldest first."""
    rows = connection.execute(_OF, {"approval": approval_id})
    return tuple(Vote(role=row.role, by=row.voter, at=row.at, comment=row.comment) for row in rows)
