"""When an untold fact is told next, how often telling it failed, and for whom a parked fact waits.

Revision 0005, after 0004.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Facts that are parked already wait for the account or person that they name."""
    op.add_column("inbox_event", sa.Column("tell_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("inbox_event", sa.Column("tell_failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("inbox_event", sa.Column("parked_for", sa.String(), nullable=True))
    parked = sa.text("parked_for IS NOT NULL")
    op.create_index("inbox_parked", "inbox_event", ["parked_for"], sqlite_where=parked, postgresql_where=parked)
    event = sa.table(
        "inbox_event", *map(sa.column, ("event_id", "kind", "parked_for")), sa.column("payload", sa.JSON())
    )
    connection = op.get_bind()
    known = connection.execute(sa.select(event.c.event_id, event.c.payload).where(event.c.kind != "delivery")).all()
    waits = sa.update(event).where(event.c.event_id == sa.bindparam("id")).values(parked_for=sa.bindparam("key"))
    for row in known:
        key = _waits_for(row.payload)
        if key is not None:
            connection.execute(waits, {"id": row.event_id, "key": key})


def downgrade() -> None:
    """Parked facts stay parked, and nobody wakes them."""
    op.drop_index("inbox_parked", "inbox_event")
    for name in ("parked_for", "tell_failures", "tell_at"):
        op.drop_column("inbox_event", name)


def _waits_for(payload: dict[str, Any]) -> str | None:
    fact = payload.get("fact") or {}
    if not payload.get("parked"):
        return None
    if fact.get("account_id"):
        return f"account:{fact['account_id']}"
    return f"person:{fact['person_id']}" if fact.get("person_id") else None
