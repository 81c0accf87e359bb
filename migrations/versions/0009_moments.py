"""Moments: what each move of a case changed on its drawing, and who moved it.

Why: the case page can look back through a case's past on the drawing that was in force.
Old rows: none; what a case did before is not known move by move, and its page says so.
Size: one empty table, well under a second on any home.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009_moments"
down_revision = "0008_moves_of_version"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
MOMENT = "case_moment"


def upgrade() -> None:
    op.create_table(
        MOMENT,
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.String(length=12), nullable=False),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("verb", sa.String(length=24), nullable=False),
        sa.Column("step_id", sa.String(length=64), nullable=False),
        sa.Column("task_ref", sa.String(length=26), nullable=False),
        sa.Column("definition_id", BIG, nullable=False),
        sa.Column("changed", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_case_moment_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_moment_case_id")),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_case_moment_definition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_moment")),
        sa.UniqueConstraint("case_id", "version", name=op.f("uq_case_moment_case_id_version")),
    )
    op.create_index("ix_case_moment_definition_id", MOMENT, ["definition_id"], unique=False)


def downgrade() -> None:
    op.drop_table(MOMENT)
