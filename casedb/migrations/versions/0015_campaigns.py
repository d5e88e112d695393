"""Campaigns over a chosen part of the book, that may be paused and aborted; segments of accounts.

Revision 0015, after 0014.
"""

import sqlalchemy as sa
from alembic import op

from casedb.migrations.checks import change_check

revision = "0015"
down_revision = "0014"

_CAMPAIGN_TEXTS = ("selection", "changed_by", "changed_why")


def upgrade() -> None:
    """Columns of a campaign, of a member and of an account; new words for both lives."""
    _words(("preparing", "running", "paused", "aborted", "finished"), ("pending", "enrolled", "excluded", "failed"))
    for name in _CAMPAIGN_TEXTS:
        op.add_column("campaign", sa.Column(name, sa.String(), server_default="", nullable=False))
    op.add_column("campaign", sa.Column("exclusions", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("campaign", sa.Column("spread_minutes", sa.Integer(), server_default="0", nullable=False))
    op.add_column("campaign", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("campaign", sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("campaign_member", sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("campaign_member_status", "campaign_member", ["campaign_id", "status"])
    op.add_column("account", sa.Column("segment", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    """A campaign that waits goes on, one that was dropped is finished; whose start failed was left out."""
    op.drop_column("account", "segment")
    op.drop_index("campaign_member_status", "campaign_member")
    op.drop_column("campaign_member", "settled_at")
    for name in ("finished_at", "changed_at", "spread_minutes", "exclusions", *reversed(_CAMPAIGN_TEXTS)):
        op.drop_column("campaign", name)
    op.execute("UPDATE campaign SET status = 'running' WHERE status IN ('preparing', 'paused')")
    op.execute("UPDATE campaign SET status = 'finished' WHERE status = 'aborted'")
    op.execute("UPDATE campaign_member SET status = 'excluded' WHERE status = 'failed'")
    _words(("running", "finished"), ("pending", "enrolled", "excluded"))


def _words(campaign: tuple[str, ...], member: tuple[str, ...]) -> None:
    change_check("campaign", op.f("ck_campaign_status_known"), f"status IN ({_listed(campaign)})")
    change_check("campaign_member", op.f("ck_campaign_member_status_known"), f"status IN ({_listed(member)})")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
