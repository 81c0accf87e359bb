"""An index for messages that wait to be sent.

Why: the operations page counts them every half minute, and the table keeps every message ever sent.
Old rows: unchanged.
Size: none of the tables is read but the outbox; seconds for a million messages.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004_operations"
down_revision = "0003_upkeep"
branch_labels = None
depends_on = None

WAITING = sa.text("sent_at IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_outbox_message_waiting",
        "outbox_message",
        ["kind", "address"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_message_waiting", table_name="outbox_message")
