"""Fields marked for correction.

Why: whoever sends a case back says which answers are wrong, and why, beside each.
Old rows: none.
Size: an empty table; a few rows a correction.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021_marks"
down_revision = "0020_pull"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "task_mark",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("task_id", BIG, nullable=False),
        sa.Column("path", sa.String(length=120), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("marked_in", BIG, nullable=False),
        sa.Column("marked_by", BIG, nullable=False),
        sa.Column("marked_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["marked_by"], ["account.id"], name=op.f("fk_task_mark_marked_by")),
        sa.ForeignKeyConstraint(["marked_in"], ["human_task.id"], name=op.f("fk_task_mark_marked_in")),
        sa.ForeignKeyConstraint(["task_id"], ["human_task.id"], name=op.f("fk_task_mark_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_mark")),
        sa.UniqueConstraint("ref", name=op.f("uq_task_mark_ref")),
        sa.UniqueConstraint("task_id", "path", name=op.f("uq_task_mark_task_id_path")),
    )


def downgrade() -> None:
    op.drop_table("task_mark")
