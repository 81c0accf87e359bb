"""Recipients' authorisations are looked through every day: counts of towns, and whom to ask anew.

Why: authorisations of recipients are complete, true and in force, and nobody is verified without one (NM-07).
Old rows: none; the first look counts them.
Size: a row a town and day, kept for a week, and one a household asked anew.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0039_renewals"
down_revision = "0038_registers"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
REASONS = "'ENDING','NEVER','LATER','WITHDRAWN','EXPIRED','AUTH_SCOPE','ENDED','CHANGED'"


def upgrade() -> None:
    _table(
        "authorisation_scan",
        _ref(), _need("unit_id", BIG), _need("agency_id", BIG), _need("programme", sa.String(length=64)),
        _need("looked_on", sa.Date()), _need("state", sa.String(length=8)), _need("place", BIG),
        _need("asked", sa.Integer()), _need("begun_at", INSTANT), _may("ended_at", INSTANT),
        keys=(("unit_id", "organisation", None), ("agency_id", "organisation", None)),
        checks=(("state", "state IN ('RUNNING','DONE')"), ("ended", "(state = 'DONE') = (ended_at IS NOT NULL)")),
        unique=(("ref",), ("unit_id", "programme", "looked_on")),
    )  # fmt: skip
    _table(
        "authorisation_count",
        _need("scan_id", BIG), _need("town_id", BIG), _need("households", sa.Integer()),
        _need("members", sa.Integer()), _need("lacking", sa.Integer()), _need("ending", sa.Integer()),
        keys=(("scan_id", "authorisation_scan", "CASCADE"), ("town_id", "organisation", None)),
        unique=(("scan_id", "town_id"),),
    )  # fmt: skip
    _table(
        "authorisation_renewal",
        _ref(), _need("household_id", BIG), _need("unit_id", BIG), _need("agency_id", BIG),
        _need("programme", sa.String(length=64)), _need("why", sa.String(length=12)), _may("ends_on", sa.Date()),
        _need("grounds", sa.String(length=64)), _need("made_at", INSTANT), _may("case_id", BIG),
        keys=(("household_id", "household", None), ("unit_id", "organisation", None),
              ("agency_id", "organisation", None), ("case_id", "cases", None)),
        checks=(("why", f"why IN ({REASONS})"), ("ending", "(why = 'ENDING') = (ends_on IS NOT NULL)")),
        unique=(("ref",), ("household_id", "grounds")),
    )  # fmt: skip
    op.create_index("ix_authorisation_scan_looked_on", "authorisation_scan", ["looked_on"])
    waiting = sa.text("case_id IS NULL")
    op.create_index(
        "ix_authorisation_renewal_open", "authorisation_renewal", ["id"], sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_index("ix_authorisation_renewal_ends_on", "authorisation_renewal", ["ends_on"])


def downgrade() -> None:
    for name in ("authorisation_renewal", "authorisation_count", "authorisation_scan"):
        op.drop_table(name)


def _ref() -> sa.Column[Any]:
    return _need("ref", sa.String(length=26))


def _need(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _may(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _table(
    name: str,
    *columns: sa.Column[Any],
    keys: Sequence[tuple[str, str, str | None]],
    checks: Sequence[tuple[str, str]] = (),
    unique: Sequence[tuple[str, ...]] = (),
) -> None:
    op.create_table(
        name,
        sa.Column("id", BIG, nullable=False),
        *columns,
        *(sa.CheckConstraint(said, name=op.f(f"ck_{name}_{part}")) for part, said in checks),
        *(
            sa.ForeignKeyConstraint([own], [f"{other}.id"], name=op.f(f"fk_{name}_{own}"), ondelete=gone)
            for own, other, gone in keys
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        *(sa.UniqueConstraint(*one, name=op.f(f"uq_{name}_{'_'.join(one)}")) for one in unique),
    )
