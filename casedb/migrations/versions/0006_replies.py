"""What people write back, and whom an address belongs to found by its own index.

Revision 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_CHANNELS = "'sms', 'email', 'push', 'voice', 'letter', 'social_private'"


def upgrade() -> None:
    """A new table, and an index by which the writer of a message is found without reading every address."""
    op.create_table(
        "reply",
        sa.Column("reply_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("contact_point_id", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("written_from", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("attachments", sa.Integer(), nullable=False),
        sa.Column("intents", sa.JSON(), nullable=False),
        sa.Column("doubtful", sa.JSON(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("rules", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answer_status", sa.String(), nullable=False),
        sa.Column("answer_why", sa.String(), nullable=False),
        sa.Column("answer_provider_id", sa.String(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"channel IN ({_CHANNELS})", name=op.f("ck_reply_channel_known")),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_reply_person_id_person")),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_reply_account_id_account")),
        sa.ForeignKeyConstraint(
            ["contact_point_id"],
            ["contact_point.contact_point_id"],
            name=op.f("fk_reply_contact_point_id_contact_point"),
        ),
        sa.PrimaryKeyConstraint("reply_id", name=op.f("pk_reply")),
    )
    op.create_index(op.f("ix_reply_person_id"), "reply", ["person_id"])
    op.create_index(op.f("ix_reply_account_id"), "reply", ["account_id"])
    op.create_index(op.f("ix_reply_written_from"), "reply", ["written_from"])
    op.create_index("contact_point_address", "contact_point", ["address", "channel"])


def downgrade() -> None:
    """What people wrote is forgotten."""
    op.drop_index("contact_point_address", "contact_point")
    op.drop_table("reply")
