"""Drafts of processes: drafts with their revisions, who is in an editor, and proposals that know their draft.

Why: owners change processes in the browser (walls 5); a second owner may also send a proposal back.
Old rows: a proposal made before has no draft; who decided it and when stands on the version it became.
Size: an empty table each, and `definition_proposal` written anew on SQLite: a few rows, well under a second.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002_studio"
down_revision = "0001_first"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# aware UTC on PostgreSQL; SQLite keeps the same instant without a zone
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")

STATES = "state IN ('OPEN','APPROVED','RETURNED','WITHDRAWN')"
OLD_STATES = "state IN ('OPEN','APPROVED','WITHDRAWN')"
FOUR_EYES = "state NOT IN ('APPROVED','RETURNED') OR decided_by <> proposed_by"
PROPOSAL = "definition_proposal"


def upgrade() -> None:
    _make_drafts()
    with op.batch_alter_table(PROPOSAL) as table:
        table.drop_constraint(op.f("ck_definition_proposal_state"), type_="check")
        table.create_check_constraint(op.f("ck_definition_proposal_state"), STATES)
        table.add_column(sa.Column("draft_id", BIG, nullable=True))
        table.add_column(sa.Column("revision", sa.Integer(), nullable=True))
        table.add_column(sa.Column("base_number", sa.Integer(), nullable=True))
        table.add_column(sa.Column("decided_by", BIG, nullable=True))
        table.add_column(sa.Column("decided_at", INSTANT, nullable=True))
        table.add_column(
            sa.Column("decision_note", sa.String(length=500), server_default=sa.text("''"), nullable=False)
        )
        table.create_foreign_key(op.f("fk_definition_proposal_draft_id"), "definition_draft", ["draft_id"], ["id"])
        table.create_foreign_key(op.f("fk_definition_proposal_decided_by"), "account", ["decided_by"], ["id"])
        table.create_check_constraint(op.f("ck_definition_proposal_four_eyes"), FOUR_EYES)


def downgrade() -> None:
    op.execute("UPDATE definition_proposal SET state = 'WITHDRAWN' WHERE state = 'RETURNED'")
    with op.batch_alter_table(PROPOSAL) as table:
        table.drop_constraint(op.f("ck_definition_proposal_four_eyes"), type_="check")
        table.drop_constraint(op.f("fk_definition_proposal_decided_by"), type_="foreignkey")
        table.drop_constraint(op.f("fk_definition_proposal_draft_id"), type_="foreignkey")
        table.drop_constraint(op.f("ck_definition_proposal_state"), type_="check")
        table.create_check_constraint(op.f("ck_definition_proposal_state"), OLD_STATES)
        for name in ("decision_note", "decided_at", "decided_by", "base_number", "revision", "draft_id"):
            table.drop_column(name)
    op.drop_table("draft_presence")
    op.drop_table("definition_draft_revision")
    op.drop_index("uq_definition_draft_open", table_name="definition_draft")
    op.drop_table("definition_draft")


def _make_drafts() -> None:
    op.create_table(
        "definition_draft",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("process", sa.String(length=64), nullable=False),
        sa.Column("base_number", sa.Integer(), nullable=True),
        sa.Column("head", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("created_by", BIG, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("state IN ('OPEN','CLOSED')", name=op.f("ck_definition_draft_state")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_definition_draft_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_definition_draft")),
        sa.UniqueConstraint("ref", name=op.f("uq_definition_draft_ref")),
    )
    op.create_index(
        "uq_definition_draft_open",
        "definition_draft",
        ["process"],
        unique=True,
        sqlite_where=sa.text("state = 'OPEN'"),
        postgresql_where=sa.text("state = 'OPEN'"),
    )
    op.create_table(
        "definition_draft_revision",
        sa.Column("id", BIG, nullable=False),
        sa.Column("draft_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("aside", sa.Boolean(), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("author_id", BIG, nullable=True),
        sa.Column("saved_at", INSTANT, nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name=op.f("fk_definition_draft_revision_author_id")),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["definition_draft.id"], name=op.f("fk_definition_draft_revision_draft_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_definition_draft_revision")),
        sa.UniqueConstraint("draft_id", "number", name=op.f("uq_definition_draft_revision_draft_id_number")),
    )
    op.create_table(
        "draft_presence",
        sa.Column("id", BIG, nullable=False),
        sa.Column("draft_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("part", sa.String(length=255), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_draft_presence_account_id")),
        sa.ForeignKeyConstraint(["draft_id"], ["definition_draft.id"], name=op.f("fk_draft_presence_draft_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_presence")),
        sa.UniqueConstraint("draft_id", "account_id", name=op.f("uq_draft_presence_draft_id_account_id")),
    )
