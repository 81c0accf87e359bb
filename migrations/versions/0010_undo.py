"""Taking a batch back: who asked for it and who said yes to it as the second person.

Why: it is carried out with the rights of whoever asks for it, not of somebody whose account may be closed by then, and
above twenty cases two people have to want it.
Old rows: a batch that is being taken back goes on in the name of whoever asked for the batch, as before.
Size: two empty columns, under a second on any home.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010_undo"
down_revision = "0009_moments"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BATCH = "case_batch"


def upgrade() -> None:
    op.add_column(BATCH, sa.Column("undo_by", BIG, nullable=True))
    op.add_column(BATCH, sa.Column("undo_second", BIG, nullable=True))


def downgrade() -> None:
    op.drop_column(BATCH, "undo_second")
    op.drop_column(BATCH, "undo_by")
