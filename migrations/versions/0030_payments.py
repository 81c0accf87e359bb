"""Payments of a month: lists, the runs that compare them with the register, and what they find.

Why: register, ledger and payments are reconciled monthly, nobody is paid twice, and a decision that pays waits until a
duplicate is handled.
Old rows: as they are.
Size: four empty tables and three triggers; one look by index when a decision is written.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0030_payments"
down_revision = "0029_recipients"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
LIST, ROW, RUN, ITEM = "payment_list", "payment_row", "reconciliation_run", "reconciliation_difference"
READY, WAITING = sa.text("state = 'READY'"), sa.text("state IN ('OPEN','CLAIMED')")
CHANGED = "OLD.state = 'HANDLED' OR (OLD.state = 'GONE' AND NEW.state <> 'GONE')"
NOT_ALONE = (
    "NEW.outcome IN ('APPROVE','ADJUST','CONTINUE') AND EXISTS (SELECT 1 FROM cases c JOIN person p ON"
    " p.household_id = c.household_id AND p.kind = 'MEMBER' AND p.left_on IS NULL JOIN reconciliation_difference d"
    " ON d.idno_blind = p.idno_blind WHERE c.id = NEW.case_id AND d.state IN ('OPEN','CLAIMED')"
    " AND substr(d.rule, 1, 4) = 'DUP-')"
)
GUARDS = (
    ("guard_reconciliation_difference_update_handled", ITEM, "UPDATE", CHANGED,
     "NM-20: what was handled stays as it was handled"),
    ("guard_reconciliation_difference_delete_kept", ITEM, "DELETE", "TRUE", "NM-20: what was found is kept"),
    ("guard_determination_insert_alone", "determination", "INSERT", NOT_ALONE,
     "NM-21: a duplicate payment of this household is not handled yet"),
)  # fmt: skip
HANDLED = (
    "state <> 'HANDLED' OR (outcome IN ('RECOVERED','STOPPED','CORRECTED','LAWFUL') AND reason IS NOT NULL"
    " AND evidence_id IS NOT NULL AND handled_by IS NOT NULL AND handled_at IS NOT NULL)"
)


def _need(name: str, kind: Any) -> "sa.Column[object]":
    return sa.Column(name, kind, nullable=False)


def _may(name: str, kind: Any) -> "sa.Column[object]":
    return sa.Column(name, kind, nullable=True)


def _table(
    name: str,
    *columns: "sa.Column[object]",
    keys: tuple[tuple[str, str], ...],
    checks: tuple[tuple[str, str], ...] = (),
    unique: tuple[tuple[str, ...], ...] = (),
) -> None:
    op.create_table(
        name,
        _need("id", BIG),
        *columns,
        *(sa.CheckConstraint(said, name=op.f(f"ck_{name}_{part}")) for part, said in checks),
        *(sa.ForeignKeyConstraint([one], [f"{of}.id"], name=op.f(f"fk_{name}_{one}")) for one, of in keys),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        *(sa.UniqueConstraint(*some, name=op.f(f"uq_{name}_{'_'.join(some)}")) for some in unique),
    )


def upgrade() -> None:
    _lists()
    _table(
        RUN,
        _need("ref", sa.String(length=26)), _need("month", sa.String(length=7)), _need("unit_id", BIG),
        _may("ledger_id", BIG), _may("payment_id", BIG), _may("done_at", INSTANT),
        keys=(("unit_id", "organisation"), ("ledger_id", LIST), ("payment_id", LIST)),
        unique=(("ref",), ("month", "unit_id")),
    )  # fmt: skip
    op.create_index("ix_reconciliation_run_unit_id", RUN, ["unit_id", "month"], unique=False)
    _items()
    for guard in GUARDS:
        _guard(*guard)


def _lists() -> None:
    _table(
        LIST,
        _need("ref", sa.String(length=26)), _need("unit_id", BIG), _need("kind", sa.String(length=8)),
        _need("month", sa.String(length=7)), _need("state", sa.String(length=8)), _need("file_id", BIG),
        _need("file_digest", sa.String(length=64)), _need("uploaded_by", BIG), _need("uploaded_at", INSTANT),
        _may("read_at", INSTANT), _need("rows", sa.Integer()), _need("total_fen", BIG), _need("refusal", sa.JSON()),
        keys=(("unit_id", "organisation"), ("file_id", "stored_file"), ("uploaded_by", "account")),
        checks=(
            ("kind", "kind IN ('LEDGER','PAYMENT')"), ("state", "state IN ('READING','READY','FAILED','REPLACED')"),
            ("month", "length(month) = 7"),
        ),
        unique=(("ref",),),
    )  # fmt: skip
    op.create_index(
        "uq_payment_list_ready", LIST, ["unit_id", "kind", "month"], unique=True, sqlite_where=READY,
        postgresql_where=READY,
    )  # fmt: skip
    op.create_index("ix_payment_list_month", LIST, ["month", "kind", "state"], unique=False)
    _table(
        ROW,
        _need("ref", sa.String(length=26)), _need("list_id", BIG), _need("row_no", sa.String(length=24)), _need("idno_blind", sa.LargeBinary()),
        _need("item", sa.String(length=16)), _need("area", sa.String(length=8)), _need("amount_fen", BIG),
        _need("who", sa.LargeBinary()),
        keys=(("list_id", LIST),),
        checks=(("area", "area IN ('URBAN','RURAL','')"),),
        unique=(("ref",), ("list_id", "row_no")),
    )  # fmt: skip
    op.create_index("ix_payment_row_list_id", ROW, ["list_id", "idno_blind", "item"], unique=False)
    op.create_index("ix_payment_row_idno_blind", ROW, ["idno_blind", "list_id"], unique=False)


def _items() -> None:
    _table(
        ITEM,
        _need("ref", sa.String(length=26)), _need("key", sa.String(length=64)), _need("run_id", BIG),
        _need("unit_id", BIG), _need("month", sa.String(length=7)), _need("rule", sa.String(length=16)),
        _may("idno_blind", sa.LargeBinary()), _may("household_id", BIG), _need("item", sa.String(length=16)),
        _need("facts", sa.JSON()), _need("state", sa.String(length=8)), _need("found_at", INSTANT),
        _may("claimed_by", BIG), _may("outcome", sa.String(length=12)), _may("reason", sa.LargeBinary()),
        _may("evidence_id", BIG), _may("handled_by", BIG), _may("handled_at", INSTANT),
        keys=(
            ("run_id", RUN), ("unit_id", "organisation"), ("household_id", "household"), ("claimed_by", "account"),
            ("evidence_id", "stored_file"), ("handled_by", "account"),
        ),
        checks=(
            ("state", "state IN ('OPEN','CLAIMED','HANDLED','GONE')"),
            ("rule", "rule IN ('MISSING','AMOUNT','DUP-URBRUR','DUP-TK','DUP-DBTK','DUP-PRICE')"),
            ("of_somebody", "(idno_blind IS NULL) <> (household_id IS NULL)"),
            ("claimed_by_somebody", "state <> 'CLAIMED' OR claimed_by IS NOT NULL"),
            ("handled_whole", HANDLED),
        ),
        unique=(("ref",), ("key",)),
    )  # fmt: skip
    op.create_index("ix_reconciliation_difference_unit_id", ITEM, ["unit_id", "state", "id"], unique=False)
    op.create_index("ix_reconciliation_difference_run_id", ITEM, ["run_id", "state"], unique=False)
    op.create_index(
        "ix_reconciliation_difference_idno_blind", ITEM, ["idno_blind"], unique=False, sqlite_where=WAITING,
        postgresql_where=WAITING,
    )  # fmt: skip


def _guard(name: str, table: str, event: str, condition: str, sentence: str) -> None:
    head = f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(sa.text(f"{head} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{sentence}'); END"))
        return
    row = "OLD" if event == "DELETE" else "NEW"
    op.execute(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN"
        f" RAISE EXCEPTION USING MESSAGE = '{sentence}', ERRCODE = 'check_violation'; END IF; RETURN {row}; END $$"
    )
    op.execute(f"{head} EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table, _event, _condition, _sentence in GUARDS:
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {table}"))
        if not sqlite:
            op.execute(f"DROP FUNCTION IF EXISTS {name}()")
    for name in (ITEM, RUN, ROW, LIST):
        op.drop_table(name)
