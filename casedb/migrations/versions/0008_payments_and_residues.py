"""Which payment a fact belongs to, as of when a book stated a balance, and who decided about interest and fees left.

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_KINDS = (
    "'approval_decision', 'approval_expired', 'approval_refused', 'unknown_outcome', 'no_lawful_channel', "
    "'contact_failing', 'hold_review', 'callback', 'message_refused', 'unclear_reply', 'parked_fact'"
)
_NEW = "residual_decision"
_COLUMNS = ("task_id", "case_id", "kind", "key", "owner", "why", "raised_at", "done_at")
_PAID = ":succeeded"


def upgrade() -> None:
    """Balances count as stated as of the newest entry of a book; what Stripe told of payments is known as theirs."""
    op.add_column("case", sa.Column("residual_kept_by", sa.String(), nullable=True))
    op.add_column("account", sa.Column("stated_as_of", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE account SET stated_as_of = (SELECT max(ledger_entry.at) FROM ledger_entry "
        "WHERE ledger_entry.account_id = account.account_id AND ledger_entry.entry_id LIKE 'book:%')"
    )
    op.add_column("inbox_event", sa.Column("payment", sa.String(), nullable=True))
    told = sa.text("payment IS NOT NULL")
    op.create_index("inbox_payment", "inbox_event", ["payment"], sqlite_where=told, postgresql_where=told)
    event = sa.table("inbox_event", *map(sa.column, ("event_id", "source", "payment")))
    paid = sa.and_(event.c.source == "stripe", event.c.event_id.like(f"stripe:%{_PAID}"))
    known = sa.func.substr(event.c.event_id, 1, sa.func.length(event.c.event_id) - len(_PAID))
    op.execute(sa.update(event).where(paid).values(payment=known))
    _remake(_KINDS + f", '{_NEW}'")


def downgrade() -> None:
    """Tasks of the new kind, and decisions about residues, are forgotten."""
    task = sa.table("human_task", sa.column("kind"))
    op.execute(sa.delete(task).where(task.c.kind == _NEW))
    _remake(_KINDS)
    op.drop_index("inbox_payment", "inbox_event")
    op.drop_column("inbox_event", "payment")
    op.drop_column("account", "stated_as_of")
    op.drop_column("case", "residual_kept_by")


def _remake(kinds: str) -> None:
    """Nothing refers to a task, so its table is made anew, which SQLite needs for changed constraints."""
    before = sa.table("human_task_before", *map(sa.column, _COLUMNS))
    after = sa.table("human_task", *map(sa.column, _COLUMNS))
    op.execute("CREATE TABLE human_task_before AS SELECT * FROM human_task")
    op.drop_table("human_task")
    op.create_table(
        "human_task",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"kind IN ({kinds})", name=op.f("ck_human_task_kind_known")),
        sa.ForeignKeyConstraint(["case_id"], ["case.case_id"], name=op.f("fk_human_task_case_id_case")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_human_task")),
        sa.UniqueConstraint("case_id", "kind", "key", name=op.f("uq_human_task_case_id_kind_key")),
    )
    without_case = sa.text("case_id IS NULL")
    op.create_index(
        "human_task_one_without_case",
        "human_task",
        ["kind", "key"],
        unique=True,
        sqlite_where=without_case,
        postgresql_where=without_case,
    )
    op.execute(sa.insert(after).from_select(list(_COLUMNS), sa.select(*before.c)))
    op.drop_table("human_task_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "SELECT setval(pg_get_serial_sequence('human_task', 'task_id'), "
            "(SELECT coalesce(max(task_id), 0) + 1 FROM human_task), false)"
        )
