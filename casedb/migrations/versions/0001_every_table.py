"""Every table of the case database.

Revision 0001, after nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table, the ones referred to first."""
    _people()
    _accounts()
    _campaigns()
    _cases()
    _contact()
    _what_comes_in()


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("full_name", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("jurisdiction", sa.String(), nullable=False),
        sa.Column("zones", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person")),
    )
    op.create_table(
        "contact_point",
        sa.Column("contact_point_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("line_type", sa.String(), nullable=False),
        sa.Column("preference", sa.Integer(), nullable=False),
        sa.Column("undeliverable_since", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "channel IN ('sms', 'email', 'push', 'voice', 'letter')", name=op.f("ck_contact_point_channel_known")
        ),
        sa.CheckConstraint(
            "line_type IN ('mobile', 'landline', 'mailbox', 'unknown')", name=op.f("ck_contact_point_line_type_known")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_contact_point_person_id_person")),
        sa.PrimaryKeyConstraint("contact_point_id", name=op.f("pk_contact_point")),
        sa.UniqueConstraint("person_id", "channel", "address", name=op.f("uq_contact_point_person_id_channel_address")),
    )
    op.create_index(op.f("ix_contact_point_person_id"), "contact_point", ["person_id"])
    op.create_table(
        "consent",
        sa.Column("consent_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("permission", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('sms', 'email', 'push', 'voice', 'letter')", name=op.f("ck_consent_channel_known")
        ),
        sa.CheckConstraint("permission IN ('given', 'withdrawn')", name=op.f("ck_consent_permission_known")),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_consent_person_id_person")),
        sa.PrimaryKeyConstraint("consent_id", name=op.f("pk_consent")),
    )
    op.create_index("consent_person", "consent", ["person_id", "channel", "at"])


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("creditor", sa.String(), nullable=False),
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("ledger_version", sa.Integer(), nullable=False),
        sa.Column("ledger_as_of", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_account_currency_iso")),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_account_person_id_person")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account")),
    )
    op.create_index(op.f("ix_account_person_id"), "account", ["person_id"])
    op.create_table(
        "obligation",
        sa.Column("obligation_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_obligation_amount_positive")),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_obligation_account_id_account")),
        sa.PrimaryKeyConstraint("obligation_id", name=op.f("pk_obligation")),
        sa.UniqueConstraint("account_id", "due_on", name=op.f("uq_obligation_account_id_due_on")),
    )
    op.create_index(op.f("ix_obligation_account_id"), "obligation", ["account_id"])
    op.create_table(
        "ledger_entry",
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('charge', 'interest', 'fee', 'payment', 'reversal', 'credit', 'waiver', 'write_off')",
            name=op.f("ck_ledger_entry_kind_known"),
        ),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_ledger_entry_amount_not_zero")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_ledger_entry_account_id_account")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("account_id", "version", name=op.f("uq_ledger_entry_account_id_version")),
    )
    op.create_index(op.f("ix_ledger_entry_account_id"), "ledger_entry", ["account_id"])
    op.create_table(
        "hold",
        sa.Column("hold_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pauses_dpd", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('dispute', 'hardship', 'breathing_space', 'bankruptcy', 'deceased', 'attorney', 'cease', "
            "'complaint', 'custom')",
            name=op.f("ck_hold_kind_known"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_hold_account_id_account")),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_hold_person_id_person")),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_hold")),
    )
    op.create_index("hold_person", "hold", ["person_id"])


def _campaigns() -> None:
    op.create_table(
        "campaign",
        sa.Column("campaign_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.CheckConstraint("status IN ('running', 'finished')", name=op.f("ck_campaign_status_known")),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_campaign")),
    )
    op.create_table(
        "campaign_member",
        sa.Column("campaign_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'enrolled', 'excluded')", name=op.f("ck_campaign_member_status_known")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_campaign_member_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.campaign_id"], name=op.f("fk_campaign_member_campaign_id_campaign")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "account_id", name=op.f("pk_campaign_member")),
    )


def _cases() -> None:
    op.create_table(
        "case",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("campaign_id", sa.String(), nullable=True),
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("strategy_version", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.String(), nullable=True),
        sa.Column("opening_balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_action", sa.String(), nullable=True),
        sa.Column("next_why", sa.String(), nullable=True),
        sa.CheckConstraint(
            "close_reason IS NULL OR close_reason IN ('paid', 'immaterial', 'legal_referral', 'withdrawn')",
            name=op.f("ck_case_close_reason_known"),
        ),
        sa.CheckConstraint(
            "stage IN ('reminder', 'follow_up', 'installment_offer', 'legal_escalation', 'closed')",
            name=op.f("ck_case_stage_known"),
        ),
        sa.CheckConstraint("(closed_at IS NULL) = (close_reason IS NULL)", name=op.f("ck_case_closed_with_reason")),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_case_account_id_account")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.campaign_id"], name=op.f("fk_case_campaign_id_campaign")),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_case_person_id_person")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case")),
    )
    op.create_index("case_next_at", "case", ["next_at"])
    op.create_index(
        "case_one_open_per_account",
        "case",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(op.f("ix_case_account_id"), "case", ["account_id"])
    op.create_index(op.f("ix_case_campaign_id"), "case", ["campaign_id"])
    op.create_index(op.f("ix_case_person_id"), "case", ["person_id"])
    op.create_table(
        "decision",
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("step_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.case_id"], name=op.f("fk_decision_case_id_case")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decision")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_decision_case_id_number")),
    )
    op.create_table(
        "approval",
        sa.Column("approval_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "status IN ('requested', 'granted', 'refused', 'expired')", name=op.f("ck_approval_status_known")
        ),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> requested_by", name=op.f("ck_approval_four_eyes")),
        sa.ForeignKeyConstraint(["case_id"], ["case.case_id"], name=op.f("fk_approval_case_id_case")),
        sa.PrimaryKeyConstraint("approval_id", name=op.f("pk_approval")),
    )
    op.create_index(op.f("ix_approval_case_id"), "approval", ["case_id"])
    op.create_table(
        "human_task",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('approval_decision', 'approval_expired', 'approval_refused', 'unknown_outcome', "
            "'no_lawful_channel', 'contact_failing', 'hold_review')",
            name=op.f("ck_human_task_kind_known"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.case_id"], name=op.f("fk_human_task_case_id_case")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_human_task")),
        sa.UniqueConstraint("case_id", "kind", "key", name=op.f("uq_human_task_case_id_kind_key")),
    )


def _contact() -> None:
    op.create_table(
        "touch",
        sa.Column("touch_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("touch_key", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("contact_point_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("delivery", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('sms', 'email', 'push', 'voice', 'letter')", name=op.f("ck_touch_channel_known")
        ),
        sa.CheckConstraint("delivery IN ('none', 'sent', 'delivered', 'failed')", name=op.f("ck_touch_delivery_known")),
        sa.CheckConstraint(
            "status IN ('claimed', 'busy', 'sent', 'unknown', 'failed')", name=op.f("ck_touch_status_known")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.case_id"], name=op.f("fk_touch_case_id_case")),
        sa.ForeignKeyConstraint(
            ["contact_point_id"],
            ["contact_point.contact_point_id"],
            name=op.f("fk_touch_contact_point_id_contact_point"),
        ),
        sa.PrimaryKeyConstraint("touch_id", name=op.f("pk_touch")),
        sa.UniqueConstraint("case_id", "touch_key", name=op.f("uq_touch_case_id_touch_key")),
        sa.UniqueConstraint("person_id", "reference", name=op.f("uq_touch_person_id_reference")),
    )
    op.create_index("touch_person_at", "touch", ["person_id", "at"])
    op.create_index("touch_provider", "touch", ["provider", "provider_id"])
    op.create_table(
        "verdict",
        sa.Column("verdict_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("touch_key", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("fired", sa.JSON(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("tzdata", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.case_id"], name=op.f("fk_verdict_case_id_case")),
        sa.PrimaryKeyConstraint("verdict_id", name=op.f("pk_verdict")),
    )
    op.create_index("verdict_case", "verdict", ["case_id", "at"])


def _what_comes_in() -> None:
    op.create_table(
        "inbox_event",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("signalled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_inbox_event")),
    )
    op.create_index("inbox_unsignalled", "inbox_event", ["signalled_at", "received_at"])
    op.create_index(op.f("ix_inbox_event_account_id"), "inbox_event", ["account_id"])
    op.create_table(
        "book_import",
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("file_sha256", name=op.f("pk_book_import")),
    )


def downgrade() -> None:
    """Drop them in the opposite order; their indexes go with them."""
    op.drop_table("book_import")
    op.drop_table("inbox_event")
    op.drop_table("verdict")
    op.drop_table("touch")
    op.drop_table("human_task")
    op.drop_table("approval")
    op.drop_table("decision")
    op.drop_table("case")
    op.drop_table("campaign_member")
    op.drop_table("campaign")
    op.drop_table("hold")
    op.drop_table("ledger_entry")
    op.drop_table("obligation")
    op.drop_table("account")
    op.drop_table("consent")
    op.drop_table("contact_point")
    op.drop_table("person")
