"""The registers of an office: entries with owner, due day and proof, and what was written to each.

Why: readiness, training, budget, coordination, goals, supervision letters, distribution, rectification, responsibility
and reported problems are one kind of record (BX-03, BX-04, BX-05, BX-29, BX-32, BX-47, LF-32, NM-22, NM-23, NM-27).
Old rows: none; nothing was kept of it before.
Size: two small tables.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0038_registers"
down_revision = "0037_journal_actors"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
_FROZEN = ("ref", "register", "org_id", "by_org_id", "person_id", "detail", "said", "opened_by", "opened_at")
_CHANGED = "(" + " OR ".join(f"NEW.{one} IS DISTINCT FROM OLD.{one}" for one in _FROZEN) + ")"
_OF_ENTRY = "SELECT 1 FROM register_line l WHERE l.entry_id = NEW.id AND l.kind = NEW.state"
_KEPT = "BX-32: what was written to an entry stays as it was written"
GUARDS = (
    ("register_entry", "INSERT", "open", "NEW.state <> 'OPEN'", "BX-32: an entry of a register begins open"),
    (
        "register_entry", "UPDATE", "frozen",
        _CHANGED + " OR (NEW.one_of IS DISTINCT FROM OLD.one_of AND NEW.state <> 'DROPPED')",
        "BX-32: what an entry of a register says does not change",
    ),
    (
        "register_entry", "UPDATE", "said",
        f"NEW.state <> OLD.state AND NEW.state <> 'OPEN' AND NOT EXISTS ({_OF_ENTRY})",
        "BX-32: an entry of a register is closed with a word of why",
    ),
    (
        "register_entry", "UPDATE", "proved",
        ("NEW.state = 'DONE' AND OLD.state = 'OPEN' AND NEW.register IN"
        f" ('READINESS','TRAINING','BUDGET','RECTIFICATION') AND NOT EXISTS ({_OF_ENTRY} AND l.file_id IS NOT NULL)"),
        "BX-03: what this register calls done needs the paper that shows it",
    ),
    ("register_entry", "DELETE", "never", "TRUE", "BX-32: an entry of a register is kept"),
    (
        "register_line", "INSERT", "open",
        ("NEW.kind <> 'REOPENED' AND EXISTS (SELECT 1 FROM register_entry e WHERE e.id = NEW.entry_id"
        " AND e.state <> 'OPEN')"),
        "BX-32: nothing is written to an entry that is closed",
    ),
    ("register_line", "UPDATE", "never", "TRUE", _KEPT),
    ("register_line", "DELETE", "never", "TRUE", _KEPT),
)  # fmt: skip


def upgrade() -> None:
    _table(
        "register_entry",
        _need("register", sa.String(length=64)), _need("org_id", BIG), _need("by_org_id", BIG), _may("person_id", BIG),
        _may("one_of", sa.String(length=64)), _may("detail", sa.String(length=16)), _need("said", sa.LargeBinary()),
        _may("due_on", sa.Date()), _need("state", sa.String(length=8)), _need("opened_by", BIG),
        _need("opened_at", INSTANT), _may("ended_at", INSTANT),
        keys=(("org_id", "organisation"), ("by_org_id", "organisation"), ("person_id", "account"),
              ("opened_by", "account")),
        checks=(("state", "state IN ('OPEN','DONE','DROPPED')"), ("ended", "(state = 'OPEN') = (ended_at IS NULL)")),
        unique=(("register", "org_id", "one_of"),),
    )  # fmt: skip
    op.create_index("ix_register_entry_org", "register_entry", ["org_id", "register", "state", "due_on"])
    op.create_index("ix_register_entry_by_org", "register_entry", ["by_org_id", "register", "state", "due_on"])
    op.create_index("ix_register_entry_person", "register_entry", ["person_id", "register"])
    _table(
        "register_line",
        _need("entry_id", BIG), _need("kind", sa.String(length=8)), _need("text", sa.LargeBinary()),
        _may("file_id", BIG), _need("by", BIG), _need("at", INSTANT),
        keys=(("entry_id", "register_entry"), ("file_id", "stored_file"), ("by", "account")),
        checks=(("kind", "kind IN ('NOTE','DONE','DROPPED','REOPENED')"),),
    )  # fmt: skip
    op.create_index("ix_register_line_entry", "register_line", ["entry_id", "id"])
    _guards()


def downgrade() -> None:
    op.drop_table("register_line")
    op.drop_table("register_entry")
    if op.get_bind().dialect.name != "sqlite":
        for table, event, part, _condition, _sentence in GUARDS:
            op.execute(f"DROP FUNCTION IF EXISTS guard_{table}_{event.lower()}_{part}()")


def _need(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _may(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _table(
    name: str,
    *columns: sa.Column[Any],
    keys: Sequence[tuple[str, str]],
    checks: Sequence[tuple[str, str]],
    unique: Sequence[tuple[str, ...]] = (),
) -> None:
    op.create_table(
        name,
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        *columns,
        *(sa.CheckConstraint(said, name=op.f(f"ck_{name}_{part}")) for part, said in checks),
        *(sa.ForeignKeyConstraint([own], [f"{other}.id"], name=op.f(f"fk_{name}_{own}")) for own, other in keys),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("ref", name=op.f(f"uq_{name}_ref")),
        *(sa.UniqueConstraint(*one, name=op.f(f"uq_{name}_{'_'.join(one)}")) for one in unique),
    )


def _guards() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, event, part, condition, sentence in GUARDS:
        name = f"guard_{table}_{event.lower()}_{part}"
        head = f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW"
        if sqlite:
            said = condition.replace("IS DISTINCT FROM", "IS NOT")
            op.execute(f"{head} WHEN {said} BEGIN SELECT RAISE(ABORT, '{sentence}'); END")
            continue
        row = "OLD" if event == "DELETE" else "NEW"
        op.execute(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN"
            f" RAISE EXCEPTION USING MESSAGE = '{sentence}', ERRCODE = 'check_violation'; END IF; RETURN {row}; END $$"
        )
        op.execute(f"{head} EXECUTE FUNCTION {name}()")
