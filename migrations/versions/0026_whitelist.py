"""Records of sources that are not told again, and what they let pass (NM-13).

Why: a record that was found wrong raised the same doubt at every review, and the family was asked again.
Old rows: none; what was settled before is proposed when it is met again.
Size: two empty tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026_whitelist"
down_revision = "0025_packages"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
ENTRY, PASS = "whitelist_entry", "whitelist_pass"
STANDING = sa.text("state IN ('PROPOSED','APPROVED')")
KEYS = {
    "department_id": "organisation", "case_id": "cases", "doubt_id": "doubt", "person_id": "person",
    "evidence_id": "stored_file", "proposed_by": "account", "decided_by": "account", "ended_by": "account",
}  # fmt: skip
PASS_KEYS = {"entry_id": ENTRY, "case_id": "cases", "person_id": "person", "result_id": "result_row"}
FROZEN = (
    "id ref department_id case_id doubt_id person_id category fingerprint reason evidence_id valid_until proposed_by"
    " proposed_at"
).split()
CHANGED = "(" + " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in FROZEN) + ")"
MOVED = (
    "NEW.state <> OLD.state AND NOT ((OLD.state = 'PROPOSED' AND NEW.state IN ('APPROVED','REFUSED'))"
    " OR (OLD.state = 'APPROVED' AND NEW.state = 'ENDED'))"
)
UNFOUNDED = (
    "NEW.state <> 'PROPOSED' OR NOT EXISTS (SELECT 1 FROM doubt d JOIN result_row r ON r.id = d.result_id"
    " WHERE d.id = NEW.doubt_id AND d.person_id = NEW.person_id AND r.category = NEW.category"
    " AND d.finding IN ('FALSE','SOURCE_ERROR','EXPLAINED'))"
)
PASSED = "NM-13: what was let pass does not change"
# as they were when these tables were made; a later revision that wants them otherwise puts its own in their place
GUARDS = (
    (ENTRY, "UPDATE", "frozen", CHANGED, "NM-13: what a whitelist entry lets pass, why and until when does not change"),
    (ENTRY, "UPDATE", "moves", MOVED,
     "NM-13: a whitelist entry is proposed, then approved or refused, and ended, never back"),
    (ENTRY, "INSERT", "record", UNFOUNDED,
     "NM-13: a whitelist entry begins as a proposal about the record of a verified doubt"),
    (ENTRY, "DELETE", "kept", "TRUE", "NM-13: a whitelist entry is kept"),
    (PASS, "UPDATE", "never", "TRUE", PASSED),
    (PASS, "DELETE", "never", "TRUE", PASSED),
)  # fmt: skip


def upgrade() -> None:
    _entries()
    _passes()
    for guard in GUARDS:
        _guard(*guard)


def downgrade() -> None:
    op.drop_table(PASS)
    op.drop_table(ENTRY)
    if op.get_bind().dialect.name == "postgresql":
        for table, event, part, _condition, _sentence in GUARDS:
            op.execute(f"DROP FUNCTION IF EXISTS guard_{table}_{event.lower()}_{part}()")


def _guard(table: str, event: str, part: str, condition: str, sentence: str) -> None:
    name = f"guard_{table}_{event.lower()}_{part}"
    head = f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW"
    if op.get_bind().dialect.name == "sqlite":
        said = condition.replace("IS DISTINCT FROM", "IS NOT")
        op.execute(f"{head} WHEN {said} BEGIN SELECT RAISE(ABORT, '{sentence}'); END")
        return
    row = "OLD" if event == "DELETE" else "NEW"
    op.execute(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN"
        f" RAISE EXCEPTION USING MESSAGE = '{sentence}', ERRCODE = 'check_violation'; END IF; RETURN {row}; END $$"
    )
    op.execute(f"{head} EXECUTE FUNCTION {name}()")


def _entries() -> None:
    op.create_table(
        ENTRY,
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("department_id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("doubt_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("evidence_id", BIG, nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("proposed_by", BIG, nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("decided_by", BIG, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("ended_by", BIG, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("state IN ('PROPOSED','APPROVED','REFUSED','ENDED')", name=op.f("ck_whitelist_entry_state")),
        sa.CheckConstraint(
            "substr(fingerprint, 1, 4) = 'fp1:' AND length(fingerprint) = 68", name=op.f("ck_whitelist_entry_record")
        ),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name=op.f("ck_whitelist_entry_eyes")),
        sa.CheckConstraint("state = 'PROPOSED' OR decided_by IS NOT NULL", name=op.f("ck_whitelist_entry_decided")),
        sa.CheckConstraint("state <> 'ENDED' OR ended_at IS NOT NULL", name=op.f("ck_whitelist_entry_ended")),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=op.f(f"fk_whitelist_entry_{name}"))
            for name, table in KEYS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_whitelist_entry")),
        sa.UniqueConstraint("ref", name=op.f("uq_whitelist_entry_ref")),
    )
    op.create_index("ix_whitelist_entry_department_state", ENTRY, ["department_id", "state", "id"], unique=False)
    op.create_index(
        "uq_whitelist_entry_record", ENTRY, ["person_id", "category", "fingerprint"], unique=True,
        sqlite_where=STANDING, postgresql_where=STANDING,
    )  # fmt: skip


def _passes() -> None:
    op.create_table(
        PASS,
        sa.Column("id", BIG, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("result_id", BIG, nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("passed_at", INSTANT, nullable=False),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=op.f(f"fk_whitelist_pass_{name}"))
            for name, table in PASS_KEYS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_whitelist_pass")),
        sa.UniqueConstraint(
            "case_id", "round", "person_id", "code", "result_id",
            name=op.f("uq_whitelist_pass_case_id_round_person_id_code_result_id"),
        ),
    )  # fmt: skip
    op.create_index("ix_whitelist_pass_entry_id", PASS, ["entry_id"], unique=False)
