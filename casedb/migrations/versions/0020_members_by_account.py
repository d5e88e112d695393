"""Which campaign an account waits in is asked for every account of a book: it is found by an index.

Revision 0020, after 0019. Without it each question read every member there is: a million accounts would take days.
"""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Members by account."""
    op.create_index("campaign_member_account", "campaign_member", ["account_id"])


def downgrade() -> None:
    """By campaign alone."""
    op.drop_index("campaign_member_account", "campaign_member")
