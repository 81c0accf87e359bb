"""Other services: which are known and by which devices, what came from them, what could not be delivered.

Why: units with systems of their own and other regions exchange signed and encrypted packages (LN-31, BX-31, BX-02).
Old rows: messages that wait are neither dead nor received.
Size: three small tables; two columns and an index more on the outbox, seconds for a million messages.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0042_wire"
down_revision = "0041_documents"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
OUTBOX = "outbox_message"
DEAD, WAITING = sa.text("dead_at IS NOT NULL"), sa.text("state = 'WAITING'")


def _changed(*columns: str) -> str:
    return "(" + " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns) + ")"


def _once(*columns: str) -> str:
    return " OR ".join(f"(OLD.{c} IS NOT NULL AND NEW.{c} IS DISTINCT FROM OLD.{c})" for c in columns)


_IN_FORCE = (
    "SELECT 1 FROM device d JOIN peer p ON p.id = d.peer_id WHERE d.id = NEW.device_id AND d.peer_id = NEW.peer_id"
    " AND d.approved_at IS NOT NULL AND d.withdrawn_at IS NULL AND d.valid_from <= NEW.received_at"
    " AND d.valid_until > NEW.received_at AND p.closed_at IS NULL"
)
GUARDS = (
    ("peer", "UPDATE", "frozen", _changed("ref", "home_ref", "added_by", "added_at"),
     "LN-31: which service this is does not change"),
    ("peer", "UPDATE", "once", _once("closed_at", "closed_by"), "LN-31: a service that is closed stays closed"),
    ("peer", "DELETE", "never", "TRUE", "LN-31: a service that was registered is kept"),
    ("device", "INSERT", "unapproved", "NEW.approved_at IS NOT NULL OR NEW.withdrawn_at IS NOT NULL",
     "LN-31: a device is registered first and approved by a second person"),
    (
        "device", "UPDATE", "frozen",
        _changed("ref", "peer_id", "office", "fingerprint", "certificate", "valid_from", "valid_until", "proposed_by",
                 "proposed_at"),
        "LN-31: what was registered of a device does not change",
    ),
    ("device", "UPDATE", "once", _once("approved_at", "approved_by", "withdrawn_at", "withdrawn_by"),
     "LN-31: a device is approved once and withdrawn once"),
    ("device", "UPDATE", "gone", "OLD.withdrawn_at IS NOT NULL AND NEW.approved_at IS DISTINCT FROM OLD.approved_at",
     "LN-31: a device that was withdrawn is not approved"),
    ("device", "DELETE", "never", "TRUE", "LN-31: a device that was registered is kept"),
    ("inbox_message", "INSERT", "known", f"NOT EXISTS ({_IN_FORCE})",
     "LN-31: nothing is taken in but from an approved device of a registered service"),
    (
        "inbox_message", "UPDATE", "frozen",
        _changed("ref", "peer_id", "device_id", "package_ref", "answers", "kind", "suite", "channel", "digest",
                 "content", "body", "made_at", "received_at"),
        "LN-31: what came stays as it came",
    ),
    ("inbox_message", "UPDATE", "once", _once("handled_at"), "LN-31: what came is dealt with once"),
    ("inbox_message", "DELETE", "never", "TRUE", "LN-31: what came is kept"),
    (OUTBOX, "UPDATE", "frozen", _changed("ref", "key", "kind", "address", "body", "created_at"),
     "LN-31: what was to be sent stays as it was written"),
    (OUTBOX, "UPDATE", "once", _once("sent_at", "receipt"), "LN-31: what was received was received"),
)  # fmt: skip


def upgrade() -> None:
    for column in (
        _may("dead_at", INSTANT), sa.Column("last_error", sa.String(length=64), nullable=False, server_default=sa.text("''")),
        sa.Column("package_digest", sa.String(length=64), nullable=False, server_default=sa.text("''")),
        _may("receipt", sa.LargeBinary()),
    ):  # fmt: skip
        op.add_column(OUTBOX, column)
    op.create_index("ix_outbox_message_dead", OUTBOX, ["dead_at", "id"], sqlite_where=DEAD, postgresql_where=DEAD)
    _table(
        "peer",
        _need("home_ref", sa.String(length=26)), _need("name", sa.String(length=255)),
        _need("channel", sa.String(length=4)), _need("address", sa.String(length=200)),
        _need("suite", sa.String(length=32)), _may("org_id", BIG), _need("added_by", BIG), _need("added_at", INSTANT),
        _may("closed_by", BIG), _may("closed_at", INSTANT),
        keys=(("org_id", "organisation"), ("added_by", "account"), ("closed_by", "account")),
        checks=(("channel", "channel IN ('HTTP','FILE')"), ("address", "(channel = 'HTTP') = (address <> '')"),
                ("closed", "(closed_at IS NULL) = (closed_by IS NULL)")),
        unique=(("home_ref",), ("org_id",)),
    )  # fmt: skip
    _table(
        "device",
        _may("peer_id", BIG), _need("office", sa.String(length=64)), _need("fingerprint", sa.String(length=64)),
        _need("certificate", sa.Text()), _may("secret", sa.LargeBinary()), _need("valid_from", INSTANT),
        _need("valid_until", INSTANT), _need("proposed_by", BIG), _need("proposed_at", INSTANT),
        _may("approved_by", BIG), _may("approved_at", INSTANT), _may("withdrawn_by", BIG),
        _may("withdrawn_at", INSTANT), _need("reason", sa.String(length=255)),
        keys=(("peer_id", "peer"), ("proposed_by", "account"), ("approved_by", "account"),
              ("withdrawn_by", "account")),
        checks=(("ours_has_keys", "(peer_id IS NULL) = (secret IS NOT NULL)"),
                ("approved", "(approved_at IS NULL) = (approved_by IS NULL)"),
                ("second_person", "approved_by IS NULL OR approved_by <> proposed_by"),
                ("withdrawn",
                 "(withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (reason = '')")),
        unique=(("fingerprint",),),
    )  # fmt: skip
    op.create_index("ix_device_peer", "device", ["peer_id", "id"])
    _table(
        "inbox_message",
        _need("peer_id", BIG), _need("device_id", BIG), _need("package_ref", sa.String(length=26)),
        _need("answers", sa.String(length=26)), _need("kind", sa.String(length=48)),
        _need("suite", sa.String(length=32)), _need("channel", sa.String(length=4)),
        _need("digest", sa.String(length=64)), _need("content", sa.String(length=64)),
        _need("body", sa.LargeBinary()), _need("made_at", INSTANT), _need("received_at", INSTANT),
        _need("state", sa.String(length=8)), _may("handled_at", INSTANT),
        keys=(("peer_id", "peer"), ("device_id", "device")),
        checks=(("state", "state IN ('WAITING','DONE')"), ("handled", "(state = 'DONE') = (handled_at IS NOT NULL)"),
                ("channel", "channel IN ('HTTP','FILE')")),
        unique=(("peer_id", "package_ref"),),
    )  # fmt: skip
    op.create_index(
        "ix_inbox_message_waiting", "inbox_message", ["kind", "id"], sqlite_where=WAITING, postgresql_where=WAITING
    )
    _guards()


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, event, part, _condition, _sentence in GUARDS:
        name = f"guard_{table}_{event.lower()}_{part}"
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {table}"))
        if not sqlite:
            op.execute(f"DROP FUNCTION IF EXISTS {name}()")
    for table in ("inbox_message", "device", "peer"):
        op.drop_table(table)
    op.drop_index("ix_outbox_message_dead", OUTBOX)
    for column in ("receipt", "package_digest", "last_error", "dead_at"):
        op.drop_column(OUTBOX, column)


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
