"""Decisions with the case: which rules of which table matched, what they saw and what they said.

Why: a case must be able to say why it went the way it went, long after its tables have changed.
Old rows: none; what was decided before is known by its doubts alone.
Size: two empty tables, well under a second on any home.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005_decisions"
down_revision = "0004_operations"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
MADE, RULE = "decision_made", "decision_rule"


def upgrade() -> None:
    op.create_table(
        MADE,
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("move", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("step_id", sa.String(length=64), nullable=False),
        sa.Column("definition_id", BIG, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.String(length=64), nullable=False),
        sa.Column("decision", sa.String(length=255), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("engine", sa.String(length=16), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("silent", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_decision_made_case_id")),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_decision_made_definition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_made")),
        sa.UniqueConstraint("case_id", "move", "place", name=op.f("uq_decision_made_case_id_move_place")),
        sa.UniqueConstraint("ref", name=op.f("uq_decision_made_ref")),
    )
    op.create_index("ix_decision_made_case_id", MADE, ["case_id", "id"], unique=False)
    op.create_index("ix_decision_made_definition_id", MADE, ["definition_id"], unique=False)
    op.create_table(
        RULE,
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("made_id", BIG, nullable=False),
        sa.Column("fact", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("decision", sa.String(length=255), nullable=False),
        sa.Column("table_id", sa.String(length=255), nullable=False),
        sa.Column("rule_id", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["made_id"], ["decision_made.id"], name=op.f("fk_decision_rule_made_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_rule")),
        sa.UniqueConstraint("made_id", "fact", "place", name=op.f("uq_decision_rule_made_id_fact_place")),
        sa.UniqueConstraint("ref", name=op.f("uq_decision_rule_ref")),
    )


def downgrade() -> None:
    op.drop_table(RULE)
    op.drop_index("ix_decision_made_definition_id", table_name=MADE)
    op.drop_index("ix_decision_made_case_id", table_name=MADE)
    op.drop_table(MADE)
