"""How long the web took to answer.

Why: an operator sees which pages are slow, and since when, without reading logs.
Old rows: none.
Size: an empty table; some hundred small rows an hour of work, kept for three days.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022_request_times"
down_revision = "0021_marks"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "request_time",
        sa.Column("id", BIG, nullable=False),
        sa.Column("hour", INSTANT, nullable=False),
        sa.Column("route", sa.String(length=160), nullable=False),
        sa.Column("span", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("slowest", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_time")),
        sa.UniqueConstraint("hour", "route", "span", name=op.f("uq_request_time_hour_route_span")),
    )


def downgrade() -> None:
    op.drop_table("request_time")
