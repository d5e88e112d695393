"""How Alembic meets our database: on the connection, and in the transaction, that `casedb.migrate` hands over."""

from typing import Any, Literal

from alembic import context
from sqlmodel import AutoString

from casedb.columns import UtcDateTime
from casedb.schema import METADATA


def written_plainly(kind: str, item: Any, _: object) -> str | Literal[False]:
    """A revision names the database's types, not ours: ours may change, what it created may not."""
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # SQLite cannot alter a column or a constraint in place: later revisions copy the table.
    render_as_batch=True,
    render_item=written_plainly,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
