"""Duties of holds, decisions about them, complaints with numbers, and tasks with a deadline.

Revision 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

from casedb.migrations.checks import change_check

revision = "0012"
down_revision = "0011"

_HOLDS = (
    "dispute",
    "hardship",
    "breathing_space",
    "bankruptcy",
    "deceased",
    "attorney",
    "cease",
    "complaint",
    "custom",
    "deferral",
)
_TASKS = (
    "approval_decision",
    "approval_expired",
    "approval_refused",
    "unknown_outcome",
    "no_lawful_channel",
    "contact_failing",
    "hold_review",
    "callback",
    "message_refused",
    "unclear_reply",
    "parked_fact",
    "residual_decision",
    "escalation_unmet",
    "step_refused",
)


def upgrade() -> None:
    """Three tables, five columns of a hold, one of a task, two words."""
    _words((*_HOLDS, "vulnerability"), (*_TASKS, "hold_duty"))
    for name in ("code", "outcome", "decided_by", "decided_why"):
        op.add_column("hold", sa.Column(name, sa.String(), server_default="", nullable=False))
    op.add_column("hold", sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("human_task", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "duty",
        sa.Column("hold_id", sa.String(), nullable=False),
        sa.Column("duty", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("needs_evidence", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("lapsed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("done_at IS NULL OR lapsed_at IS NULL", name=op.f("ck_duty_one_end")),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.hold_id"], name=op.f("fk_duty_hold_id_hold")),
        sa.PrimaryKeyConstraint("hold_id", "duty", "number", name=op.f("pk_duty")),
    )
    still_open = sa.text("done_at IS NULL AND lapsed_at IS NULL")
    op.create_index("duty_open", "duty", ["opens_at"], sqlite_where=still_open, postgresql_where=still_open)
    op.create_table(
        "complaint",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("hold_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledge_by", sa.Date(), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_complaint_account_id_account")),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.hold_id"], name=op.f("fk_complaint_hold_id_hold")),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_complaint_person_id_person")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_complaint")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_complaint_hold_id")),
    )
    op.create_index(op.f("ix_complaint_person_id"), "complaint", ["person_id"])
    op.create_table(
        "complaint_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_complaint_year")),
    )


def downgrade() -> None:
    """Duties, decisions and complaints are forgotten; a hold for vulnerability becomes one of another kind."""
    for table in ("complaint_year", "complaint", "duty"):
        op.drop_table(table)
    op.drop_column("human_task", "due_at")
    for name in ("decided_at", "decided_why", "decided_by", "outcome", "code"):
        op.drop_column("hold", name)
    op.execute("UPDATE hold SET kind = 'custom' WHERE kind = 'vulnerability'")
    op.execute("DELETE FROM human_task WHERE kind = 'hold_duty'")
    _words(_HOLDS, _TASKS)


def _words(holds: tuple[str, ...], tasks: tuple[str, ...]) -> None:
    change_check("hold", op.f("ck_hold_kind_known"), f"kind IN ({_listed(holds)})")
    change_check("human_task", op.f("ck_human_task_kind_known"), f"kind IN ({_listed(tasks)})")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
