"""A campaign's members by account: whether another campaign waits for an account is one look-up, not a walk.

Measured with 70,000 members: a page of 1,000 accounts took 13 s without it and 0.1 s with it.

Revision 0017, after 0016.
"""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """One index."""
    op.create_index("campaign_member_account", "campaign_member", ["account_id"])


def downgrade() -> None:
    """Slower, and nothing is lost."""
    op.drop_index("campaign_member_account", table_name="campaign_member")
