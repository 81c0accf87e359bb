"""Finding: terms of names and notes, searches kept aside, columns of the inbox, saved filters.

Why: people are found by name, number and note though all three are sealed, tasks by what their forms say.
Old rows: the terms of names and notes that are there already are made by the worker after the upgrade, some at a time;
until it is through, a search finds what it has come to. Answers given before the upgrade are no columns.
Size: empty tables; about ten rows a person follow, some minutes for a million people.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016_finding"
down_revision = "0015_terms"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
OPEN = sa.text("open")
TERMS = {"household_term": ("department_id", "household_id", "household"), "case_term": ("org_id", "case_id", "cases")}


def upgrade() -> None:
    for name, (office, owner, of) in TERMS.items():
        _terms(name, office, owner, of)
    _searches()
    _values()
    _filters()
    op.execute(
        sa.text(
            "INSERT INTO agenda_item (kind, key, subject, payload, due_at, attempts, last_error, parked, fence)"
            " SELECT 'terms.fill', 'terms.fill:person:0', '', '{\"of\": \"person\", \"after\": 0}',"
            " COALESCE((SELECT MAX(opened_at) FROM cases), CURRENT_TIMESTAMP), 0, '', :no, 0"
            " WHERE EXISTS (SELECT 1 FROM person)"
        ).bindparams(sa.bindparam("no", False, sa.Boolean()))
    )


def _terms(name: str, office: str, owner: str, of: str) -> None:
    op.create_table(
        name,
        sa.Column("id", BIG, nullable=False),
        sa.Column(office, BIG, nullable=False),
        sa.Column("term", sa.LargeBinary(), nullable=False),
        sa.Column(owner, BIG, nullable=False),
        sa.ForeignKeyConstraint([office], ["organisation.id"], name=op.f(f"fk_{name}_{office}")),
        sa.ForeignKeyConstraint([owner], [f"{of}.id"], name=op.f(f"fk_{name}_{owner}"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint(office, "term", owner, name=op.f(f"uq_{name}_{office}_term_{owner}")),
    )
    op.create_index(f"ix_{name}_{owner}", name, [owner], unique=False)


def _searches() -> None:
    op.create_table(
        "search",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_search_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search")),
        sa.UniqueConstraint("ref", name=op.f("uq_search_ref")),
    )
    op.create_index("ix_search_account_id", "search", ["account_id", "expires_at"], unique=False)


def _values() -> None:
    name = "task_value"
    op.create_table(
        name,
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("task_id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("org_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("value", sa.String(length=120), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('text','number','date','choice')", name=op.f("ck_task_value_kind")),
        sa.CheckConstraint("(kind = 'text') = (sealed IS NOT NULL)", name=op.f("ck_task_value_sealed")),
        sa.ForeignKeyConstraint(["task_id"], ["human_task.id"], name=op.f("fk_task_value_task_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_task_value_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_task_value_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_value")),
        sa.UniqueConstraint("ref", name=op.f("uq_task_value_ref")),
        sa.UniqueConstraint("task_id", "key", name=op.f("uq_task_value_task_id_key")),
    )
    op.create_index(
        "ix_task_value_open", name, ["org_id", "key", "value", "task_id"], unique=False, sqlite_where=sa.text("open = 1"),
        postgresql_where=OPEN,
    )  # fmt: skip
    op.create_index("ix_task_value_case_id", name, ["case_id"], unique=False)


def _filters() -> None:
    name = "saved_filter"
    op.create_table(
        name,
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("org_id", BIG, nullable=False),
        sa.Column("audience", sa.String(length=8), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.CheckConstraint("audience IN ('PRIVATE','TEAM','ROLE')", name=op.f("ck_saved_filter_audience")),
        sa.CheckConstraint("(audience = 'ROLE') = (role <> '')", name=op.f("ck_saved_filter_role")),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f("fk_saved_filter_owner_id")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_saved_filter_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("ref", name=op.f("uq_saved_filter_ref")),
    )
    op.create_index("ix_saved_filter_owner_id", name, ["owner_id", "position"], unique=False)
    op.create_index("ix_saved_filter_org_id", name, ["org_id", "audience", "position"], unique=False)


def downgrade() -> None:
    op.execute("DELETE FROM agenda_item WHERE kind = 'terms.fill' AND done_at IS NULL")
    for name in ("saved_filter", "task_value", "search", "case_term", "household_term"):
        op.drop_table(name)
