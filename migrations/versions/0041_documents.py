"""Papers that were given out: number, digest, and a code by which anybody can verify one.

Why: a paper in somebody's hand is verified without asking who signed it (LF-20).
Old rows: every report, list, notice and letter about a leak that was signed gets the code that its words give; the
paper itself stays as it was printed. Of a notice the day of its decision counts, with which it was issued.
Size: one row for each of them; written a thousand at a time.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0041_documents"
down_revision = "0040_topology"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
ALPHABET = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")
REFS = "0123456789abcdefghjkmnpqrstvwxyz"
OFFICE_HOURS = timedelta(hours=8)
MANY = 1000
_KEPT = "LF-20: a paper that was given out stays as it was given out"
_SIGNED = "LF-20: a paper that was given out carries the number and the digest of what was signed"


def _as_signed(table: str) -> tuple[str, str, str, str]:
    own = f"NEW.{table}_id"
    return (
        "INSERT", f"as_signed_{table}",
        (f"{own} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {table} s WHERE s.id = {own}"  # noqa: S608
         " AND s.canonical IS NOT NULL AND s.digest = NEW.digest AND s.number = NEW.number AND s.ref = NEW.about)"),
        _SIGNED,
    )  # fmt: skip


GUARDS = (
    _as_signed("report"), _as_signed("notice"), _as_signed("breach"),
    ("UPDATE", "never", "TRUE", _KEPT), ("DELETE", "never", "TRUE", _KEPT),
)  # fmt: skip
# what was signed before: source, kind, number, office, case, ref, digest, key, when, day if it is kept, by whom
OLD = (
    ("report", "INTERNAL",
     ("SELECT CASE WHEN kind = 'DOUBT_LIST' THEN 'DOC-07' ELSE 'DOC-06' END, number, agency_id, case_id, ref, digest,"
     " id, COALESCE(signed_at, delivered_at, drafted_at), COALESCE(reviewer_id, handler_id) FROM report"
     " WHERE canonical IS NOT NULL AND digest IS NOT NULL AND number IS NOT NULL ORDER BY id")),
    ("notice", "PUBLIC",
     ("SELECT CASE WHEN d.outcome IN ('REJECT','REFUSE_INTAKE') THEN 'DOC-12' ELSE 'DOC-13' END, n.number,"
     " c.department_id, n.case_id, n.ref, n.digest, n.id, d.decided_at, d.decided_by FROM notice n"
     " JOIN determination d ON d.id = n.determination_id JOIN cases c ON c.id = n.case_id ORDER BY n.id")),
    ("breach", "NOT_PUBLIC",
     ("SELECT 'DOC-22', number, org_id, NULL, ref, digest, id, reported_at, reported_by FROM breach"
     " WHERE canonical IS NOT NULL AND digest IS NOT NULL ORDER BY id")),
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "issued_document",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("doc", sa.String(length=8), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("org_id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=True),
        sa.Column("about", sa.String(length=26), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("access", sa.String(length=12), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("issued_by", BIG, nullable=True),
        sa.Column("canonical", sa.LargeBinary(), nullable=True),
        sa.Column("report_id", BIG, nullable=True),
        sa.Column("notice_id", BIG, nullable=True),
        sa.Column("breach_id", BIG, nullable=True),
        sa.CheckConstraint("access IN ('PUBLIC','INTERNAL','NOT_PUBLIC')", name=op.f("ck_issued_document_access")),
        sa.CheckConstraint(
            "(CASE WHEN canonical IS NULL THEN 0 ELSE 1 END) + (CASE WHEN report_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN notice_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN breach_id IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_issued_document_one_source"),
        ),
        *(
            sa.ForeignKeyConstraint([own], [f"{other}.id"], name=op.f(f"fk_issued_document_{own}"))
            for own, other in (
                ("org_id", "organisation"), ("case_id", "cases"), ("issued_by", "account"), ("report_id", "report"),
                ("notice_id", "notice"), ("breach_id", "breach"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_document")),
        *(
            sa.UniqueConstraint(one, name=op.f(f"uq_issued_document_{one}"))
            for one in ("ref", "code", "report_id", "notice_id", "breach_id")
        ),
        sa.UniqueConstraint("org_id", "number", name=op.f("uq_issued_document_org_id_number")),
    )  # fmt: skip
    op.create_index("ix_issued_document_about", "issued_document", ["about", "doc", "id"])
    op.create_index("ix_issued_document_case_id", "issued_document", ["case_id", "id"])
    _guards()
    for source, access, wanted in OLD:
        _enter(source, access, wanted)


def downgrade() -> None:
    op.drop_table("issued_document")
    if op.get_bind().dialect.name != "sqlite":
        for event, part, _condition, _sentence in GUARDS:
            op.execute(f"DROP FUNCTION IF EXISTS guard_issued_document_{event.lower()}_{part}()")


def _enter(source: str, access: str, wanted: str) -> None:
    bind = op.get_bind()
    rows = bind.execute(sa.text(wanted)).fetchall()
    columns = (
        f"ref, doc, number, org_id, case_id, about, digest, code, access, issued_on, issued_at, issued_by, {source}_id"
    )
    values = ", ".join(f":{one.strip()}" for one in columns.split(","))
    statement = sa.text(f"INSERT INTO issued_document ({columns}) VALUES ({values})")  # noqa: S608
    for some in _portions(rows):
        bind.execute(statement, [_row(source, access, row) for row in some])


def _portions(rows: Any) -> Iterator[Any]:
    for first in range(0, len(rows), MANY):
        yield rows[first : first + MANY]


def _row(source: str, access: str, row: Any) -> dict[str, object]:
    doc, number, org, case, about, digest, key, at, by = row
    told = hashlib.sha256(f"{doc}\n{number}\n{digest}".encode()).digest()
    signs = base64.b32encode(told).translate(ALPHABET).decode()
    return {
        "ref": "".join(secrets.choice(REFS) for _ in range(26)), "doc": doc, "number": number, "org_id": org,
        "case_id": case, "about": about, "digest": digest, "access": access,
        "code": f"{doc.removeprefix('DOC-')}-{signs[:4]}-{signs[4:8]}-{signs[8:12]}",
        "issued_on": _office_day(at), "issued_at": at, "issued_by": by, f"{source}_id": key,
    }  # fmt: skip


def _office_day(at: Any) -> date | str:
    """The day in the offices' zone; SQLite gives the instant in UTC as text."""
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC) if isinstance(at, str) else at
    day = (moment.astimezone(UTC) + OFFICE_HOURS).date()
    return day.isoformat() if isinstance(at, str) else day


def _guards() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for event, part, condition, sentence in GUARDS:
        name = f"guard_issued_document_{event.lower()}_{part}"
        head = f"CREATE TRIGGER {name} BEFORE {event} ON issued_document FOR EACH ROW"
        if sqlite:
            op.execute(f"{head} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{sentence}'); END")
            continue
        row = "OLD" if event == "DELETE" else "NEW"
        op.execute(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN"
            f" RAISE EXCEPTION USING MESSAGE = '{sentence}', ERRCODE = 'check_violation'; END IF; RETURN {row}; END $$"
        )
        op.execute(f"{head} EXECUTE FUNCTION {name}()")
