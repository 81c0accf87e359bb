"""The catalogue of resources in versions, with agreements, acceptance windows, quotas and notes on gaps.

Why: what was agreed about an item is published by a second person, never changes afterwards, and is what a query is
planned under. The triggers stand beside this file as SQL.
Old rows: every item becomes version 1, published (suspended where it was not shared), with the feedback limit that the
policies in force give it; what was never agreed in writing stays empty, and the catalogue says that it is missing.
Size: one row an item; the rest are empty tables and one column with a constant default.
"""

import secrets
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0027_catalogue"
down_revision = "0026_whitelist"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
TRIGGERS = Path(__file__).parent / "0027_catalogue"
NEXT = "-- next\n"
LIVE, ONE_DRAFT = sa.text("state IN ('PUBLISHED','SUSPENDED')"), sa.text("state = 'DRAFT'")
TABLES = (
    "catalogue_gap_note", "query_terms", "quota_use", "quota", "resource_window", "resource_version", "agreement_alert",
    "agreement_category", "agreement",
)  # fmt: skip
DEFAULT, LETTERS = "query_limit.default", "0123456789abcdefghjkmnpqrstvwxyz"


def _table(
    name: str,
    *columns: "sa.Column[object]",
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


def _need(name: str, kind: Any) -> "sa.Column[object]":
    return sa.Column(name, kind, nullable=False)


def _may(name: str, kind: Any) -> "sa.Column[object]":
    return sa.Column(name, kind, nullable=True)


def upgrade() -> None:
    _agreements()
    _versions()
    _quotas()
    _notes()
    op.add_column(
        "commission_category", sa.Column("fields", sa.String(2000), server_default=sa.text("''"), nullable=False)
    )
    _take_over()
    for statement in _triggers():
        op.execute(statement)


def _agreements() -> None:
    _table(
        "agreement",
        _need("ref", sa.String(26)), _need("number", sa.String(64)), _need("supplier_id", BIG),
        _need("channel", sa.String(8)), _need("valid_from", sa.Date()), _need("valid_until", sa.Date()),
        _may("contact", sa.LargeBinary()), _may("registered_by", BIG), _need("registered_at", INSTANT),
        _may("ended_on", sa.Date()), _need("end_reason", sa.String(500)),
        keys=(("supplier_id", "organisation"), ("registered_by", "account")),
        checks=(
            ("days", "valid_from <= valid_until"), ("channel", "channel IN ('FILE','MEDIUM','API','FRONT')"),
            ("ended_with_reason", "ended_on IS NULL OR end_reason <> ''"),
        ),
        unique=(("ref",), ("supplier_id", "number")),
    )  # fmt: skip
    op.create_index("ix_agreement_valid_until", "agreement", ["valid_until", "id"], unique=False)
    _table(
        "agreement_category",
        _need("agreement_id", BIG), _need("category", sa.String(64)),
        keys=(("agreement_id", "agreement"),), unique=(("agreement_id", "category"),),
    )  # fmt: skip
    _table(
        "agreement_alert",
        _need("agreement_id", BIG), _need("valid_until", sa.Date()), _need("stage", sa.SmallInteger()),
        _need("sent_at", INSTANT),
        keys=(("agreement_id", "agreement"),), unique=(("agreement_id", "valid_until", "stage"),),
    )  # fmt: skip


def _versions() -> None:
    _table(
        "resource_version",
        _need("ref", sa.String(26)), _need("resource_id", BIG), _need("number", sa.Integer()),
        _need("state", sa.String(12)), _need("taken_over", sa.Boolean()), _need("purpose", sa.String(500)),
        _need("channel", sa.String(8)), _need("fields", sa.String(2000)), _may("limit_length", sa.Integer()),
        _may("limit_unit", sa.String(8)), _may("agreement_id", BIG), _may("written_by", BIG),
        _need("written_at", INSTANT), _may("published_by", BIG), _may("published_at", INSTANT),
        _need("state_reason", sa.String(500)), _may("state_at", INSTANT),
        keys=(("resource_id", "resource"), ("agreement_id", "agreement"), ("written_by", "account"),
              ("published_by", "account")),
        checks=(
            ("state", "state IN ('DRAFT','PUBLISHED','SUSPENDED','RETIRED')"),
            ("channel", "channel IN ('','FILE','MEDIUM','API','FRONT')"),
            ("has_limit",
             ("state = 'DRAFT' OR (limit_length IS NOT NULL AND limit_length > 0 AND limit_unit IS NOT NULL"
              " AND limit_unit IN ('working','natural','month'))")),
            ("agreed", "state = 'DRAFT' OR taken_over OR (purpose <> '' AND channel <> '' AND fields <> '')"),
            ("second_person",
             ("state = 'DRAFT' OR taken_over OR (written_by IS NOT NULL AND published_by IS NOT NULL"
              " AND written_by <> published_by)")),
            ("reason", "state NOT IN ('SUSPENDED','RETIRED') OR state_reason <> ''"),
        ),
        unique=(("ref",), ("resource_id", "number")),
    )  # fmt: skip
    for name, where in (("uq_resource_version_live", LIVE), ("uq_resource_version_draft", ONE_DRAFT)):
        op.create_index(name, "resource_version", ["resource_id"], unique=True, sqlite_where=where,
                        postgresql_where=where)  # fmt: skip
    _table(
        "resource_window",
        _need("version_id", BIG), _need("first_day", sa.SmallInteger()), _need("last_day", sa.SmallInteger()),
        _need("months", sa.String(40)),
        keys=(("version_id", "resource_version"),),
        checks=(("days", "1 <= first_day AND first_day <= last_day AND last_day <= 31"),),
        unique=(("version_id", "first_day", "months"),),
    )  # fmt: skip


def _quotas() -> None:
    _table(
        "quota",
        _need("ref", sa.String(26)), _need("resource_id", BIG), _need("agency_id", BIG), _need("period", sa.String(8)),
        _need("most", sa.Integer()), _need("over", sa.String(8)), _need("valid_from", sa.Date()),
        _may("granted_by", BIG), _need("granted_at", INSTANT),
        keys=(("resource_id", "resource"), ("agency_id", "organisation"), ("granted_by", "account")),
        checks=(("period", "period IN ('MONTH','QUARTER','YEAR')"), ("over", "over IN ('REFUSE','QUEUE')"),
                ("most", "most >= 0")),
        unique=(("ref",), ("id", "most"), ("resource_id", "agency_id", "valid_from")),
    )  # fmt: skip
    within = sa.ForeignKeyConstraint(
        ["quota_id", "most"], ["quota.id", "quota.most"], name=op.f("fk_quota_use_quota_id_most")
    )
    _table(
        "quota_use",
        _need("quota_id", BIG), _need("period_start", sa.Date()), _need("most", sa.Integer()),
        _need("used", sa.Integer()),
        checks=(("within", "0 <= used AND used <= most"),), unique=(("quota_id", "period_start"),), more=(within,),
    )  # fmt: skip


def _notes() -> None:
    _table(
        "query_terms",
        _need("query_id", BIG), _need("version_id", BIG), _may("opens_at", INSTANT),
        keys=(("query_id", "query"), ("version_id", "resource_version")), unique=(("query_id",),),
    )  # fmt: skip
    _table(
        "catalogue_gap_note",
        _need("agency_id", BIG), _need("category", sa.String(64)), _need("note", sa.String(500)),
        _may("written_by", BIG), _need("written_at", INSTANT),
        keys=(("agency_id", "organisation"), ("written_by", "account")),
    )  # fmt: skip
    op.create_index(
        "ix_catalogue_gap_note_agency_id", "catalogue_gap_note", ["agency_id", "category", "id"], unique=False
    )


def _take_over() -> None:
    """Version 1 of every item, with its present limit."""
    bind = op.get_bind()
    items = bind.execute(
        sa.text(
            "SELECT r.id, r.category, r.limit_key, r.active, o.jurisdiction FROM resource r"
            " JOIN organisation o ON o.id = r.supplier_id ORDER BY r.id"
        )
    ).all()
    if not items:
        return
    files = {path: bytes(content) for path, content in bind.execute(sa.text("SELECT path, content FROM policy_file"))}
    stopped = bind.scalar(sa.text("SELECT max(stopped_at) FROM home"))
    here = stopped if stopped is not None else bind.scalar(sa.select(sa.func.now()))
    now = datetime.fromisoformat(str(here))
    moment = (now if now.tzinfo is not None else now.replace(tzinfo=UTC)).astimezone(UTC)
    stored = moment.replace(tzinfo=None) if bind.dialect.name == "sqlite" else moment
    limits = Limits(files, moment.date())
    version = sa.table("resource_version", *(sa.column(name) for name in (
        "ref", "resource_id", "number", "state", "taken_over", "purpose", "channel", "fields", "limit_length",
        "limit_unit", "state_reason")), *(sa.column(name, INSTANT) for name in ("written_at", "published_at",
        "state_at")))  # fmt: skip
    rows = []
    for key, category, limit_key, active, place in items:
        length, unit = limits.of(limit_key, category, place)
        rows.append({
            "ref": "".join(secrets.choice(LETTERS) for _place in range(26)), "resource_id": key, "number": 1, "state": "PUBLISHED" if active else "SUSPENDED",
            "taken_over": True, "purpose": "", "channel": "", "fields": "", "limit_length": length, "limit_unit": unit,
            "state_reason": "" if active else "not shared yet", "written_at": stored, "published_at": stored,
            "state_at": stored,
        })  # fmt: skip
    bind.execute(sa.insert(version), rows)


class Limits:
    """Feedback limits as the policy files of a home give them on a day."""

    def __init__(self, files: Mapping[str, bytes], on: date) -> None:
        read = {path: tomllib.loads(content.decode("utf-8")) for path, content in files.items()}
        places = read["jurisdictions.toml"]["jurisdiction"]
        self.parents: dict[str, str | None] = {one["id"]: one.get("parent") for one in places}
        self.categories = {one["code"]: one["limit"] for one in read["categories.toml"]["category"]}
        self.values: dict[str, Mapping[str, Any]] = {}
        begun: dict[str, date] = {}
        for path, said in read.items():
            city, _slash, leaf = path.rpartition("/")
            if leaf == "units.toml":
                self.parents.update({unit["id"]: city for unit in said["unit"]})
            since = said.get("valid_from")
            if isinstance(since, date) and begun.get(said["jurisdiction"], date.min) <= since <= on:
                begun[said["jurisdiction"]], self.values[said["jurisdiction"]] = since, said["values"]

    def of(self, key: str, category: str, place: str | None) -> tuple[int, str]:
        """Length and unit: of the nearest place that says it, the category's own, or the default."""
        chain = []
        while place is not None and place not in chain:
            chain.append(place)
            place = self.parents.get(place)
        found = next((self.values[one][key]["value"] for one in chain if key in self.values.get(one, {})), None)
        found = found or self.categories.get(category) or self.values["national"][DEFAULT]["value"]
        return int(found["length"]), str(found["unit"])


def _triggers() -> list[str]:
    source = (TRIGGERS / f"{op.get_bind().dialect.name}.sql").read_text(encoding="utf-8")
    return [statement.strip() for statement in source.split(NEXT)]


def downgrade() -> None:
    op.drop_column("commission_category", "fields")
    for name in TABLES:
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        for statement in _triggers():
            if statement.startswith("CREATE OR REPLACE FUNCTION"):
                op.execute(f"DROP FUNCTION IF EXISTS {statement.split()[4]}")
