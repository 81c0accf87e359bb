"""Upkeep: which backups were made and proved.

Why: the operations page says when the last backup was made and when one was last restored to prove it.
Old rows: none; the table begins empty.
Size: one small table, well under a second on any home.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003_upkeep"
down_revision = "0002_studio"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "upkeep_run",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("place", sa.String(length=1000), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("bytes", BIG, nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("rows", BIG, nullable=False),
        sa.Column("journal_head", sa.String(length=64), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.CheckConstraint("kind IN ('BACKUP','PROOF')", name=op.f("ck_upkeep_run_kind")),
        sa.CheckConstraint("outcome IN ('RUNNING','DONE','FAILED')", name=op.f("ck_upkeep_run_outcome")),
        sa.CheckConstraint("outcome = 'RUNNING' OR ended_at IS NOT NULL", name=op.f("ck_upkeep_run_ended")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upkeep_run")),
        sa.UniqueConstraint("ref", name=op.f("uq_upkeep_run_ref")),
    )
    op.create_index("ix_upkeep_run_kind", "upkeep_run", ["kind", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_upkeep_run_kind", table_name="upkeep_run")
    op.drop_table("upkeep_run")
