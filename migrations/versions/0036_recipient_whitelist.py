"""A record of the whitelist may rest on a doubt about a recipient, and what it let pass there is kept.

Why: the lists that are issued monthly and quarterly come from deliveries compared with recipients, and what was found
wrong there could not be kept from being issued again (NM-13). A record whose entry is over is told again, once for
each entry that ended.
Old rows: entries stay with the doubt of their case; every doubt about a recipient was the first of its record.
Size: two tables are written anew on SQLite; one empty table, one index over entries.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0036_recipient_whitelist"
down_revision = "0035_hints"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
ENTRY, DOUBT, PASS = "whitelist_entry", "recipient_doubt", "recipient_pass"
ORIGIN = "(doubt_id IS NULL) <> (recipient_doubt_id IS NULL) AND (doubt_id IS NULL) = (case_id IS NULL)"
RECORD = ("person_id", "category", "code", "fingerprint")
OLD_UNIQUE = "uq_recipient_doubt_person_id_category_code_fingerprint"
UNIQUE = "uq_recipient_doubt_person_id_category_code_fingerprint_telling"
STANDING = sa.text("state IN ('PROPOSED','APPROVED')")
FROZEN = (
    "id ref department_id case_id doubt_id person_id category fingerprint reason evidence_id valid_until proposed_by"
    " proposed_at"
).split()
STAYS = "NM-13: what a whitelist entry lets pass, why and until when does not change"
BEGINS = "NM-13: a whitelist entry begins as a proposal about the record of a verified doubt"
OF_A_CASE = (
    " EXISTS (SELECT 1 FROM doubt d JOIN result_row r ON r.id = d.result_id"
    " WHERE d.id = NEW.doubt_id AND d.person_id = NEW.person_id AND r.category = NEW.category"
    " AND d.finding IN ('FALSE','SOURCE_ERROR','EXPLAINED'))"
)
OF_A_RECIPIENT = (
    " EXISTS (SELECT 1 FROM recipient_doubt d WHERE d.id = NEW.recipient_doubt_id AND d.person_id = NEW.person_id"
    " AND d.category = NEW.category AND d.fingerprint = NEW.fingerprint AND d.unit_id = NEW.department_id"
    " AND d.finding IN ('FALSE','SOURCE_ERROR','EXPLAINED'))"
)
PASSED = "NM-13: what was let pass does not change"
APPROVED = (
    "NOT EXISTS (SELECT 1 FROM whitelist_entry e WHERE e.id = NEW.entry_id AND e.person_id = NEW.person_id"
    " AND e.category = NEW.category AND e.state IN ('APPROVED','ENDED')"
    " AND (e.fingerprint = NEW.fingerprint OR substr(NEW.fingerprint, 1, 5) = 'fps1:'))"
)
OWN = "NM-13: only an approved entry lets pass, and only its own record"
SAID = (
    "id ref check_id commission_id unit_id town_id household_id person_id programme category code fingerprint"
    " delivery_id row_no data_date sentence value raised_at"
).split()
TOLD = "CK-18: what a delivery says of a recipient does not change"


def _changed(*columns: str) -> str:
    return "(" + " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns) + ")"


GUARDS = (
    (ENTRY, "UPDATE", "frozen", _changed(*FROZEN, "recipient_doubt_id"), STAYS),
    (ENTRY, "INSERT", "record", f"NEW.state <> 'PROPOSED' OR NOT ({OF_A_CASE} OR{OF_A_RECIPIENT})", BEGINS),
    (DOUBT, "UPDATE", "kept", _changed(*SAID, "telling"), TOLD),
    (PASS, "INSERT", "entry", APPROVED, OWN),
    (PASS, "UPDATE", "never", "TRUE", PASSED),
    (PASS, "DELETE", "never", "TRUE", PASSED),
)
OLD_GUARDS = (
    (ENTRY, "UPDATE", "frozen", _changed(*FROZEN), STAYS),
    (ENTRY, "INSERT", "record", f"NEW.state <> 'PROPOSED' OR NOT{OF_A_CASE}", BEGINS),
    (DOUBT, "UPDATE", "kept", _changed(*SAID), TOLD),
)


def upgrade() -> None:
    looking_in = _set_aside()
    op.drop_index("uq_whitelist_entry_record", table_name=ENTRY)
    with op.batch_alter_table(ENTRY) as table:
        table.alter_column("case_id", existing_type=BIG, nullable=True)
        table.alter_column("doubt_id", existing_type=BIG, nullable=True)
        table.add_column(sa.Column("recipient_doubt_id", BIG, nullable=True))
        table.create_foreign_key(op.f("fk_whitelist_entry_recipient_doubt_id"), DOUBT, ["recipient_doubt_id"], ["id"])
        table.create_check_constraint(op.f("ck_whitelist_entry_origin"), ORIGIN)
    _standing_index()
    op.create_index("ix_whitelist_entry_person_id", ENTRY, ["person_id", "category", "fingerprint"], unique=False)
    with op.batch_alter_table(DOUBT) as table:
        table.add_column(sa.Column("telling", sa.Integer(), nullable=False, server_default="1"))
        table.drop_constraint(op.f(OLD_UNIQUE), type_="unique")
        table.create_unique_constraint(op.f(UNIQUE), [*RECORD, "telling"])
        table.create_check_constraint(op.f("ck_recipient_doubt_telling"), "telling > 0")
    with op.batch_alter_table(DOUBT) as table:
        table.alter_column("telling", existing_type=sa.Integer(), existing_nullable=False, server_default=None)
    _passes()
    _put_back(looking_in, GUARDS)


def downgrade() -> None:
    op.drop_table(PASS)
    looking_in = _set_aside()
    if op.get_bind().dialect.name == "postgresql":
        for part in ("insert_entry", "update_never", "delete_never"):
            op.execute(f"DROP FUNCTION IF EXISTS guard_recipient_pass_{part}()")
    op.execute(f"DELETE FROM {ENTRY} WHERE recipient_doubt_id IS NOT NULL")  # noqa: S608  names of our own
    op.drop_index("ix_whitelist_entry_person_id", table_name=ENTRY)
    op.drop_index("uq_whitelist_entry_record", table_name=ENTRY)
    with op.batch_alter_table(ENTRY) as table:
        table.drop_constraint(op.f("ck_whitelist_entry_origin"), type_="check")
        table.drop_constraint(op.f("fk_whitelist_entry_recipient_doubt_id"), type_="foreignkey")
        table.drop_column("recipient_doubt_id")
        table.alter_column("case_id", existing_type=BIG, nullable=False)
        table.alter_column("doubt_id", existing_type=BIG, nullable=False)
    _standing_index()
    op.execute(f"DELETE FROM monitoring_item WHERE doubt_id IN (SELECT id FROM {DOUBT} WHERE telling > 1)")  # noqa: S608  names of our own
    op.execute(f"DELETE FROM {DOUBT} WHERE telling > 1")  # noqa: S608  names of our own
    with op.batch_alter_table(DOUBT) as table:
        table.drop_constraint(op.f("ck_recipient_doubt_telling"), type_="check")
        table.drop_constraint(op.f(UNIQUE), type_="unique")
        table.create_unique_constraint(op.f(OLD_UNIQUE), list(RECORD))
        table.drop_column("telling")
    _put_back(looking_in, OLD_GUARDS)


def _standing_index() -> None:
    op.create_index(
        "uq_whitelist_entry_record", ENTRY, ["person_id", "category", "fingerprint"], unique=True,
        sqlite_where=STANDING, postgresql_where=STANDING,
    )  # fmt: skip


def _passes() -> None:
    keys = {"entry_id": ENTRY, "check_id": "recipient_check", "person_id": "person"}
    op.create_table(
        PASS,
        sa.Column("id", BIG, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("check_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=80), nullable=False),
        sa.Column("row_no", sa.String(length=24), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("passed_at", INSTANT, nullable=False),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=op.f(f"fk_recipient_pass_{name}"))
            for name, table in keys.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipient_pass")),
        sa.UniqueConstraint(
            "check_id", "person_id", "code", "fingerprint",
            name=op.f("uq_recipient_pass_check_id_person_id_code_fingerprint"),
        ),
    )  # fmt: skip
    op.create_index("ix_recipient_pass_entry_id", PASS, ["entry_id"], unique=False)


def _set_aside() -> Sequence[tuple[str, str]]:
    # every trigger that stands on one of the two tables or looks into it: SQLite writes them anew and stumbles over it
    if op.get_bind().dialect.name != "sqlite":
        return []
    found = op.get_bind().execute(
        sa.text(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            " AND (sql LIKE '% whitelist_entry %' OR sql LIKE '% recipient_doubt %')"
        )
    )
    kept = [(name, made) for name, made in found]
    for name, _made in kept:
        op.execute(f"DROP TRIGGER {name}")
    return kept


def _put_back(kept: Sequence[tuple[str, str]], guards: Sequence[tuple[str, str, str, str, str]]) -> None:
    anew = {f"guard_{table}_{event.lower()}_{part}" for table, event, part, _condition, _sentence in guards}
    for name, made in kept:
        if name not in anew:
            op.execute(sa.text(made.replace(":", "\\:")))
    for guard in guards:
        _guard(*guard)


def _guard(table: str, event: str, part: str, condition: str, sentence: str) -> None:
    name = f"guard_{table}_{event.lower()}_{part}"
    head = f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW"
    if op.get_bind().dialect.name == "sqlite":
        said = condition.replace("IS DISTINCT FROM", "IS NOT")
        op.execute(f"{head} WHEN {said} BEGIN SELECT RAISE(ABORT, '{sentence}'); END")
        return
    row = "OLD" if event == "DELETE" else "NEW"
    op.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
    op.execute(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN"
        f" RAISE EXCEPTION USING MESSAGE = '{sentence}', ERRCODE = 'check_violation'; END IF; RETURN {row}; END $$"
    )
    op.execute(f"{head} EXECUTE FUNCTION {name}()")
