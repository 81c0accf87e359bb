"""Deliveries are looked at before they count; rhythms of supply, mapped columns, withdrawals and what rests on them.

Why: an officer sees what was recognised of a file and accepts it (CK-15); what is due when follows the calendar of
CK-19 to CK-22; columns mapped by hand are kept for a source; a withdrawn file opens the review of the reports that
rest on it, once.
Old rows: deliveries stay as they are; they were never looked at, so they have no row of what was seen.
Size: the small table of deliveries is written anew on SQLite; one index over result rows, about a second a million.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0032_deliveries"
down_revision = "0031_delivery_parts"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
STATES = "state IN ('LOOKING','WAITING','READING','READY','FAILED','WITHDRAWN','DROPPED')"
_OF_THE_OFFICE = (
    "SELECT 1 FROM delivery d JOIN resource r ON r.id = d.resource_id"
    " JOIN account a ON a.org_id = r.supplier_id AND a.state = 'ACTIVE'"
    " JOIN role_grant g ON g.account_id = a.id WHERE d.id = NEW.delivery_id AND g.role ="
)
_HANDOVER = "LF-10: the record of a medium stays as it was written"
_WITHDRAWN = "CK-15: that a delivery was withdrawn stays on record"
GUARDS = (
    ("delivery", "UPDATE", "accepted",
     "NEW.state = 'READY' AND OLD.state IN ('LOOKING','WAITING','WITHDRAWN','DROPPED')",
     "CK-15: a delivery is read once it was accepted, and what was withdrawn stays so"),
    ("intake", "INSERT", "named",
     f"NOT EXISTS ({_OF_THE_OFFICE} 'supplier_leader') OR NOT EXISTS ({_OF_THE_OFFICE} 'data_supplier')",
     "CK-16: an office names the person responsible and the one who handles the data before its first file"),
    ("medium_handover", "UPDATE", "never", "TRUE", _HANDOVER),
    ("medium_handover", "DELETE", "never", "TRUE", _HANDOVER),
    ("delivery_withdrawal", "UPDATE", "never", "TRUE", _WITHDRAWN),
    ("delivery_withdrawal", "DELETE", "never", "TRUE", _WITHDRAWN),
    ("report_review", "DELETE", "never", "TRUE", "LF-21: a review that was opened stays on record"),
)  # fmt: skip
OLD_STATES = "state IN ('READING','READY','FAILED','DROPPED')"


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
        _need("ref", sa.String(length=26)),
        *columns,
        *(sa.CheckConstraint(said, name=op.f(f"ck_{name}_{part}")) for part, said in checks),
        *(sa.ForeignKeyConstraint([one], [f"{other}.id"], name=op.f(f"fk_{name}_{one}")) for one, other in keys),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        *(sa.UniqueConstraint(*one, name=op.f(f"uq_{name}_{'_'.join(one)}")) for one in (("ref",), *unique)),
    )


def _need(name: str, kind: Any) -> "sa.Column[object]":
    return sa.Column(name, kind, nullable=False)


def _may(name: str, kind: Any) -> "sa.Column[object]":
    return sa.Column(name, kind, nullable=True)


def upgrade() -> None:
    _states(STATES)
    op.create_index("ix_result_row_delivery_id", "result_row", ["delivery_id"], unique=False)
    _rhythms()
    _before_they_count()
    _taken_back()
    _guards()


def _guards() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, event, part, condition, sentence in GUARDS:
        name = f"guard_{table}_{event.lower()}_{part}"
        head = f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW"
        if sqlite:
            op.execute(f"{head} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{sentence}'); END")
            continue
        row = "OLD" if event == "DELETE" else "NEW"
        op.execute(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN"
            f" RAISE EXCEPTION USING MESSAGE = '{sentence}', ERRCODE = 'check_violation'; END IF; RETURN {row}; END $$"
        )
        op.execute(f"{head} EXECUTE FUNCTION {name}()")


def _unguard() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, event, part, _condition, _sentence in GUARDS:
        name = f"guard_{table}_{event.lower()}_{part}"
        if sqlite:
            op.execute(f"DROP TRIGGER IF EXISTS {name}")
        elif sa.inspect(op.get_bind()).has_table(table):
            op.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
        if not sqlite:
            op.execute(f"DROP FUNCTION IF EXISTS {name}()")


def _states(states: str) -> None:
    # SQLite writes the table anew and stumbles over triggers elsewhere that look into it
    looking_in = _looking_in() if op.get_bind().dialect.name == "sqlite" else []
    for name, _made in looking_in:
        op.execute(f"DROP TRIGGER {name}")
    with op.batch_alter_table("delivery") as table:
        table.drop_constraint(op.f("ck_delivery_state"), type_="check")
        table.create_check_constraint(op.f("ck_delivery_state"), states)
    for _name, made in looking_in:
        op.execute(sa.text(made.replace(":", "\\:")))


def _looking_in() -> Sequence[tuple[str, str]]:
    found = op.get_bind().execute(
        sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '% delivery %'")
    )
    return [(name, made) for name, made in found]


def _rhythms() -> None:
    _table(
        "supply",
        _need("resource_id", BIG), _need("rhythm", sa.String(length=8)), _need("day", sa.Integer()), _may("set_by", BIG),
        _need("set_at", INSTANT),
        keys=(("resource_id", "resource"), ("set_by", "account")),
        checks=(("rhythm", "rhythm IN ('MONTH','QUARTER','HALF','YEAR')"), ("day", "day BETWEEN 1 AND 28")),
        unique=(("resource_id",),),
    )  # fmt: skip
    _table(
        "supply_due",
        _need("resource_id", BIG), _need("period_start", sa.Date()), _need("period_end", sa.Date()),
        _need("due_on", sa.Date()), _need("state", sa.String(length=4)), _may("delivery_id", BIG),
        _may("settled_at", INSTANT), _may("nil_by", BIG), _may("nil_reason", sa.LargeBinary()),
        keys=(("resource_id", "resource"), ("delivery_id", "delivery"), ("nil_by", "account")),
        checks=(
            ("state", "state IN ('OPEN','DONE','NIL')"), ("period", "period_start < period_end"),
            ("done_by_a_delivery", "state <> 'DONE' OR delivery_id IS NOT NULL"),
            ("nil_is_said", "state <> 'NIL' OR (nil_by IS NOT NULL AND nil_reason IS NOT NULL)"),
        ),
        unique=(("resource_id", "period_start", "period_end"),),
    )  # fmt: skip
    op.create_index("ix_supply_due_state", "supply_due", ["state", "due_on"], unique=False)


def _before_they_count() -> None:
    _table(
        "source_mapping",
        _need("resource_id", BIG), _need("signature", sa.String(length=64)), _need("columns", sa.JSON()),
        _need("confirmed_by", BIG), _need("confirmed_at", INSTANT),
        keys=(("resource_id", "resource"), ("confirmed_by", "account")),
        checks=(("signature", "length(signature) = 64"),),
        unique=(("resource_id", "signature"),),
    )  # fmt: skip
    _table(
        "intake",
        _need("delivery_id", BIG), _may("period_start", sa.Date()), _may("period_end", sa.Date()),
        _may("replaces_id", BIG), _need("looks", sa.Integer()), _may("looked_at", INSTANT),
        _may("seen", sa.LargeBinary()), _need("quality", sa.JSON()), _may("accepted_at", INSTANT), _may("accepted_by", BIG),
        _may("accepted_by_kind", sa.String(length=12)), _may("rejections_name", sa.String(length=64)),
        _may("rejections_key", sa.LargeBinary()), _may("rejections_digest", sa.String(length=64)),
        _may("rejections_size", BIG),
        keys=(("delivery_id", "delivery"), ("replaces_id", "delivery"), ("accepted_by", "account")),
        checks=(
            ("period", "(period_start IS NULL) = (period_end IS NULL)"),
            ("accepted_by_somebody", "(accepted_at IS NULL) = (accepted_by_kind IS NULL)"),
        ),
        unique=(("delivery_id",),),
    )  # fmt: skip
    _table(
        "medium_handover",
        _need("delivery_id", BIG), _need("medium", sa.String(length=8)), _need("serial", sa.String(length=64)),
        _need("people", sa.LargeBinary()), _need("handed_at", INSTANT), _may("recorded_by", BIG),
        _need("recorded_at", INSTANT),
        keys=(("delivery_id", "delivery"), ("recorded_by", "account")),
        unique=(("delivery_id",),),
    )  # fmt: skip


def _taken_back() -> None:
    _table(
        "delivery_withdrawal",
        _need("delivery_id", BIG), _need("kind", sa.String(length=8)), _may("reason", sa.LargeBinary()),
        _may("replaced_by", BIG), _may("by", BIG), _need("at", INSTANT),
        keys=(("delivery_id", "delivery"), ("replaced_by", "delivery"), ("by", "account")),
        checks=(
            ("kind", "kind IN ('OFFICE','REPLACED')"), ("with_a_reason", "kind <> 'OFFICE' OR reason IS NOT NULL"),
            ("replaced_by_another", "kind <> 'REPLACED' OR replaced_by IS NOT NULL"),
        ),
        unique=(("delivery_id",),),
    )  # fmt: skip
    _table(
        "report_review",
        _need("report_id", BIG), _need("delivery_id", BIG), _need("case_id", BIG), _need("state", sa.String(length=12)),
        _need("opened_at", INSTANT), _may("note", sa.LargeBinary()), _may("closed_by", BIG), _may("closed_at", INSTANT),
        keys=(("report_id", "report"), ("delivery_id", "delivery"), ("case_id", "cases"), ("closed_by", "account")),
        checks=(
            ("state", "state IN ('OPEN','STANDS','FORWARDED','CHANGED')"),
            ("closed_with_a_note", "state = 'OPEN' OR (note IS NOT NULL AND closed_by IS NOT NULL)"),
        ),
        unique=(("report_id", "delivery_id"),),
    )  # fmt: skip
    op.create_index("ix_report_review_case_id", "report_review", ["case_id", "state"], unique=False)
    op.create_index("ix_report_review_delivery_id", "report_review", ["delivery_id", "id"], unique=False)


def downgrade() -> None:
    _unguard()
    for name in (
        "report_review", "delivery_withdrawal", "medium_handover", "intake", "source_mapping", "supply_due", "supply"
    ):  # fmt: skip
        op.drop_table(name)
    op.drop_index("ix_result_row_delivery_id", table_name="result_row")
    op.execute("UPDATE delivery SET state = 'FAILED' WHERE state IN ('LOOKING','WAITING')")
    op.execute("UPDATE delivery SET state = 'DROPPED' WHERE state = 'WITHDRAWN'")
    _states(OLD_STATES)
