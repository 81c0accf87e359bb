"""Rows found by name alone are decided on by a person; what came on a medium counts once its hand-over is recorded.

Why: a row found by name alone is a possible match that somebody confirms before it counts (CK-09); a source whose
channel is a medium needs the record of the hand-over before its file is accepted (BX-30).
Old rows: deliveries that were accepted stay as they are, one that waits needs the record; rows found by name that
nobody decided on count for nothing, as before.
Size: a small table, five triggers.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035_hints"
down_revision = "0034_breaches"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
_KEPT = "CK-09: what was said of a row found by name stays as it was said"
GUARDS = (
    ("delivery", "UPDATE", "medium",
     ("NEW.state = 'READING' AND OLD.state = 'WAITING' AND EXISTS (SELECT 1 FROM resource_version v"
     " WHERE v.resource_id = NEW.resource_id AND v.state IN ('PUBLISHED','SUSPENDED') AND v.channel = 'MEDIUM')"
     " AND NOT EXISTS (SELECT 1 FROM medium_handover h WHERE h.delivery_id = NEW.id)"),
     "BX-30: what came on a medium counts once its hand-over is recorded"),
    ("name_hint", "INSERT", "by_name",
     "NOT EXISTS (SELECT 1 FROM result_row r WHERE r.id = NEW.result_id AND r.match_kind = 'NAME_ONLY')",
     "CK-09: only a row found by name alone needs somebody to say whose it is"),
    ("name_hint", "UPDATE", "never", "TRUE", _KEPT),
    ("name_hint", "DELETE", "never", "TRUE", _KEPT),
    ("doubt", "INSERT", "confirmed",
     ("EXISTS (SELECT 1 FROM result_row r WHERE r.id = NEW.result_id AND r.match_kind = 'NAME_ONLY')"
     " AND NOT EXISTS (SELECT 1 FROM name_hint n WHERE n.result_id = NEW.result_id AND n.verdict = 'SAME')"),
     "CK-09: a row found by name alone is no doubt before a person confirmed whose it is"),
)  # fmt: skip
_OUTLIVE = (("delivery", "UPDATE", "medium"), ("doubt", "INSERT", "confirmed"))


def upgrade() -> None:
    op.create_table(
        "name_hint",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("result_id", BIG, nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("decided_by", BIG, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.CheckConstraint("verdict IN ('SAME','OTHER','UNKNOWN')", name=op.f("ck_name_hint_verdict")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_name_hint_decided_by")),
        sa.ForeignKeyConstraint(["result_id"], ["result_row.id"], name=op.f("fk_name_hint_result_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_name_hint")),
        sa.UniqueConstraint("ref", name=op.f("uq_name_hint_ref")),
        sa.UniqueConstraint("result_id", name=op.f("uq_name_hint_result_id")),
    )
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


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, event, part in _OUTLIVE:
        name = f"guard_{table}_{event.lower()}_{part}"
        op.execute(f"DROP TRIGGER IF EXISTS {name}" if sqlite else f"DROP TRIGGER IF EXISTS {name} ON {table}")
    op.drop_table("name_hint")
    if not sqlite:
        for table, event, part, _condition, _sentence in GUARDS:
            op.execute(f"DROP FUNCTION IF EXISTS guard_{table}_{event.lower()}_{part}()")
