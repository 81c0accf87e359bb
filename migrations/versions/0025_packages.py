"""Request packages: the persons an agency asks a department about, handed out as a file and answered by one.

Why: a department that searches in its own system needs the names and numbers, and may answer about nobody else.
Old rows: a delivery of before answers no package.
Size: two empty tables and an empty column; the rows of deliveries are written anew on SQLite.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025_packages"
down_revision = "0024_queue_statistics"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
PACKAGE, PERSON = "request_package", "request_package_person"
LIVE = sa.text("state IN ('ASKED','ERROR')")
ASKED_OUT = (
    "NOT EXISTS (SELECT 1 FROM query q JOIN request_package k ON k.resource_id = q.resource_id WHERE k.id ="
    " NEW.package_id AND k.state = 'OUT' AND q.id = NEW.query_id AND q.state = 'SENT')"
)
MOVED = (
    "(NEW.package_id IS DISTINCT FROM OLD.package_id OR NEW.position IS DISTINCT FROM OLD.position OR NEW.query_id IS"
    " DISTINCT FROM OLD.query_id OR NEW.person_id IS DISTINCT FROM OLD.person_id OR NEW.token IS DISTINCT FROM"
    " OLD.token)"
)
NOT_ASKED = (
    "EXISTS (SELECT 1 FROM delivery d WHERE d.id = NEW.delivery_id AND d.package_id IS NOT NULL AND NOT EXISTS"
    " (SELECT 1 FROM request_package_person p WHERE p.package_id = d.package_id AND p.query_id = NEW.query_id"
    " AND p.person_id = NEW.person_id))"
)
GUARDS = (
    ("guard_request_package_person_insert_out", PERSON, "INSERT", ASKED_OUT,
     "CK-11: a package asks about persons of queries that are out to its source"),
    ("guard_request_package_person_update_frozen", PERSON, "UPDATE", MOVED,
     "CK-11: the persons of a package are frozen when it is made"),
    ("guard_request_package_person_delete_kept", PERSON, "DELETE", "TRUE", "CK-11: who was asked about is kept"),
    ("guard_request_package_update_closed", PACKAGE, "UPDATE", "OLD.state <> 'OUT' AND NEW.state <> OLD.state",
     "CK-11: a package that is closed stays so"),
    ("guard_result_row_insert_asked", "result_row", "INSERT", NOT_ASKED,
     "CK-11: the answer speaks of somebody its package does not ask about"),
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        PACKAGE,
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("number", sa.String(length=48), nullable=False),
        sa.Column("resource_id", BIG, nullable=False),
        sa.Column("agency_id", BIG, nullable=False),
        sa.Column("layout", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("made_by", BIG, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("due", sa.JSON(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("file_id", BIG, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("state IN ('OUT','ANSWERED','EXPIRED','CANCELLED')", name=op.f("ck_request_package_state")),
        sa.CheckConstraint("layout IN ('XLSX','CSV_UTF8','CSV_GB18030')", name=op.f("ck_request_package_layout")),
        sa.CheckConstraint("state = 'OUT' OR closed_at IS NOT NULL", name=op.f("ck_request_package_closed")),
        sa.CheckConstraint(
            "state <> 'CANCELLED' OR reason IS NOT NULL", name=op.f("ck_request_package_cancelled_for_a_reason")
        ),
        sa.CheckConstraint("persons > 0", name=op.f("ck_request_package_somebody")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_request_package_resource_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["organisation.id"], name=op.f("fk_request_package_agency_id")),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_request_package_made_by")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_request_package_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_package")),
        sa.UniqueConstraint("ref", name=op.f("uq_request_package_ref")),
        sa.UniqueConstraint("number", name=op.f("uq_request_package_number")),
    )
    op.create_index("ix_request_package_resource_id", PACKAGE, ["resource_id", "state", "id"], unique=False)
    op.create_index("ix_request_package_agency_id", PACKAGE, ["agency_id", "id"], unique=False)
    _persons()
    with op.batch_alter_table("delivery") as table:
        table.add_column(sa.Column("package_id", BIG, nullable=True))
        table.create_foreign_key(op.f("fk_delivery_package_id"), PACKAGE, ["package_id"], ["id"])
    for guard in GUARDS:
        _guard(*guard)


def _persons() -> None:
    op.create_table(
        PERSON,
        sa.Column("id", BIG, nullable=False),
        sa.Column("package_id", BIG, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("query_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("token", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("delivery_id", BIG, nullable=True),
        sa.CheckConstraint(
            "state IN ('ASKED','FOUND','NOT_FOUND','ERROR','UNANSWERED')", name=op.f("ck_request_package_person_state")
        ),
        sa.CheckConstraint(
            "state NOT IN ('FOUND','NOT_FOUND') OR delivery_id IS NOT NULL",
            name=op.f("ck_request_package_person_answered_by"),
        ),
        sa.ForeignKeyConstraint(
            ["package_id"], ["request_package.id"], name=op.f("fk_request_package_person_package_id")
        ),
        sa.ForeignKeyConstraint(
            ["query_id", "person_id"],
            ["query_subject.query_id", "query_subject.person_id"],
            name=op.f("fk_request_package_person_query_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_request_package_person_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_package_person")),
        sa.UniqueConstraint("package_id", "token", name=op.f("uq_request_package_person_package_id_token")),
        sa.UniqueConstraint(
            "package_id", "query_id", "person_id", name=op.f("uq_request_package_person_package_id_query_id_person_id")
        ),
    )
    op.create_index(
        "uq_request_package_person_live", PERSON, ["query_id", "person_id"], unique=True, sqlite_where=LIVE,
        postgresql_where=LIVE,
    )  # fmt: skip


def _guard(name: str, table: str, event: str, condition: str, sentence: str) -> None:
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


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table, _event, _condition, _sentence in GUARDS:
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {table}"))
        if not sqlite:
            op.execute(f"DROP FUNCTION IF EXISTS {name}()")
    with op.batch_alter_table("delivery") as table_of:
        table_of.drop_constraint(op.f("fk_delivery_package_id"), type_="foreignkey")
        table_of.drop_column("package_id")
    op.drop_table(PERSON)
    op.drop_table(PACKAGE)
