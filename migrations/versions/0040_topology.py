"""To whom an office reports is an edge of its own, and an office says of what type and of what kind of unit it is.

Why: 满洲里市 and 二连浩特市 lie in one place and report to another (NM-28); departments of several types entrust
(LN-02), others with a legal basis (LN-37); counties work on the city's platform or on their own (BX-02).
Old rows: departments are of civil affairs, units work on the shared platform. Each agency reports and forwards to the
agency above it, each department's second form goes to the department of the office above, as it was until now; the
first day of the oldest rules stands for the day since when.
Size: the table of offices is written anew on SQLite, a few hundred rows.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision = "0040_topology"
down_revision = "0039_renewals"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OFFICE, EDGE, LETTER = "organisation", "org_edge", "commission"
CHECKS = (
    ("typed", "(kind = 'department') = (office_type IS NOT NULL)"),
    (
        "office_type",
        (
            "office_type IS NULL OR office_type IN ('civil_affairs','health','medical_insurance','education','housing',"
            "'labour','disabled','other')"
        ),
    ),
    ("platform_mode", "platform_mode IN ('city_shared','self_built')"),
    ("valid", "valid_to IS NULL OR valid_from IS NULL OR valid_to >= valid_from"),
)
_MEETS = (
    "EXISTS (SELECT 1 FROM org_edge e WHERE e.from_id = NEW.from_id AND e.kind = NEW.kind AND e.form = NEW.form"
    " AND (NEW.valid_to IS NULL OR e.valid_from <= NEW.valid_to)"
    " AND (e.valid_to IS NULL OR e.valid_to >= NEW.valid_from){but})"
)
_ONE = "NM-28: an office reports to one office a day"


def _changed(columns: Sequence[str]) -> str:
    return "(" + " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns) + ")"


GUARDS = (
    (EDGE, "INSERT", "one", _MEETS.format(but=""), _ONE),
    (EDGE, "UPDATE", "one", _MEETS.format(but=" AND e.id <> NEW.id"), _ONE),
    (
        EDGE, "UPDATE", "frozen", _changed(("from_id", "to_id", "kind", "form", "valid_from")),
        "NM-28: to whom an office reported does not change; an edge is ended",
    ),
    (EDGE, "DELETE", "never", "TRUE", "NM-28: to whom an office reported stays on record; an edge is ended"),
    (
        LETTER, "UPDATE", "other",
        ("NEW.state = 'ISSUED' AND OLD.state = 'DRAFT' AND TRIM(NEW.basis) = '' AND EXISTS (SELECT 1 FROM"
        " organisation o WHERE o.id = NEW.department_id AND o.office_type = 'other')"),
        "LN-37: a unit that the norm does not name commissions with its legal basis alone",
    ),
)  # fmt: skip


def upgrade() -> None:
    with _without_triggers():
        with op.batch_alter_table(OFFICE) as table:
            table.add_column(sa.Column("office_type", sa.String(length=24), nullable=True))
            table.add_column(sa.Column("unit_kind", sa.String(length=24), nullable=False, server_default=""))
            table.add_column(sa.Column("platform_mode", sa.String(length=12), nullable=False,
                                       server_default="city_shared"))  # fmt: skip
            table.add_column(sa.Column("valid_from", sa.Date(), nullable=True))
            table.add_column(sa.Column("valid_to", sa.Date(), nullable=True))
        op.execute("UPDATE organisation SET office_type = 'civil_affairs' WHERE kind = 'department'")
        with op.batch_alter_table(OFFICE) as table:
            table.alter_column("unit_kind", existing_type=sa.String(24), existing_nullable=False, server_default=None)
            table.alter_column("platform_mode", existing_type=sa.String(12), existing_nullable=False,
                               server_default=None)  # fmt: skip
            for part, said in CHECKS:
                table.create_check_constraint(op.f(f"ck_{OFFICE}_{part}"), said)
    _edges()
    _as_it_was()
    for guard in GUARDS:
        _guard(*guard)


def downgrade() -> None:
    for table, event, part, _condition, _sentence in GUARDS:
        _unguard(table, event, part)
    op.drop_table(EDGE)
    with _without_triggers(), op.batch_alter_table(OFFICE) as offices:
        for part, _said in CHECKS:
            offices.drop_constraint(op.f(f"ck_{OFFICE}_{part}"), type_="check")
        for name in ("valid_to", "valid_from", "platform_mode", "unit_kind", "office_type"):
            offices.drop_column(name)


def _edges() -> None:
    op.create_table(
        EDGE,
        sa.Column("id", BIG, nullable=False),
        sa.Column("from_id", BIG, nullable=False),
        sa.Column("to_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("form", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "kind IN ('report_to','assist_city','forwards_to','entrusts')", name=op.f("ck_org_edge_kind")
        ),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_org_edge_two_offices")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_org_edge_valid")),
        sa.ForeignKeyConstraint(["from_id"], [f"{OFFICE}.id"], name=op.f("fk_org_edge_from_id")),
        sa.ForeignKeyConstraint(["to_id"], [f"{OFFICE}.id"], name=op.f("fk_org_edge_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_org_edge")),
        sa.UniqueConstraint(
            "from_id", "kind", "form", "valid_from", name=op.f("uq_org_edge_from_id_kind_form_valid_from")
        ),
    )
    op.create_index("ix_org_edge_to_id_kind", EDGE, ["to_id", "kind"], unique=False)


def _as_it_was() -> None:
    write = (
        "INSERT INTO org_edge (from_id, to_id, kind, form, valid_from, source)"
        " SELECT o.id, a.id, '{kind}', '{form}', DATE('2017-01-01'), 'internal' FROM organisation o"
        " JOIN organisation a ON {above} WHERE {who}"
    )
    agencies = {"above": "a.id = o.parent_id AND a.kind = 'agency'", "who": "o.kind = 'agency'"}
    for kind in ("report_to", "forwards_to"):
        op.execute(write.format(kind=kind, form="", **agencies))
    divisions = "a.kind = 'department' AND a.parent_id = o.parent_id AND a.level = 'city'"
    op.execute(
        write.format(
            kind="report_to",
            form="FORM2",
            above=divisions,
            who="o.kind = 'department' AND o.level = 'county'"
            " AND (SELECT COUNT(*) FROM organisation d WHERE d.kind = 'department' AND d.level = 'city'"
            " AND d.parent_id = o.parent_id) = 1",
        )
    )


@contextmanager
def _without_triggers() -> Iterator[None]:
    """SQLite writes a table anew under another name and would find triggers that speak of a table that is gone."""
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        yield
        return
    rows = bind.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    found = {str(name): str(said) for name, said in rows}
    for name in found:
        bind.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for said in found.values():
        bind.exec_driver_sql(said)


def _guard(table: str, event: str, part: str, condition: str, sentence: str) -> None:
    name = f"guard_{table}_{event.lower()}_{part}"
    head = f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW"
    if op.get_bind().dialect.name == "sqlite":
        said = condition.replace("IS DISTINCT FROM", "IS NOT")
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
        op.execute(f"{head} WHEN {said} BEGIN SELECT RAISE(ABORT, '{sentence}'); END")
        return
    row = "OLD" if event == "DELETE" else "NEW"
    op.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
    op.execute(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN"
        f" RAISE EXCEPTION USING MESSAGE = '{sentence}', ERRCODE = 'check_violation'; END IF; RETURN {row}; END $$"
    )
    op.execute(f"{head} EXECUTE FUNCTION {name}()")


def _unguard(table: str, event: str, part: str) -> None:
    name = f"guard_{table}_{event.lower()}_{part}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
        return
    op.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
    op.execute(f"DROP FUNCTION IF EXISTS {name}()")
