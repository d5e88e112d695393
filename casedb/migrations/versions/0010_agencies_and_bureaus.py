"""Accounts with agencies, files to and from them, what they took; and what the credit bureaus are told.

Revision 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """New tables alone."""
    op.create_table(
        "agency_file",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("sums", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_agency_file_direction_known")),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_agency_file")),
        sa.UniqueConstraint(
            "agency", "direction", "name", "sha256", name=op.f("uq_agency_file_agency_direction_name_sha256")
        ),
    )
    op.create_table(
        "furnishing_notice",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_furnishing_notice_account_id_account")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_furnishing_notice")),
    )
    op.create_table(
        "furnishing_subject",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("surname", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("middle_name", sa.String(), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("address_1", sa.String(), nullable=False),
        sa.Column("address_2", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("zip", sa.String(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("highest_credit_minor", sa.BigInteger(), nullable=False),
        sa.Column("credit_limit_minor", sa.BigInteger(), nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_furnishing_subject_account_id_account")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_furnishing_subject")),
    )
    op.create_table(
        "furnishing",
        sa.Column("furnishing_id", sa.Integer(), nullable=False),
        sa.Column("order_key", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notice_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undo_key", sa.String(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("disagreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_furnishing_account_id_account")),
        sa.ForeignKeyConstraint(["case_id"], ["case.case_id"], name=op.f("fk_furnishing_case_id_case")),
        sa.PrimaryKeyConstraint("furnishing_id", name=op.f("pk_furnishing")),
        sa.UniqueConstraint("order_key", name=op.f("uq_furnishing_order_key")),
        sa.UniqueConstraint("undo_key", name=op.f("uq_furnishing_undo_key")),
    )
    op.create_index(
        "furnishing_one_open_per_account",
        "furnishing",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(op.f("ix_furnishing_account_id"), "furnishing", ["account_id"], unique=False)
    op.create_table(
        "placement",
        sa.Column("file_number", sa.Integer(), nullable=False),
        sa.Column("order_key", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_version", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("principal_minor", sa.BigInteger(), nullable=False),
        sa.Column("interest_minor", sa.BigInteger(), nullable=False),
        sa.Column("fees_minor", sa.BigInteger(), nullable=False),
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("days_past_due", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("commission_bp", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undo_key", sa.String(), nullable=True),
        sa.Column("recall_reason", sa.String(), nullable=True),
        sa.Column("recall_on", sa.Date(), nullable=True),
        sa.Column("objections", sa.Integer(), nullable=False),
        sa.Column("objected_on", sa.Date(), nullable=True),
        sa.Column("objection_code", sa.String(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("close_code", sa.String(), nullable=False),
        sa.CheckConstraint(
            "status IN ('placed', 'recall_pending', 'recalled', 'returned', 'closed')",
            name=op.f("ck_placement_status_known"),
        ),
        sa.CheckConstraint("commission_bp BETWEEN 0 AND 10000", name=op.f("ck_placement_commission_is_a_share")),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_placement_account_id_account")),
        sa.ForeignKeyConstraint(["case_id"], ["case.case_id"], name=op.f("fk_placement_case_id_case")),
        sa.PrimaryKeyConstraint("file_number", name=op.f("pk_placement")),
        sa.UniqueConstraint("order_key", name=op.f("uq_placement_order_key")),
        sa.UniqueConstraint("undo_key", name=op.f("uq_placement_undo_key")),
    )
    op.create_index(op.f("ix_placement_account_id"), "placement", ["account_id"], unique=False)
    op.create_index(op.f("ix_placement_agency"), "placement", ["agency"], unique=False)
    op.create_index(
        "placement_one_open_per_account",
        "placement",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('placed', 'recall_pending')"),
        postgresql_where=sa.text("status IN ('placed', 'recall_pending')"),
    )
    op.create_table(
        "agency_payment",
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("payment_id", sa.String(), nullable=False),
        sa.Column("payment_type", sa.String(), nullable=False),
        sa.Column("file_number", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("commission_bp", sa.Integer(), nullable=False),
        sa.Column("remitted_in", sa.String(), nullable=False),
        sa.Column("commission_minor", sa.BigInteger(), nullable=True),
        sa.Column("remitted_minor", sa.BigInteger(), nullable=True),
        sa.Column("remitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["file_number"], ["placement.file_number"], name=op.f("fk_agency_payment_file_number_placement")
        ),
        sa.PrimaryKeyConstraint("agency", "payment_id", "payment_type", name=op.f("pk_agency_payment")),
    )
    op.create_index(op.f("ix_agency_payment_file_number"), "agency_payment", ["file_number"], unique=False)
    op.create_table(
        "agency_record",
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("file_number", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_name", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["file_number"], ["placement.file_number"], name=op.f("fk_agency_record_file_number_placement")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_agency_record")),
        sa.UniqueConstraint("file_number", "kind", "key", name=op.f("uq_agency_record_file_number_kind_key")),
    )
    op.create_index(op.f("ix_agency_record_agency"), "agency_record", ["agency"], unique=False)
    op.create_table(
        "furnished_month",
        sa.Column("furnishing_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("account_status", sa.String(), nullable=False),
        sa.Column("payment_rating", sa.String(), nullable=False),
        sa.Column("history", sa.String(), nullable=False),
        sa.Column("compliance", sa.String(), nullable=False),
        sa.Column("stands", sa.String(), nullable=False),
        sa.Column("first_delinquent_on", sa.Date(), nullable=True),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("past_due_minor", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_furnished_month_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["furnishing_id"], ["furnishing.furnishing_id"], name=op.f("fk_furnished_month_furnishing_id_furnishing")
        ),
        sa.PrimaryKeyConstraint("furnishing_id", "month", "number", name=op.f("pk_furnished_month")),
        sa.UniqueConstraint("account_id", "month", "number", name=op.f("uq_furnished_month_account_id_month_number")),
    )


def downgrade() -> None:
    """What agencies and bureaus were told is forgotten."""
    op.drop_table("furnished_month")
    op.drop_table("agency_record")
    op.drop_table("agency_payment")
    op.drop_table("placement")
    op.drop_table("furnishing")
    op.drop_table("furnishing_subject")
    op.drop_table("furnishing_notice")
    op.drop_table("agency_file")
