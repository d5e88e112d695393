"""Approvals by several people, steps to the outside world, what was attested before going to law, charge-offs.

Revision 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

from casedb.migrations.checks import change_check

revision = "0011"
down_revision = "0010"

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
)
_ENDS = ("paid", "immaterial", "legal_referral", "withdrawn", "settled")
_STEPS = "'letter_before_action', 'agency_placement', 'bureau_furnishing', 'court_pack', 'charge_off', 'write_off'"


def upgrade() -> None:
    """Requests so far need one person's yes, as they did."""
    _words((*_TASKS, "escalation_unmet", "step_refused"), (*_ENDS, "charged_off", "written_off"))
    op.add_column("approval", sa.Column("roles", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("approval", sa.Column("ledger_version", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "approval_vote",
        sa.Column("approval_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("voter", sa.String(), nullable=False),
        sa.Column("on_behalf_of", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approval.approval_id"], name=op.f("fk_approval_vote_approval_id_approval")
        ),
        sa.PrimaryKeyConstraint("approval_id", "role", name=op.f("pk_approval_vote")),
        sa.UniqueConstraint("approval_id", "voter", name=op.f("uq_approval_vote_approval_id_voter")),
    )
    _outside()
    _attested()


def _outside() -> None:
    op.create_table(
        "outside_step",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("approval_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_reference", sa.String(), nullable=False),
        sa.Column("undone_why", sa.String(), nullable=False),
        sa.CheckConstraint(f"kind IN ({_STEPS})", name=op.f("ck_outside_step_kind_known")),
        sa.CheckConstraint("status IN ('taken', 'undone')", name=op.f("ck_outside_step_status_known")),
        sa.CheckConstraint("(status = 'undone') = (undone_at IS NOT NULL)", name=op.f("ck_outside_step_undone_once")),
        sa.ForeignKeyConstraint(["case_id"], ["case.case_id"], name=op.f("fk_outside_step_case_id_case")),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approval.approval_id"], name=op.f("fk_outside_step_approval_id_approval")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_outside_step")),
    )
    op.create_index(op.f("ix_outside_step_case_id"), "outside_step", ["case_id"])
    op.create_index(op.f("ix_outside_step_account_id"), "outside_step", ["account_id"])


def _attested() -> None:
    op.create_table(
        "attestation",
        sa.Column("attestation_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("says", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "subject IN ('contract', 'limitation', 'venue', 'notice')", name=op.f("ck_attestation_subject_known")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_attestation_account_id_account")),
        sa.PrimaryKeyConstraint("attestation_id", name=op.f("pk_attestation")),
    )
    op.create_index(op.f("ix_attestation_account_id"), "attestation", ["account_id"])
    op.create_table(
        "charge_off",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_charge_off_account_id_account")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_charge_off")),
    )
    op.create_index(op.f("ix_charge_off_account_id"), "charge_off", ["account_id"])


def downgrade() -> None:
    """Forget them; a case that ended in one of the new ways ended as a legal referral."""
    for table in ("charge_off", "attestation", "outside_step", "approval_vote"):
        op.drop_table(table)
    op.drop_column("approval", "ledger_version")
    op.drop_column("approval", "roles")
    op.execute("DELETE FROM human_task WHERE kind IN ('escalation_unmet', 'step_refused')")
    op.execute(
        "UPDATE \"case\" SET close_reason = 'legal_referral' WHERE close_reason IN ('charged_off', 'written_off')"
    )
    _words(_TASKS, _ENDS)


def _words(tasks: tuple[str, ...], ends: tuple[str, ...]) -> None:
    change_check("human_task", op.f("ck_human_task_kind_known"), f"kind IN ({_listed(tasks)})")
    change_check(
        "case", op.f("ck_case_close_reason_known"), f"close_reason IS NULL OR close_reason IN ({_listed(ends)})"
    )


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
