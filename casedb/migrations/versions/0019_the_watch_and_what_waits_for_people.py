"""When the watch last came to its end; tasks about relief that waits for a yes, and about workflows that do not end.

Revision 0019, after 0018.
"""

import sqlalchemy as sa
from alembic import op

from casedb.migrations.checks import change_check

revision = "0019"
down_revision = "0018"

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
    "strategy_missing",
    "stuck_case",
    "invariant_broken",
)


def upgrade() -> None:
    """One table, and two words."""
    op.create_table(
        "last_run",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_last_run")),
    )
    _words((*_TASKS, "relief_decision", "stray_workflow"))


def downgrade() -> None:
    """Nobody knows any more when the watch last looked; relief waits in its own list alone."""
    op.execute("DELETE FROM human_task WHERE kind IN ('relief_decision', 'stray_workflow')")
    _words(_TASKS)
    op.drop_table("last_run")


def _words(tasks: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{word}'" for word in tasks)
    change_check("human_task", op.f("ck_human_task_kind_known"), f"kind IN ({listed})")
