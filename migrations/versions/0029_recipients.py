"""Standing letters, what deliveries say of current recipients, and the lists of the monitoring calendar.

Why: every accepted delivery is compared with current recipients under a standing letter (CK-18); lists of it are issued
by calendar and verified row by row (NM-10, NM-11).
Old rows: letters have no period; nothing was compared.
Size: the tables of letters are written anew on SQLite, seconds for 100,000; five empty tables, one index over recipients.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0029_recipients"
down_revision = "0028_policy_tables"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
PURPOSE = "purpose IN ('VERIFY','SURVIVAL','IDENTITY','STANDING')"
OLD_PURPOSE = "purpose IN ('VERIFY','SURVIVAL','IDENTITY')"
SUBJECT = "household_id IS NOT NULL OR campaign_id IS NOT NULL OR purpose = 'STANDING'"
OLD_SUBJECT = "household_id IS NOT NULL OR campaign_id IS NOT NULL"
PERIOD = (
    "(purpose = 'STANDING') = (valid_from IS NOT NULL) AND (purpose = 'STANDING') = (valid_until IS NOT NULL)"
    " AND (purpose <> 'STANDING' OR (household_id IS NULL AND campaign_id IS NULL AND valid_until >= valid_from))"
)
CATEGORY = "purpose IN ('VERIFY','STANDING') OR category IN ('DEATH','IDENTITY','IDVALID')"
OLD_CATEGORY = "purpose = 'VERIFY' OR category IN ('DEATH','IDENTITY','IDVALID')"
FROZEN = (
    "id ref number case_id attempt household_id campaign_id department_id department_kind agency_id agency_kind"
    " programme purpose basis commissioned_on prepared_by signatory_id letter_id"
).split()
FROZEN_GUARD = "guard_commission_update_frozen"
FROZEN_SAID = "BX-12: an issued commission letter does not change"
UNSETTLED = (
    "NEW.state = 'SUBMITTED' AND OLD.state <> 'SUBMITTED' AND EXISTS (SELECT 1 FROM monitoring_item i"
    " JOIN recipient_doubt d ON d.id = i.doubt_id WHERE i.list_id = NEW.id AND d.finding IS NULL)"
)
LETTER = (
    "NOT EXISTS (SELECT 1 FROM commission c WHERE c.id = NEW.commission_id AND c.state = 'ACCEPTED'"
    " AND c.purpose = 'STANDING')"
)
RECORDED = (
    "(finding IS NULL) = (settled_at IS NULL) AND (finding IS NULL) = (settled_by IS NULL)"
    " AND (finding IS NULL) = (method IS NULL) AND (finding IS NULL) = (measure IS NULL)"
    " AND (finding IS NULL) = (note IS NULL)"
)
VERIFIED = "finding measure method note file_id settled_by settled_at".split()
KEPT = (
    "id ref check_id commission_id unit_id town_id household_id person_id programme category code fingerprint"
    " delivery_id row_no data_date rule sentence value raised_at"
).split()


def _changed(columns: Sequence[str]) -> str:
    return "(" + " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns) + ")"


def _once(columns: Sequence[str]) -> str:
    return " OR ".join(f"(OLD.{c} IS NOT NULL AND NEW.{c} IS DISTINCT FROM OLD.{c})" for c in columns)


GUARDS = (
    ("recipient_check", "INSERT", "letter", LETTER,
     "CK-18: recipients are compared under an accepted standing letter only"),
    ("recipient_doubt", "UPDATE", "kept", _changed([c for c in KEPT if c != "rule"]),
     "CK-18: what a delivery says of a recipient does not change"),
    ("recipient_doubt", "UPDATE", "verified", _once(VERIFIED), "NM-11: a record of a verification does not change"),
    ("recipient_doubt", "DELETE", "kept", "TRUE", "CK-18: what a delivery says of a recipient does not change"),
    ("monitoring_list", "UPDATE", "whole", UNSETTLED,
     "NM-11: a list is reported when every row of it has its record"),
)  # fmt: skip


def upgrade() -> None:
    with _without_triggers() as again:
        with op.batch_alter_table("commission") as table:
            table.add_column(sa.Column("valid_from", sa.Date(), nullable=True))
            table.add_column(sa.Column("valid_until", sa.Date(), nullable=True))
        _letters(PURPOSE, SUBJECT, CATEGORY)
        with op.batch_alter_table("commission") as table:
            table.create_check_constraint(op.f("ck_commission_period"), PERIOD)
        again.discard(FROZEN_GUARD)
    _guard("commission", "UPDATE", "frozen", _frozen([*FROZEN, "valid_from", "valid_until", "issued_at"]), FROZEN_SAID)
    op.create_index("ix_commission_standing", "commission", ["department_id", "valid_until"], unique=False,
                    sqlite_where=sa.text("purpose = 'STANDING'"),
                    postgresql_where=sa.text("purpose = 'STANDING'"))  # fmt: skip
    op.create_index("ix_recipient_checked", "recipient", ["unit_id", "programme", "state", "household_id"])
    _checks()
    _doubts()
    _monitoring()
    for guard in GUARDS:
        _guard(*guard)


def downgrade() -> None:
    for guarded, event, part, _condition, _sentence in GUARDS:
        _unguard(guarded, event, part)
    for name in ("monitoring_item", "monitoring_list", "recipient_doubt", "recipient_request", "recipient_left_out",
                 "recipient_check"):  # fmt: skip
        op.drop_table(name)
    op.drop_index("ix_recipient_checked", table_name="recipient")
    op.drop_index("ix_commission_standing", table_name="commission")
    _unguard("commission", "UPDATE", "frozen")
    with _without_triggers():
        with op.batch_alter_table("commission") as letters:
            letters.drop_constraint(op.f("ck_commission_period"), type_="check")
        _letters(OLD_PURPOSE, OLD_SUBJECT, OLD_CATEGORY)
        with op.batch_alter_table("commission") as letters:
            letters.drop_column("valid_until")
            letters.drop_column("valid_from")
    _guard("commission", "UPDATE", "frozen", _frozen([*FROZEN, "issued_at"]), FROZEN_SAID)


def _letters(purpose: str, subject: str, category: str) -> None:
    with op.batch_alter_table("commission") as table:
        for part, said in (("purpose", purpose), ("has_subject", subject)):
            table.drop_constraint(op.f(f"ck_commission_{part}"), type_="check")
            table.create_check_constraint(op.f(f"ck_commission_{part}"), said)
    with op.batch_alter_table("commission_category") as table:
        table.drop_constraint(op.f("ck_commission_category_identity_only"), type_="check")
        table.create_check_constraint(op.f("ck_commission_category_identity_only"), category)


@contextmanager
def _without_triggers() -> Iterator[set[str]]:
    """SQLite writes a table anew under another name and would find triggers that speak of a table that is gone.

    Gives the names of those that come back, from which some may be taken.
    """
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        yield set()
        return
    rows = bind.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    found: dict[str, str] = {str(name): str(said) for name, said in rows}
    for name in found:
        bind.exec_driver_sql(f"DROP TRIGGER {name}")
    again = set(found)
    yield again
    for name in sorted(again):
        bind.exec_driver_sql(found[name])


def _frozen(columns: Sequence[str]) -> str:
    return f"OLD.state <> 'DRAFT' AND {_changed(columns)}"


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


def _unguard(table: str, event: str, part: str) -> None:
    name = f"guard_{table}_{event.lower()}_{part}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
        return
    op.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
    op.execute(f"DROP FUNCTION IF EXISTS {name}()")


def _table(
    name: str,
    *columns: "sa.Column[Any]",
    keys: Sequence[tuple[str, str]] = (),
    checks: Sequence[tuple[str, str]] = (),
    unique: Sequence[Sequence[str]] = (),
    more: Sequence[Any] = (),
) -> None:
    op.create_table(
        name,
        sa.Column("id", BIG, nullable=False),
        *columns,
        *(sa.CheckConstraint(said, name=op.f(f"ck_{name}_{part}")) for part, said in checks),
        *(sa.ForeignKeyConstraint([one], [f"{other}.id"], name=op.f(f"fk_{name}_{one}")) for one, other in keys),
        *more,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        *(sa.UniqueConstraint(*one, name=op.f(f"uq_{name}_{'_'.join(one)}")) for one in unique),
    )


def _need(name: str, kind: Any) -> "sa.Column[Any]":
    return sa.Column(name, kind, nullable=False)


def _may(name: str, kind: Any) -> "sa.Column[Any]":
    return sa.Column(name, kind, nullable=True)


def _checks() -> None:
    _table(
        "recipient_check",
        _need("ref", sa.String(length=26)), _need("delivery_id", BIG), _need("commission_id", BIG),
        _need("unit_id", BIG), _need("policy_snapshot_id", BIG), _need("state", sa.String(length=8)),
        _need("place", BIG),
        *(_need(name, sa.Integer()) for name in ("households", "persons", "left_out", "found", "doubts", "spared")),
        _need("begun_at", INSTANT), _may("ended_at", INSTANT),
        keys=(("delivery_id", "delivery"), ("commission_id", "commission"), ("unit_id", "organisation"),
              ("policy_snapshot_id", "policy_snapshot")),
        checks=(("state", "state IN ('RUNNING','DONE')"), ("ended", "(state = 'DONE') = (ended_at IS NOT NULL)")),
        unique=(("ref",), ("delivery_id", "commission_id")),
    )  # fmt: skip
    op.create_index("ix_recipient_check_unit_id", "recipient_check", ["unit_id", "id"])
    _table(
        "recipient_left_out",
        _need("check_id", BIG), _need("person_id", BIG), _need("household_id", BIG),
        _need("why", sa.String(length=12)),
        keys=(("check_id", "recipient_check"), ("person_id", "person"), ("household_id", "household")),
        checks=(("why", "why IN ('NEVER','LATER')"),),
        unique=(("check_id", "person_id"),),
    )  # fmt: skip
    _table(
        "recipient_request",
        _need("commission_id", BIG), _need("household_id", BIG), _need("grounds", sa.String(length=64)),
        _need("made_at", INSTANT), _may("case_id", BIG),
        keys=(("commission_id", "commission"), ("household_id", "household"), ("case_id", "cases")),
        unique=(("commission_id", "household_id", "grounds"),),
    )  # fmt: skip
    nothing = sa.text("case_id IS NULL")
    op.create_index("ix_recipient_request_open", "recipient_request", ["id"], sqlite_where=nothing,
                    postgresql_where=nothing)  # fmt: skip
    op.create_index("ix_recipient_request_household_id", "recipient_request", ["household_id"])


def _doubts() -> None:
    _table(
        "recipient_doubt",
        _need("ref", sa.String(length=26)), _need("check_id", BIG), _need("commission_id", BIG),
        _need("unit_id", BIG), _need("town_id", BIG), _need("household_id", BIG), _need("person_id", BIG),
        _need("programme", sa.String(length=64)), _need("category", sa.String(length=64)),
        _need("code", sa.String(length=64)), _need("fingerprint", sa.String(length=80)), _need("delivery_id", BIG),
        _need("row_no", sa.String(length=24)), _may("data_date", sa.Date()), _need("rule", sa.JSON()),
        _need("sentence", sa.LargeBinary()), _need("value", sa.LargeBinary()), _need("raised_at", INSTANT),
        _may("finding", sa.String(length=16)), _may("measure", sa.String(length=12)),
        _may("method", sa.String(length=12)), _may("note", sa.LargeBinary()), _may("file_id", BIG),
        _may("settled_by", BIG), _may("settled_at", INSTANT), _may("campaign_id", BIG),
        keys=(("check_id", "recipient_check"), ("unit_id", "organisation"), ("town_id", "organisation"),
              ("household_id", "household"), ("person_id", "person"), ("delivery_id", "delivery"),
              ("file_id", "stored_file"), ("settled_by", "account"), ("campaign_id", "campaign")),
        checks=(
            ("finding", "finding IS NULL OR finding IN ('TRUE','FALSE','SOURCE_ERROR','EXPLAINED')"),
            ("measure", "measure IS NULL OR measure IN ('REVIEW','WHITELIST','NONE')"),
            ("method", "method IS NULL OR method IN ('VISIT','NEIGHBOUR','LETTER','PAPERS')"),
            ("recorded", RECORDED),
            ("evidence", "finding IS NULL OR finding NOT IN ('SOURCE_ERROR','EXPLAINED') OR file_id IS NOT NULL"),
            ("review_of_true", "measure IS NULL OR measure <> 'REVIEW' OR finding = 'TRUE'"),
        ),
        unique=(("ref",), ("person_id", "category", "code", "fingerprint")),
        more=(
            sa.ForeignKeyConstraint(["commission_id", "person_id"],
                                    ["commission_subject.commission_id", "commission_subject.person_id"],
                                    name=op.f("fk_recipient_doubt_commission_id_person_id")),
            sa.ForeignKeyConstraint(["commission_id", "category"],
                                    ["commission_category.commission_id", "commission_category.category"],
                                    name=op.f("fk_recipient_doubt_commission_id_category")),
        ),
    )  # fmt: skip
    op.create_index("ix_recipient_doubt_unit_id", "recipient_doubt", ["unit_id", "finding", "id"])
    op.create_index("ix_recipient_doubt_town_id", "recipient_doubt", ["town_id", "finding", "id"])
    op.create_index("ix_recipient_doubt_delivery_id", "recipient_doubt", ["delivery_id"])
    open_review = sa.text("finding = 'TRUE' AND campaign_id IS NULL")
    op.create_index("ix_recipient_doubt_review", "recipient_doubt", ["unit_id", "programme"], sqlite_where=open_review,
                    postgresql_where=open_review)  # fmt: skip


def _monitoring() -> None:
    _table(
        "monitoring_list",
        _need("ref", sa.String(length=26)), _need("data_type", sa.String(length=64)),
        _need("period_start", sa.Date()), _need("period_end", sa.Date()), _need("unit_id", BIG),
        _need("state", sa.String(length=12)), _need("rows", sa.Integer()), _need("spared", sa.Integer()),
        _need("issued_at", INSTANT), _may("due", sa.JSON()), _may("due_at", INSTANT),
        _may("submitted_by", BIG), _may("submitted_at", INSTANT), _may("checked_by", BIG), _may("checked_at", INSTANT),
        _may("note", sa.LargeBinary()),
        keys=(("unit_id", "organisation"), ("submitted_by", "account"), ("checked_by", "account")),
        checks=(
            ("state", "state IN ('ISSUED','SUBMITTED','CLOSED')"),
            ("period", "period_end >= period_start"),
            ("reported", "state = 'ISSUED' OR submitted_by IS NOT NULL"),
            ("second_person", "state <> 'CLOSED' OR (checked_by IS NOT NULL AND checked_by <> submitted_by)"),
        ),
        unique=(("ref",), ("data_type", "period_start", "unit_id")),
    )  # fmt: skip
    op.create_index("ix_monitoring_list_unit_id", "monitoring_list", ["unit_id", "state", "due_at"])
    _table(
        "monitoring_item",
        _need("list_id", BIG),
        _need("doubt_id", BIG),
        keys=(("list_id", "monitoring_list"), ("doubt_id", "recipient_doubt")),
        unique=(("doubt_id",), ("list_id", "doubt_id")),
    )
