"""The place in a trace at which a fact came in, so that whoever tells the case of it goes on from there.

Revision 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """One column, empty for what came before or while traces are off."""
    op.add_column("inbox_event", sa.Column("traceparent", sa.String(), nullable=True))


def downgrade() -> None:
    """Traces end at the door again."""
    op.drop_column("inbox_event", "traceparent")
