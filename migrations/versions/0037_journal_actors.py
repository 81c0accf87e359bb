"""What an account did is found by an index of the journal.

Why: whoever follows a leak up looks for what an account did, among millions of rows of the journal (CK-31).
Old rows: indexed as they are.
Size: one index over the whole journal; on a large one it takes minutes, while nothing is written.
"""

from alembic import op

revision = "0037_journal_actors"
down_revision = "0036_recipient_whitelist"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_journal_entry_actor", "journal_entry", ["actor", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_journal_entry_actor", table_name="journal_entry")
