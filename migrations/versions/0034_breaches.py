"""Leaks of what is confidential: their records, the accounts they speak of, the linked rows of the journal.

Why: a leak is written down with who, what, how far, with what result and how it was dealt with, linked to accounts and
to rows of the journal, and is reported in writing (CK-31).
Old rows: none; nothing was kept of it before.
Size: three small tables.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0034_breaches"
down_revision = "0033_house_log"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
_NAMED = "CK-31: whom a leak speaks of stays on record"
_LINKED = "CK-31: the rows of the journal linked to a leak stay linked"
_FROZEN = (
    "ref", "number", "org_id", "found_on", "happened_on", "report_by", "grade", "persons", "what", "reach", "result",
    "recorded_by", "recorded_at",
)  # fmt: skip
_ONCE = ("reported_to", "reported_by", "reported_at", "canonical", "digest", "handling", "closed_by", "closed_at")
_AGAIN = " OR ".join(f"(OLD.{c} IS NOT NULL AND NEW.{c} IS DISTINCT FROM OLD.{c})" for c in _ONCE)
_OWN = (
    "NEW.closed_by IS NOT NULL AND EXISTS (SELECT 1 FROM breach_account a WHERE a.breach_id = NEW.id AND"
    " a.account_id = NEW.closed_by AND a.part = 'SUSPECT')"
)
_CLOSED = "EXISTS (SELECT 1 FROM breach b WHERE b.id = NEW.breach_id AND b.state = 'CLOSED')"
_ADDED = "CK-31: nothing is added to the record of a leak that is closed"
_IN_WRITING = (
    "state = 'OPEN' OR (reported_to IS NOT NULL AND reported_by IS NOT NULL AND reported_at IS NOT NULL"
    " AND canonical IS NOT NULL AND digest IS NOT NULL)"
)
GUARDS = (
    ("breach", "INSERT", "open", "NEW.state <> 'OPEN'", "CK-31: the record of a leak begins open"),
    ("breach", "UPDATE", "frozen", "(" + " OR ".join(f"NEW.{c} IS DISTINCT FROM OLD.{c}" for c in _FROZEN) + ")",
     "CK-31: what was written down of a leak stays as it was written"),
    ("breach", "UPDATE", "once", f"{_AGAIN} OR OLD.state = 'CLOSED' OR (OLD.state = 'REPORTED' AND NEW.state = 'OPEN')",
     "CK-31: a leak is reported once and closed once"),
    ("breach", "UPDATE", "linked",
     "NEW.state = 'CLOSED' AND NOT EXISTS (SELECT 1 FROM breach_entry e WHERE e.breach_id = NEW.id)",
     "CK-31: a leak is closed when the rows of the journal that show the access are linked to it"),
    ("breach", "UPDATE", "suspect", _OWN,
     "CK-31: whoever is suspected of a leak does not close its record"),
    ("breach", "DELETE", "never", "TRUE", "CK-31: the record of a leak is kept"),
    ("breach_account", "INSERT", "open", _CLOSED, _ADDED),
    ("breach_account", "UPDATE", "never", "TRUE", _NAMED),
    ("breach_account", "DELETE", "never", "TRUE", _NAMED),
    ("breach_entry", "INSERT", "open", _CLOSED, _ADDED),
    ("breach_entry", "UPDATE", "never", "TRUE", _LINKED),
    ("breach_entry", "DELETE", "never", "TRUE", _LINKED),
)  # fmt: skip


def _need(name: str, kind: Any) -> "sa.Column[object]":
    return sa.Column(name, kind, nullable=False)


def _may(name: str, kind: Any) -> "sa.Column[object]":
    return sa.Column(name, kind, nullable=True)


def _table(
    name: str,
    *columns: "sa.Column[object]",
    keys: Sequence[tuple[str, str]] = (),
    checks: Sequence[tuple[str, str]] = (),
    unique: Sequence[Sequence[str]] = (),
) -> None:
    op.create_table(
        name,
        sa.Column("id", BIG, nullable=False),
        *columns,
        *(sa.CheckConstraint(said, name=op.f(f"ck_{name}_{part}")) for part, said in checks),
        *(sa.ForeignKeyConstraint([one], [f"{other}.id"], name=op.f(f"fk_{name}_{one}")) for one, other in keys),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        *(sa.UniqueConstraint(*one, name=op.f(f"uq_{name}_{'_'.join(one)}")) for one in unique),
    )


def upgrade() -> None:
    _table(
        "breach",
        _need("ref", sa.String(length=26)), _need("number", sa.String(length=48)), _need("org_id", BIG),
        _need("found_on", sa.Date()), _may("happened_on", sa.Date()), _need("report_by", sa.Date()),
        _need("grade", sa.String(length=8)), _may("persons", sa.Integer()), _need("what", sa.LargeBinary()),
        _need("reach", sa.LargeBinary()), _need("result", sa.LargeBinary()), _may("handling", sa.LargeBinary()),
        _need("state", sa.String(length=8)), _need("recorded_by", BIG), _need("recorded_at", INSTANT),
        _may("reported_to", sa.String(length=255)), _may("reported_by", BIG), _may("reported_at", INSTANT),
        _may("canonical", sa.LargeBinary()), _may("digest", sa.String(length=64)), _may("closed_by", BIG),
        _may("closed_at", INSTANT),
        keys=(("org_id", "organisation"), *((one, "account") for one in ("recorded_by", "reported_by", "closed_by"))),
        checks=(
            ("grade", "grade IN ('NONE','MINOR','SERIOUS')"), ("state", "state IN ('OPEN','REPORTED','CLOSED')"),
            ("persons", "persons IS NULL OR persons >= 0"),
            ("found_after", "happened_on IS NULL OR happened_on <= found_on"),
            ("reported_in_writing", _IN_WRITING),
            ("dealt_with",
             "state <> 'CLOSED' OR (handling IS NOT NULL AND closed_by IS NOT NULL AND closed_at IS NOT NULL)"),
        ),
        unique=(("ref",), ("number",)),
    )  # fmt: skip
    op.create_index("ix_breach_state", "breach", ["state", "id"], unique=False)
    _table(
        "breach_account",
        _need("breach_id", BIG), _need("account_id", BIG), _need("part", sa.String(length=64)),
        keys=(("breach_id", "breach"), ("account_id", "account")), checks=(("part", "part IN ('SUSPECT','WITNESS')"),),
        unique=(("breach_id", "account_id"),),
    )  # fmt: skip
    _table(
        "breach_entry",
        _need("breach_id", BIG), _need("entry_id", BIG), _need("linked_by", BIG), _need("linked_at", INSTANT),
        keys=(("breach_id", "breach"), ("entry_id", "journal_entry"), ("linked_by", "account")),
        unique=(("breach_id", "entry_id"),),
    )  # fmt: skip
    _guards()


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


def downgrade() -> None:
    for name in ("breach_entry", "breach_account", "breach"):
        op.drop_table(name)
    if op.get_bind().dialect.name != "sqlite":
        for table, event, part, _condition, _sentence in GUARDS:
            op.execute(f"DROP FUNCTION IF EXISTS guard_{table}_{event.lower()}_{part}()")
