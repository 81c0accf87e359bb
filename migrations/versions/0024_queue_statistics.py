"""PostgreSQL knows that office, role and state of a task go together.

Why: it took them for independent, thought a queue six times shorter than it is, and read the whole queue of an office
to find the task that comes next, instead of its front in the index.
Old rows: counted by the next ANALYZE, which the database does by itself.
Size: one row of the catalogue. SQLite has no such thing, and goes by the index.
"""

from alembic import op

revision = "0024_queue_statistics"
down_revision = "0023_holder_in_use"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE STATISTICS IF NOT EXISTS st_human_task_queue (dependencies, mcv) ON org_id, role, state FROM human_task"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP STATISTICS IF EXISTS st_human_task_queue")
