"""Batches of tasks: a row of a batch may be one task of a case, not the case alone.

Why: people claim, assign, remind and put off many tasks at once, judged and taken back as repairs of cases are.
Old rows: all are of cases and stay so.
Size: the rows of batches are written anew on SQLite, a second for a hundred thousand.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017_batches_of_tasks"
down_revision = "0016_finding"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROW = "case_batch_row"
OF_CASE, OF_TASK = sa.text("task_id IS NULL"), sa.text("task_id IS NOT NULL")
ONCE = "uq_case_batch_row_batch_id_case_id"


def upgrade() -> None:
    with op.batch_alter_table(ROW) as table:
        table.drop_constraint(op.f(ONCE), type_="unique")
        table.add_column(sa.Column("task_id", BIG, nullable=True))
        table.create_foreign_key(op.f("fk_case_batch_row_task_id"), "human_task", ["task_id"], ["id"])
    for name, column, where in (("case", "case_id", OF_CASE), ("task", "task_id", OF_TASK)):
        op.create_index(
            f"uq_case_batch_row_{name}", ROW, ["batch_id", column], unique=True, sqlite_where=where,
            postgresql_where=where,
        )  # fmt: skip
    op.create_index("ix_case_batch_row_task_id", ROW, ["task_id"], unique=False)


def downgrade() -> None:
    op.execute(sa.text(f"DELETE FROM {ROW} WHERE task_id IS NOT NULL"))  # noqa: S608  names of our own
    op.execute(sa.text(f"DELETE FROM case_batch WHERE NOT EXISTS (SELECT 1 FROM {ROW} WHERE batch_id = case_batch.id)"))  # noqa: S608
    op.drop_index("ix_case_batch_row_task_id", table_name=ROW)
    for name in ("case", "task"):
        op.drop_index(f"uq_case_batch_row_{name}", table_name=ROW)
    with op.batch_alter_table(ROW) as table:
        table.drop_constraint(op.f("fk_case_batch_row_task_id"), type_="foreignkey")
        table.drop_column("task_id")
        table.create_unique_constraint(op.f(ONCE), ["batch_id", "case_id"])
