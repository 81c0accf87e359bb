"""Decision tables of a jurisdiction of its own, by their digest.

Why: a place may have its own doubt table; a case stays decided by the one it was started under, also when the place
has another one since.
Old rows: none; cases without one stand on the table of their process as before.
Size: a row for each content that was ever in force somewhere.
"""

import sqlalchemy as sa
from alembic import op

from domain.verification import guards

revision = "0028_policy_tables"
down_revision = "0027_catalogue"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
NAME = "policy_table"


def upgrade() -> None:
    op.create_table(
        NAME,
        sa.Column("id", BIG, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("deployed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_table")),
        sa.UniqueConstraint("digest", name=op.f("uq_policy_table_digest")),
    )
    guards.install(op.get_bind())


def downgrade() -> None:
    op.drop_table(NAME)
