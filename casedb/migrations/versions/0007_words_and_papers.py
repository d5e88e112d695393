"""The words of every message, and the papers that are made for a case.

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_CHANNELS = "'sms', 'email', 'push', 'voice', 'letter', 'social_private'"
_PAPERS = "'letter_before_action', 'claim_withdrawn', 'evidence', 'court_pack'"
_STANDS = ("message_id", "attempted_at", "channel", "contact_point_id", "template", "locale", "sha256")
_BLANKED = "NEW.subject = '' AND NEW.body = '' AND " + " AND ".join(f"NEW.{name} = OLD.{name}" for name in _STANDS)
_SQLITE_TRIGGERS = (
    f"CREATE TRIGGER message_text_unchanged BEFORE UPDATE ON message_text WHEN NOT ({_BLANKED}) BEGIN "
    "SELECT RAISE(ABORT, 'what was said is never changed'); END",
    "CREATE TRIGGER message_text_undeleted BEFORE DELETE ON message_text BEGIN "
    "SELECT RAISE(ABORT, 'what was said is never deleted'); END",
)
_POSTGRES_TRIGGERS = (
    "CREATE FUNCTION message_text_stands() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION 'what was said is never changed or deleted' USING ERRCODE = 'restrict_violation'; END $$",
    "CREATE TRIGGER message_text_unchanged BEFORE UPDATE ON message_text FOR EACH ROW "
    f"WHEN (NOT ({_BLANKED})) EXECUTE FUNCTION message_text_stands()",
    "CREATE TRIGGER message_text_undeleted BEFORE DELETE ON message_text FOR EACH ROW "
    "EXECUTE FUNCTION message_text_stands()",
    "CREATE TRIGGER message_text_kept BEFORE TRUNCATE ON message_text FOR EACH STATEMENT "
    "EXECUTE FUNCTION message_text_stands()",
)


def upgrade() -> None:
    """Two new tables; of messages from before only template and reference are known."""
    op.create_table(
        "message_text",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("contact_point_id", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.CheckConstraint(f"channel IN ({_CHANNELS})", name=op.f("ck_message_text_channel_known")),
        sa.PrimaryKeyConstraint("message_id", "attempted_at", name=op.f("pk_message_text")),
    )
    op.create_table(
        "paper",
        sa.Column("paper_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"kind IN ({_PAPERS})", name=op.f("ck_paper_kind_known")),
        sa.ForeignKeyConstraint(["case_id"], ["case.case_id"], name=op.f("fk_paper_case_id_case")),
        sa.PrimaryKeyConstraint("paper_id", name=op.f("pk_paper")),
    )
    op.create_index(op.f("ix_paper_case_id"), "paper", ["case_id"])
    for statement in _POSTGRES_TRIGGERS if _on_postgres() else _SQLITE_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    """What was said is forgotten, and which papers were made."""
    op.drop_table("paper")
    op.drop_table("message_text")
    if _on_postgres():
        op.execute("DROP FUNCTION message_text_stands")


def _on_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"
