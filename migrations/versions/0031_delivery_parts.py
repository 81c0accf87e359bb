"""Deliveries in parts, how far a reading is, and what was purged.

Why: a file of any size is stored a million rows at a time; a reading that was cut off goes on, may be called off and
says how far it is. What was deleted after its time leaves a certificate.
Old rows: deliveries in one file have no parts and are read as before.
Size: three empty tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031_delivery_parts"
down_revision = "0030_payments"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
# a part that was written is written anew under another key, and never with other rows
COLUMNS = ("delivery_id", "position", "rows", "content")
READY = "EXISTS (SELECT 1 FROM delivery d WHERE d.id = OLD.delivery_id AND d.state = 'READY')"
CERTIFICATE = "BX-28: the certificate of deleted data stays as it is"


def _guards(sqlite: bool) -> tuple[tuple[str, str, str, str, str], ...]:
    """Name, table, event, condition, sentence."""
    other = " IS NOT " if sqlite else " IS DISTINCT FROM "
    changed = "(" + " OR ".join(f"NEW.{column}{other}OLD.{column}" for column in COLUMNS) + ")"
    return (
        ("guard_delivery_part_update_rows", "delivery_part", "UPDATE", changed,
         "LF-10: the rows of a stored part never change"),
        ("guard_delivery_part_delete_seen", "delivery_part", "DELETE", READY,
         "LF-10: a part of a delivery that matching sees is not removed"),
        ("guard_delivery_purge_update_never", "delivery_purge", "UPDATE", "TRUE", CERTIFICATE),
        ("guard_delivery_purge_delete_never", "delivery_purge", "DELETE", "TRUE", CERTIFICATE),
    )  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "delivery_part",
        sa.Column("id", BIG, nullable=False),
        sa.Column("delivery_id", BIG, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("last_sheet", sa.Integer(), nullable=True),
        sa.Column("last_row", BIG, nullable=True),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("blob_name", sa.String(length=64), nullable=False),
        sa.Column("blob_key", sa.LargeBinary(), nullable=False),
        sa.Column("blob_digest", sa.String(length=64), nullable=False),
        sa.Column("blob_size", BIG, nullable=False),
        sa.CheckConstraint("position >= 0 AND rows >= 0", name=op.f("ck_delivery_part_counted")),
        sa.CheckConstraint("rows = 0 OR last_row IS NOT NULL", name=op.f("ck_delivery_part_ends_somewhere")),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_part_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_part")),
        sa.UniqueConstraint("delivery_id", "position", name=op.f("uq_delivery_part_delivery_id_position")),
        sa.UniqueConstraint("blob_name", name=op.f("uq_delivery_part_blob_name")),
    )
    op.create_index("ix_delivery_part_key_id", "delivery_part", ["key_id", "id"], unique=False)
    op.create_table(
        "delivery_progress",
        sa.Column("id", BIG, nullable=False),
        sa.Column("delivery_id", BIG, nullable=False),
        sa.Column("bytes_read", BIG, nullable=False),
        sa.Column("rows_read", BIG, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("cancel_asked_at", INSTANT, nullable=True),
        sa.Column("cancel_asked_by", BIG, nullable=True),
        sa.ForeignKeyConstraint(["cancel_asked_by"], ["account.id"], name=op.f("fk_delivery_progress_cancel_asked_by")),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_progress_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_progress")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_delivery_progress_delivery_id")),
    )
    op.create_table(
        "delivery_purge",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("delivery_id", BIG, nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("rows", BIG, nullable=False),
        sa.Column("bytes", BIG, nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("key_ids", sa.JSON(), nullable=False),
        sa.Column("results_kept", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("purged_at", INSTANT, nullable=False),
        sa.Column("purged_by", BIG, nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_delivery_purge_reasoned")),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_purge_delivery_id")),
        sa.ForeignKeyConstraint(["purged_by"], ["account.id"], name=op.f("fk_delivery_purge_purged_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_purge")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_delivery_purge_delivery_id")),
        sa.UniqueConstraint("ref", name=op.f("uq_delivery_purge_ref")),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table, what, condition, sentence in _guards(sqlite):
        head = f"CREATE TRIGGER {name} BEFORE {what} ON {table} FOR EACH ROW"
        if sqlite:
            op.execute(f"{head} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{sentence}'); END")
            continue
        row = "OLD" if what == "DELETE" else "NEW"
        op.execute(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN"
            f" RAISE EXCEPTION USING MESSAGE = '{sentence}', ERRCODE = 'check_violation'; END IF; RETURN {row}; END $$"
        )
        op.execute(f"{head} EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    for table in ("delivery_purge", "delivery_progress", "delivery_part"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for name, *_rest in _guards(sqlite=False):
            op.execute(f"DROP FUNCTION IF EXISTS {name}()")
