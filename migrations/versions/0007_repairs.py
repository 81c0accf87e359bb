"""Repairs: cases on hold, steps done on somebody's behalf, one thing done to many cases with a verdict each.

Why: an operator must be able to put a running case right, alone or by the hundred, and to see what will happen first.
Old rows: no case is on hold, no step was done on anybody's behalf.
Size: three empty tables and three empty columns, under a second on any home.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007_repairs"
down_revision = "0006_incidents"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
CASES, TASK, BATCH, ROW, HELD = "cases", "human_task", "case_batch", "case_batch_row", "case_held"


def upgrade() -> None:
    op.add_column(CASES, sa.Column("suspended_at", INSTANT, nullable=True))
    op.add_column(CASES, sa.Column("suspended_until", INSTANT, nullable=True))
    op.add_column(TASK, sa.Column("done_for", BIG, nullable=True))
    _batches()
    _rows()
    op.create_table(
        HELD,
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("held_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_held_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_held")),
    )
    op.create_index("ix_case_held_case_id", HELD, ["case_id", "id"], unique=False)


def _batches() -> None:
    states = "'JUDGING','JUDGED','APPROVED','RUNNING','DONE','CANCELLED','UNDOING','UNDONE'"
    op.create_table(
        BATCH,
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("chosen", sa.JSON(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("judged", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("org_id", BIG, nullable=True),
        sa.Column("created_by", BIG, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("approved_by", BIG, nullable=True),
        sa.Column("approved_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint(f"state IN ({states})", name=op.f("ck_case_batch_state")),
        sa.CheckConstraint(
            "approved_by IS NULL OR created_by IS NULL OR approved_by <> created_by", name=op.f("ck_case_batch_second")
        ),
        sa.ForeignKeyConstraint(["approved_by"], ["account.id"], name=op.f("fk_case_batch_approved_by")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_case_batch_created_by")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_case_batch_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_batch")),
        sa.UniqueConstraint("ref", name=op.f("uq_case_batch_ref")),
    )
    op.create_index("ix_case_batch_org_id", BATCH, ["org_id", "id"], unique=False)


def _rows() -> None:
    op.create_table(
        ROW,
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("batch_id", BIG, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("result", sa.String(length=8), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.Column("kept", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("verdict IN ('','ok','changes','mapping','cannot')", name=op.f("ck_case_batch_row_verdict")),
        sa.CheckConstraint(
            "result IN ('','DONE','FAILED','LEFT','UNDONE','STAYS')", name=op.f("ck_case_batch_row_result")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["case_batch.id"], name=op.f("fk_case_batch_row_batch_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_batch_row_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_batch_row")),
        sa.UniqueConstraint("batch_id", "case_id", name=op.f("uq_case_batch_row_batch_id_case_id")),
        sa.UniqueConstraint("batch_id", "place", name=op.f("uq_case_batch_row_batch_id_place")),
        sa.UniqueConstraint("ref", name=op.f("uq_case_batch_row_ref")),
    )
    op.create_index("ix_case_batch_row_verdict", ROW, ["batch_id", "verdict", "place"], unique=False)
    op.create_index("ix_case_batch_row_result", ROW, ["batch_id", "result", "place"], unique=False)
    op.create_index("ix_case_batch_row_case_id", ROW, ["case_id"], unique=False)


def downgrade() -> None:
    op.drop_table(HELD)
    op.drop_table(ROW)
    op.drop_table(BATCH)
    op.drop_column(TASK, "done_for")
    op.drop_column(CASES, "suspended_until")
    op.drop_column(CASES, "suspended_at")
