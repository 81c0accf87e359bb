"""Cases of a version of a process: found by an index, to be told of and moved to another version.

Why: an owner asks what a version means for the cases that run on others, and chooses among them (decision 0024). What
a move needs to be undone is kept sealed with its row of the batch, so it asks for no table of its own.
Old rows: none change.
Size: one index over the cases; a second for a hundred thousand of them.
"""

from alembic import op

revision = "0008_moves_of_version"
down_revision = "0007_repairs"
branch_labels = None
depends_on = None

NAME = "ix_cases_process_version"


def upgrade() -> None:
    op.create_index(NAME, "cases", ["process", "process_version"], unique=False)


def downgrade() -> None:
    op.drop_index(NAME, table_name="cases")
