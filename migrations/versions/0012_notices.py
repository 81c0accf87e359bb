"""What people are told in the page: a row a person and thing.

Why: whoever is given work, is asked something or is about to miss a term learns of it without looking for it.
Old rows: none; nobody is told of what happened before.
Size: an empty table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012_notices"
down_revision = "0011_task_life"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
NAME = "notification"
UNREAD = sa.text("read_at IS NULL")


def upgrade() -> None:
    op.create_table(
        NAME,
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("task_id", BIG, nullable=True),
        sa.Column("case_ref", sa.String(length=26), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_notification_account_id")),
        sa.ForeignKeyConstraint(["task_id"], ["human_task.id"], name=op.f("fk_notification_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("account_id", "key", name=op.f("uq_notification_account_id_key")),
        sa.UniqueConstraint("ref", name=op.f("uq_notification_ref")),
    )
    op.create_index("ix_notification_account_id_id", NAME, ["account_id", "id"], unique=False)
    op.create_index("ix_notification_task_id", NAME, ["task_id"], unique=False)
    op.create_index(
        "ix_notification_unread", NAME, ["account_id", "id"], unique=False, sqlite_where=UNREAD,
        postgresql_where=UNREAD,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table(NAME)
