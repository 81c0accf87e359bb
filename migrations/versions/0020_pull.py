"""What comes next for somebody who takes what comes: an index of what nobody holds, by priority and due day.

Why: "next task" takes the first of each queue; without the index a queue would be sorted for it.
Old rows: indexed as they stand.
Size: one entry an open task that nobody holds; some seconds for a million.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020_pull"
down_revision = "0019_step_times"
branch_labels = None
depends_on = None

NAME = "ix_human_task_pull"


def upgrade() -> None:
    free = sa.text("state = 'READY'")
    columns = ["org_id", "role", "priority", "due_at", "id"]
    op.create_index(NAME, "human_task", columns, unique=False, sqlite_where=free, postgresql_where=free)


def downgrade() -> None:
    op.drop_index(NAME, table_name="human_task")
