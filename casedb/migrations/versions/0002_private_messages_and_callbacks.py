"""A channel for private messages, and the task to call a person back.

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_CHANNELS = "'sms', 'email', 'push', 'voice', 'letter'"
_TASKS = (
    "'approval_decision', 'approval_expired', 'approval_refused', 'unknown_outcome', "
    "'no_lawful_channel', 'contact_failing', 'hold_review'"
)
_WORDS = [
    # table, column, words before, words after
    ("contact_point", "channel", _CHANNELS, f"{_CHANNELS}, 'social_private'"),
    ("consent", "channel", _CHANNELS, f"{_CHANNELS}, 'social_private'"),
    ("touch", "channel", _CHANNELS, f"{_CHANNELS}, 'social_private'"),
    ("human_task", "kind", _TASKS, f"{_TASKS}, 'callback'"),
]


def upgrade() -> None:
    """Let the database know the new words."""
    for table, column, before, after in _WORDS:
        _change(table, column, before, after)


def downgrade() -> None:
    """Forget them; what was written with them goes too, the touches before the addresses they went to."""
    op.execute("DELETE FROM touch WHERE channel = 'social_private'")
    op.execute("DELETE FROM consent WHERE channel = 'social_private'")
    op.execute("DELETE FROM contact_point WHERE channel = 'social_private'")
    op.execute("DELETE FROM human_task WHERE kind = 'callback'")
    for table, column, before, after in _WORDS:
        _change(table, column, after, before)


def _change(table: str, column: str, old: str, new: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        _change_text(table, column, old, new)
        return
    name = op.f(f"ck_{table}_{column}_known")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"{column} IN ({new})")


def _change_text(table: str, column: str, old: str, new: str) -> None:
    """SQLite's own way for a change that touches no row (lang_altertable.html, section 8, the shorter procedure).

    Copying the table instead would drop a table that others refer to, which a transaction with foreign keys on
    does not allow.
    """
    connection = op.get_bind()
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    op.execute("PRAGMA writable_schema = ON")
    changed = connection.execute(
        sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, :old, :new) "
            "WHERE type = 'table' AND name = :table AND instr(sql, :old) > 0"
        ),
        {"old": f"{column} IN ({old})", "new": f"{column} IN ({new})", "table": table},
    )
    if changed.rowcount != 1:
        raise RuntimeError(f"table {table} does not hold the check of {column} that revision 0001 made")
    op.execute(f"PRAGMA schema_version = {int(version or 0) + 1}")
    op.execute("PRAGMA writable_schema = OFF")
