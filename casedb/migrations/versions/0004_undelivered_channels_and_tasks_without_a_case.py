"""By which channels a touch did not arrive; human tasks for refused texts, and those that are about no case.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_KINDS = (
    "'approval_decision', 'approval_expired', 'approval_refused', 'unknown_outcome', "
    "'no_lawful_channel', 'contact_failing', 'hold_review', 'callback'"
)
_NEW = ("message_refused", "unclear_reply", "parked_fact")
_COLUMNS = ("task_id", "case_id", "kind", "key", "owner", "why", "raised_at", "done_at")


def upgrade() -> None:
    """A touch that failed so far is taken to have failed by the channel that it went by last."""
    op.add_column("touch", sa.Column("undelivered_by", sa.String(), nullable=False, server_default=""))
    touch = sa.table("touch", sa.column("undelivered_by"), sa.column("channel"), sa.column("delivery"))
    op.execute(sa.update(touch).where(touch.c.delivery == "failed").values(undelivered_by=touch.c.channel))
    _remake(wider=True)


def downgrade() -> None:
    """Tasks of the new kinds, and those about no case, are forgotten."""
    task = sa.table("human_task", sa.column("kind"), sa.column("case_id"))
    op.execute(sa.delete(task).where(sa.or_(task.c.kind.in_(_NEW), task.c.case_id.is_(None))))
    _remake(wider=False)
    op.drop_column("touch", "undelivered_by")


def _remake(*, wider: bool) -> None:
    """Nothing refers to a task, so its table is made anew, which SQLite needs for changed constraints."""
    before = sa.table("human_task_before", *map(sa.column, _COLUMNS))
    after = sa.table("human_task", *map(sa.column, _COLUMNS))
    op.execute("CREATE TABLE human_task_before AS SELECT * FROM human_task")
    op.drop_table("human_task")
    _human_task(wider=wider)
    op.execute(sa.insert(after).from_select(list(_COLUMNS), sa.select(*before.c)))
    op.drop_table("human_task_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "SELECT setval(pg_get_serial_sequence('human_task', 'task_id'), "
            "(SELECT coalesce(max(task_id), 0) + 1 FROM human_task), false)"
        )


def _human_task(*, wider: bool) -> None:
    kinds = f"{_KINDS}, {', '.join(repr(kind) for kind in _NEW)}" if wider else _KINDS
    op.create_table(
        "human_task",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=wider),
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
    if wider:
        without_case = sa.text("case_id IS NULL")
        op.create_index(
            "human_task_one_without_case",
            "human_task",
            ["kind", "key"],
            unique=True,
            sqlite_where=without_case,
            postgresql_where=without_case,
        )
