"""Versions of strategies, the arms of campaigns, and the task about a strategy that nobody kept.

Revision 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

from casedb.migrations.checks import change_check

revision = "0014"
down_revision = "0013"

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
    "hold_duty",
)
_SQLITE_TRIGGERS = (
    "CREATE TRIGGER strategy_version_unchanged BEFORE UPDATE ON strategy_version BEGIN "
    "SELECT RAISE(ABORT, 'a version of a strategy is never changed'); END",
    "CREATE TRIGGER strategy_version_undeleted BEFORE DELETE ON strategy_version BEGIN "
    "SELECT RAISE(ABORT, 'a version of a strategy is never deleted'); END",
)
_POSTGRES_TRIGGERS = (
    "CREATE FUNCTION strategy_version_stands() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION 'a version of a strategy is never changed or deleted' USING ERRCODE = 'restrict_violation'; "
    "END $$",
    "CREATE TRIGGER strategy_version_stands BEFORE UPDATE OR DELETE ON strategy_version FOR EACH ROW "
    "EXECUTE FUNCTION strategy_version_stands()",
    "CREATE TRIGGER strategy_version_kept BEFORE TRUNCATE ON strategy_version FOR EACH STATEMENT "
    "EXECUTE FUNCTION strategy_version_stands()",
)


def upgrade() -> None:
    """Two tables, one column of a member, one word; of cases from before the version is known and not its text."""
    _words((*_TASKS, "strategy_missing"))
    op.create_table(
        "strategy_version",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name=op.f("pk_strategy_version")),
    )
    for statement in _POSTGRES_TRIGGERS if _on_postgres() else _SQLITE_TRIGGERS:
        op.execute(statement)
    op.create_table(
        "campaign_arm",
        sa.Column("campaign_id", sa.String(), nullable=False),
        sa.Column("arm", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("strategy_version", sa.String(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.CheckConstraint("weight > 0", name=op.f("ck_campaign_arm_weight_positive")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.campaign_id"], name=op.f("fk_campaign_arm_campaign_id_campaign")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "arm", name=op.f("pk_campaign_arm")),
        sa.UniqueConstraint("campaign_id", "number", name=op.f("uq_campaign_arm_campaign_id_number")),
    )
    op.add_column("campaign_member", sa.Column("arm", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    """Cases follow the files again, and nobody knows any more which arm a member was in."""
    op.drop_column("campaign_member", "arm")
    op.drop_table("campaign_arm")
    op.drop_table("strategy_version")
    if _on_postgres():
        op.execute("DROP FUNCTION strategy_version_stands")
    op.execute("DELETE FROM human_task WHERE kind = 'strategy_missing'")
    _words(_TASKS)


def _words(tasks: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{word}'" for word in tasks)
    change_check("human_task", op.f("ck_human_task_kind_known"), f"kind IN ({listed})")


def _on_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"
