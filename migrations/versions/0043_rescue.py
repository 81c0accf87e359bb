"""Help that is given before the verification: who asked, why, who approved, what was paid, how it ended; a kind of case.

Why: an urgent need is helped first and verified after, under a term of its own, with an approver and a reason (LF-14).
Old rows: none; cases of before stay of their kinds.
Size: a row a case of first help; the table of cases is written anew on SQLite.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0043_rescue"
down_revision = "0042_wire"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
SEALED, JSON = sa.LargeBinary(), sa.JSON()
RESCUE, CASES = "rescue", "cases"
KINDS, OLD_KINDS = ("kind IN ('NEW','DYNAMIC','BATCH_LETTER','RESCUE')", "kind IN ('NEW','DYNAMIC','BATCH_LETTER')")
FROZEN = (
    "id", "ref", "case_id", "org_id", "org_kind", "asked_by", "urgency", "amount_fen", "decided_by", "decided_at",
    "decision_reason",
)  # fmt: skip
KEPT = (
    "paid_on", "paid_fen", "paid_by", "due_at", "late_at", "outcome", "outcome_reason", "back_fen", "concluded_by",
)  # fmt: skip
CHECKS = (
    ("by_department", "org_kind = 'department'"),
    ("state", "state IN ('APPROVED','REFUSED','PAID','CONCLUDED')"),
    ("amount", "amount_fen > 0 AND (paid_fen IS NULL OR paid_fen BETWEEN 1 AND amount_fen)"),
    ("two_people", "asked_by <> decided_by"),
    (
        "paid",
        (
            "(state IN ('PAID','CONCLUDED') AND paid_on IS NOT NULL AND paid_fen IS NOT NULL AND paid_by IS NOT NULL"
            " AND due_at IS NOT NULL) OR (state IN ('APPROVED','REFUSED') AND paid_on IS NULL AND paid_fen IS NULL"
            " AND paid_by IS NULL AND due_at IS NULL)"
        ),
    ),
    (
        "concluded",
        (
            "(state = 'CONCLUDED' AND outcome IS NOT NULL AND outcome_reason IS NOT NULL AND concluded_by IS NOT NULL"
            " AND verification_id IS NOT NULL) OR (state <> 'CONCLUDED' AND outcome IS NULL AND outcome_reason IS NULL"
            " AND concluded_by IS NULL)"
        ),
    ),
    ("outcome", "outcome IS NULL OR outcome IN ('CLOSE','ADJUST','RECOVER')"),
    (
        "back",
        (
            "(COALESCE(outcome, '') = 'RECOVER') = (back_fen IS NOT NULL) AND (back_fen IS NULL OR back_fen BETWEEN 1"
            " AND paid_fen)"
        ),
    ),
)


def _changed(columns: Sequence[str]) -> str:
    return "(" + " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns) + ")"


def _once(columns: Sequence[str]) -> str:
    return " OR ".join(f"(OLD.{c} IS NOT NULL AND NEW.{c} IS DISTINCT FROM OLD.{c})" for c in columns)


GUARDS = (
    (
        RESCUE, "INSERT", "urgent",
        (
        "NOT EXISTS (SELECT 1 FROM cases c WHERE c.id = NEW.case_id AND c.kind = 'RESCUE')"
        ),
        "LF-14: nothing but an urgent need is helped before the verification",
    ),
    (
        RESCUE, "INSERT", "begins",
        (
        "NEW.state NOT IN ('APPROVED','REFUSED')"
        ),
        "LF-14: first help begins with a decision of the head",
    ),
    (
        RESCUE, "UPDATE", "moves",
        (
        "NEW.state <> OLD.state AND NOT ((OLD.state = 'APPROVED' AND NEW.state = 'PAID') OR (OLD.state = "
        "'PAID' AND NEW.state = 'CONCLUDED'))"
        ),
        "LF-14: first help is approved, paid, verified and concluded, in this order",
    ),
    (
        RESCUE, "UPDATE", "verified",
        (
        "NEW.state = 'CONCLUDED' AND OLD.state = 'PAID' AND NOT EXISTS (SELECT 1 FROM determination d "
        'WHERE d.case_id = NEW.verification_id)'
        ),
        "LF-14: first help is concluded after its verification was decided on",
    ),
    (
        RESCUE, "UPDATE", "frozen", _changed(FROZEN) + " OR " + _once(KEPT),
        "LF-14: what was asked, approved and paid stays as it was written",
    ),
    (
        RESCUE, "DELETE", "kept",
        (
        'TRUE'
        ),
        "LF-14: the record of first help stays",
    ),
)  # fmt: skip


def upgrade() -> None:
    _kinds(KINDS)
    op.create_table(
        RESCUE,
        sa.Column("id", BIG, nullable=False),
        _need("ref", sa.String(length=26)),
        _need("case_id", BIG),
        _need("org_id", BIG),
        _need("org_kind", sa.String(length=16)),
        _need("state", sa.String(length=12)),
        _need("asked_by", BIG),
        _need("urgency", SEALED),
        _need("amount_fen", BIG),
        _need("decided_by", BIG),
        _need("decided_at", INSTANT),
        _need("decision_reason", SEALED),
        _may("paid_on", sa.Date()),
        _may("paid_fen", BIG),
        _may("paid_by", BIG),
        _may("due", JSON),
        _may("due_at", INSTANT),
        _may("late_at", INSTANT),
        _may("verification_id", BIG),
        _may("outcome", sa.String(length=12)),
        _may("outcome_reason", SEALED),
        _may("back_fen", BIG),
        _may("concluded_by", BIG),
        _may("concluded_at", INSTANT),
        *(sa.CheckConstraint(said, name=op.f(f"ck_rescue_{part}")) for part, said in CHECKS),
        sa.ForeignKeyConstraint(
            ["org_id", "org_kind"], ["organisation.id", "organisation.kind"], name=op.f("fk_rescue_org_id_org_kind")
        ),
        *(
            sa.ForeignKeyConstraint([own], [f"{other}.id"], name=op.f(f"fk_rescue_{own}"))
            for own, other in (
                ("case_id", CASES),
                ("asked_by", "account"),
                ("decided_by", "account"),
                ("paid_by", "account"),
                ("verification_id", CASES),
                ("concluded_by", "account"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rescue")),
        sa.UniqueConstraint("ref", name=op.f("uq_rescue_ref")),
        sa.UniqueConstraint("case_id", name=op.f("uq_rescue_case_id")),
    )
    paid = sa.text("state = 'PAID'")
    op.create_index("ix_rescue_unverified", RESCUE, ["id"], sqlite_where=paid, postgresql_where=paid)
    op.create_index("ix_rescue_org_state", RESCUE, ["org_id", "state", "due_at"])
    op.create_index("ix_rescue_verification_id", RESCUE, ["verification_id"])
    for guard in GUARDS:
        _guard(*guard)


def downgrade() -> None:
    for table, event, part, _condition, _sentence in GUARDS:
        _unguard(table, event, part)
    op.drop_table(RESCUE)
    _kinds(OLD_KINDS)


def _need(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _may(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _kinds(said: str) -> None:
    with _without_triggers(), op.batch_alter_table(CASES) as table:
        table.drop_constraint(op.f("ck_cases_kind"), type_="check")
        table.create_check_constraint(op.f("ck_cases_kind"), said)


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
