"""Tasks of the watch: a case that stands still, and an invariant that does not hold.

Revision 0016, after 0015.
"""

from alembic import op

from casedb.migrations.checks import change_check

revision = "0016"
down_revision = "0015"

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
)


def upgrade() -> None:
    """Two words."""
    _words((*_TASKS, "stuck_case", "invariant_broken"))


def downgrade() -> None:
    """What the watch raised is forgotten; the next watch finds it again."""
    op.execute("DELETE FROM human_task WHERE kind IN ('stuck_case', 'invariant_broken')")
    _words(_TASKS)


def _words(tasks: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{word}'" for word in tasks)
    change_check("human_task", op.f("ck_human_task_kind_known"), f"kind IN ({listed})")
