"""Working time of steps: sums a day and office, and how far the reader of journal and moments came.

Why: the head of an office sees where the time of a process goes without anybody's reading the journal for it.
Old rows: none; the reader begins at the first entry, some at a time.
Size: two empty tables, well under a second on any home.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019_step_times"
down_revision = "0018_leaving"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME, MARK = "step_time", "step_time_mark"


def upgrade() -> None:
    op.create_table(
        TIME,
        sa.Column("id", BIG, nullable=False),
        sa.Column("org_id", BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("process", sa.String(length=64), nullable=False),
        sa.Column("step_id", sa.String(length=64), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.Column("waiting", BIG, nullable=False),
        sa.Column("working", BIG, nullable=False),
        sa.Column("blocked", BIG, nullable=False),
        sa.CheckConstraint(
            "n >= 0 AND waiting >= 0 AND working >= 0 AND blocked >= 0", name=op.f("ck_step_time_counted")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_time")),
        sa.UniqueConstraint(
            "org_id", "day", "process", "step_id", name=op.f("uq_step_time_org_id_day_process_step_id")
        ),
    )
    op.create_table(
        MARK,
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("read", BIG, nullable=False),
        sa.Column("seen", BIG, nullable=False),
        sa.CheckConstraint("kind IN ('TASKS','MOMENTS')", name=op.f("ck_step_time_mark_kind")),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_step_time_mark")),
    )


def downgrade() -> None:
    op.drop_table(MARK)
    op.drop_table(TIME)
