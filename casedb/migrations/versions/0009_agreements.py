"""Promises and plans, relief; cases that end by a settlement, and holds that are deferrals.

Revision 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

from casedb.migrations.checks import change_check

revision = "0009"
down_revision = "0008"

_REASONS = ("paid", "immaterial", "legal_referral", "withdrawn")
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
)


def upgrade() -> None:
    """Two tables and two words."""
    _words((*_REASONS, "settled"), (*_HOLDS, "deferral"))
    op.create_table(
        "agreement",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("agreed_as", sa.String(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payments", sa.JSON(), nullable=False),
        sa.Column("down_payment_minor", sa.BigInteger(), nullable=False),
        sa.Column("interest_minor", sa.JSON(), nullable=False),
        sa.Column("baseline_minor", sa.BigInteger(), nullable=False),
        sa.Column("baseline_version", sa.Integer(), nullable=True),
        sa.Column("judgement", sa.String(), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "judgement IN ('open', 'kept', 'partly_kept', 'broken', 'replaced')",
            name=op.f("ck_agreement_judgement_known"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.case_id"], name=op.f("fk_agreement_case_id_case")),
        sa.PrimaryKeyConstraint("case_id", "agreed_as", name=op.f("pk_agreement")),
    )
    op.create_table(
        "relief",
        sa.Column("relief_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("residual", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_as", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("ledger_version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_why", sa.String(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('deferral', 'interest_waiver', 'fee_waiver', 'settlement')", name=op.f("ck_relief_kind_known")
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'refused', 'offered', 'granted')", name=op.f("ck_relief_status_known")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_relief_amount_positive")),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name=op.f("ck_relief_four_eyes")),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_relief_account_id_account")),
        sa.ForeignKeyConstraint(["case_id"], ["case.case_id"], name=op.f("fk_relief_case_id_case")),
        sa.PrimaryKeyConstraint("relief_id", name=op.f("pk_relief")),
    )
    op.create_index(op.f("ix_relief_account_id"), "relief", ["account_id"])
    op.create_index(op.f("ix_relief_case_id"), "relief", ["case_id"])


def downgrade() -> None:
    """Agreements are forgotten; a settled case counts as paid, and a deferral as a hold of another kind."""
    op.drop_table("relief")
    op.drop_table("agreement")
    op.execute("UPDATE \"case\" SET close_reason = 'paid' WHERE close_reason = 'settled'")
    op.execute("UPDATE hold SET kind = 'custom' WHERE kind = 'deferral'")
    _words(_REASONS, _HOLDS)


def _words(reasons: tuple[str, ...], holds: tuple[str, ...]) -> None:
    change_check(
        "case", op.f("ck_case_close_reason_known"), f"close_reason IS NULL OR close_reason IN ({_listed(reasons)})"
    )
    change_check("hold", op.f("ck_hold_kind_known"), f"kind IN ({_listed(holds)})")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
