"""Open tasks are counted as they change; the inbox is read from one index, an area from another.

Why: at a million open tasks a count of an area would take seconds, and an inbox would sort a whole office.
Old rows: what is open is counted once, by office and role and by area. The triggers stand beside this file as SQL.
Size: two indexes over the open tasks and one count of them, under a minute for a million.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0014_task_counts"
down_revision = "0013_papers"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
TRIGGERS = Path(__file__).parent / "0014_task_counts"
NEXT = "-- next\n"
TASK, COUNT, DELTA = "human_task", "task_count", "task_count_delta"
OPEN = sa.text("state IN ('CREATED','READY','RESERVED','IN_PROGRESS','SUSPENDED','ERROR')")
INBOX = ["org_id", "role", "state", "due_at", "id", "town_id", "step_id", "process"]
OLD_INBOX = ["org_id", "role", "due_at", "id"]
NEVER = {"sqlite": "'9999-12-31 00:00:00.000000'", "postgresql": "'9999-12-31 00:00:00+00'::timestamptz"}
KIND = "CASE WHEN state = 'READY' THEN 'FREE' WHEN state IN ('RESERVED','IN_PROGRESS') THEN 'TAKEN' ELSE 'ASIDE' END"
COUNTED = f"""
WITH RECURSIVE above(org_id, area_id) AS (
  SELECT id, id FROM organisation
  UNION SELECT above.org_id, o.parent_id FROM above JOIN organisation o ON o.id = above.area_id
  WHERE o.parent_id IS NOT NULL
), standing(org_id, role, kind, due_at) AS (
  SELECT org_id, role, {KIND}, coalesce(due_at, %s) FROM human_task WHERE {OPEN}
)
INSERT INTO task_count (area_id, role, kind, due_at, n)
SELECT org_id, role, kind, due_at, count(*) FROM standing GROUP BY 1, 2, 3, 4
UNION ALL
SELECT above.area_id, '', kind, due_at, count(*) FROM standing JOIN above USING (org_id) GROUP BY 1, 2, 3, 4
"""  # noqa: S608  fixed words


def upgrade() -> None:
    _index(INBOX)
    op.create_index(
        "ix_human_task_due", TASK, ["due_at", "id", "org_id", "state"], unique=False, sqlite_where=OPEN,
        postgresql_where=OPEN,
    )  # fmt: skip
    op.create_index(op.f("ix_organisation_parent_id"), "organisation", ["parent_id"], unique=False)
    op.create_table(
        COUNT,
        sa.Column("area_id", BIG, autoincrement=False, nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("area_id", "role", "kind", "due_at", name=op.f("pk_task_count")),
    )
    nothing = sa.text("n = 0")
    op.create_index(
        "ix_task_count_none", COUNT, ["area_id"], unique=False, sqlite_where=nothing, postgresql_where=nothing
    )
    op.create_table(
        DELTA,
        sa.Column("id", BIG, nullable=False),
        sa.Column("org_id", BIG, nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_count_delta")),
    )
    op.create_index("ix_task_count_delta_org_id", DELTA, ["org_id", "role", "kind"], unique=False)
    dialect = op.get_bind().dialect.name
    op.execute(COUNTED.replace("%s", NEVER[dialect]))
    for statement in (TRIGGERS / f"{dialect}.sql").read_text(encoding="utf-8").split(NEXT):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER tally_human_task_{event}" + (f" ON {TASK}" if postgres else ""))
        if postgres:
            op.execute(f"DROP FUNCTION tally_human_task_{event}()")
    op.drop_table(DELTA)
    op.drop_table(COUNT)
    op.drop_index(op.f("ix_organisation_parent_id"), table_name="organisation")
    op.drop_index("ix_human_task_due", table_name=TASK)
    _index(OLD_INBOX)


def _index(columns: list[str]) -> None:
    op.drop_index("ix_human_task_inbox", table_name=TASK)
    op.create_index("ix_human_task_inbox", TASK, columns, unique=False, sqlite_where=OPEN, postgresql_where=OPEN)
