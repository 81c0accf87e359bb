"""Timers that say how they came about, items that are held by a number, and incidents that say how they ended.

Why: a timer that a person can read and correct needs its planned instant, its rounds and its rule of catching up; a
worker that lost an item must not record it; an item given up must cost the others nothing.
Old rows: planned instants are taken from the due ones; the rest is filled with each next move of the case.
Size: case_wait and incident are read once; the indexes of the agenda are built anew, seconds for a million items.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006_incidents"
down_revision = "0005_decisions"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
AGENDA, WAIT, INCIDENT, REPORT = "agenda_item", "case_wait", "incident", "watch_report"
NOTHING, ZERO = sa.text("''"), sa.text("0")
NO = sa.false()


def upgrade() -> None:
    op.add_column(AGENDA, sa.Column("fence", sa.Integer(), server_default=ZERO, nullable=False))
    op.drop_index("ix_agenda_item_due", table_name=AGENDA)
    _index_agenda("ix_agenda_item_due", "done_at IS NULL AND parked IS ", parked=False)
    _index_agenda("ix_agenda_item_parked", "done_at IS NULL AND parked IS ", parked=True)

    op.add_column(WAIT, sa.Column("planned_at", INSTANT, nullable=True))
    op.add_column(WAIT, sa.Column("every", sa.String(length=64), server_default=NOTHING, nullable=False))
    op.add_column(WAIT, sa.Column("rounds_left", sa.Integer(), nullable=True))
    op.add_column(WAIT, sa.Column("catch_up", sa.String(length=8), server_default=NOTHING, nullable=False))
    op.add_column(WAIT, sa.Column("derivation", sa.JSON(), nullable=True))
    op.add_column(WAIT, sa.Column("asleep", sa.Boolean(), server_default=NO, nullable=False))
    op.execute("UPDATE case_wait SET planned_at = due_at")
    timed = sa.text("due_at IS NOT NULL")
    op.create_index("ix_case_wait_due", WAIT, ["due_at", "id"], sqlite_where=timed, postgresql_where=timed)

    op.add_column(INCIDENT, sa.Column("outcome", sa.String(length=12), server_default=NOTHING, nullable=False))
    op.add_column(INCIDENT, sa.Column("reason", sa.LargeBinary(), nullable=True))

    still_open = sa.text("state = 'OPEN'")
    op.create_index("ix_cases_open", "cases", ["id"], sqlite_where=still_open, postgresql_where=still_open)
    op.create_table(
        REPORT,
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("process", sa.String(length=96), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_report")),
    )
    op.create_index("ix_watch_report_kind", REPORT, ["kind", "id"], unique=False)


def _index_agenda(name: str, where: str, *, parked: bool) -> None:
    op.create_index(
        name,
        AGENDA,
        ["due_at", "id"],
        sqlite_where=sa.text(where + ("1" if parked else "0")),
        postgresql_where=sa.text(where + ("true" if parked else "false")),
    )


def downgrade() -> None:
    op.drop_index("ix_watch_report_kind", table_name=REPORT)
    op.drop_table(REPORT)
    op.drop_index("ix_cases_open", table_name="cases")
    for name in ("reason", "outcome"):
        op.drop_column(INCIDENT, name)
    op.drop_index("ix_case_wait_due", table_name=WAIT)
    for name in ("asleep", "derivation", "catch_up", "rounds_left", "every", "planned_at"):
        op.drop_column(WAIT, name)
    op.drop_index("ix_agenda_item_parked", table_name=AGENDA)
    op.drop_index("ix_agenda_item_due", table_name=AGENDA)
    open_items = sa.text("done_at IS NULL")
    op.create_index(
        "ix_agenda_item_due", AGENDA, ["due_at", "id"], sqlite_where=open_items, postgresql_where=open_items
    )
    op.drop_column(AGENDA, "fence")
