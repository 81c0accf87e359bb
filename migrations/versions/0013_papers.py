"""What people type and hand in: drafts with a revision, remarks that tell somebody, files that are checked, uploads
that go on after a broken line, forms that outlive a session.

Why: two windows must not overwrite each other, nobody sees a file that was not looked at, and a bad line or a session
that ran out costs nobody what was entered.
Old rows: a draft has no author until somebody types again; files handed in before count as checked, as they did.
Size: empty columns and tables, under a second on any home.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013_papers"
down_revision = "0012_notices"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
TASK, COMMENT = "human_task", "task_comment"
DRAFT, MENTION, CHECK, UPLOAD, CHUNK, KEPT = (
    "task_draft", "comment_mention", "file_check", "upload", "upload_chunk", "kept_form",
)  # fmt: skip


def upgrade() -> None:
    op.add_column(TASK, sa.Column("draft_by", BIG, nullable=True))
    op.add_column(TASK, sa.Column("draft_revision", sa.Integer(), nullable=True))
    op.add_column(TASK, sa.Column("draft_page", sa.String(length=12), nullable=True))
    op.add_column(TASK, sa.Column("draft_turn", sa.Integer(), nullable=True))
    op.add_column(COMMENT, sa.Column("edited_at", INSTANT, nullable=True))
    op.add_column(COMMENT, sa.Column("withdrawn_at", INSTANT, nullable=True))
    _drafts_and_mentions()
    _files()
    op.create_table(
        KEPT,
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_kept_form_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_form")),
        sa.UniqueConstraint("ref", name=op.f("uq_kept_form_ref")),
    )
    op.create_index("ix_kept_form_account_id", KEPT, ["account_id", "id"], unique=False)


def _drafts_and_mentions() -> None:
    op.create_table(
        DRAFT,
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("task_id", BIG, nullable=False),
        sa.Column("page", sa.String(length=12), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("written_by", BIG, nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["human_task.id"], name=op.f("fk_task_draft_task_id")),
        sa.ForeignKeyConstraint(["written_by"], ["account.id"], name=op.f("fk_task_draft_written_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_draft")),
        sa.UniqueConstraint("ref", name=op.f("uq_task_draft_ref")),
        sa.UniqueConstraint("task_id", "page", name=op.f("uq_task_draft_task_id_page")),
    )
    op.create_table(
        MENTION,
        sa.Column("id", BIG, nullable=False),
        sa.Column("comment_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["task_comment.id"], name=op.f("fk_comment_mention_comment_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_comment_mention_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_mention")),
        sa.UniqueConstraint("comment_id", "account_id", name=op.f("uq_comment_mention_comment_id_account_id")),
    )


def _files() -> None:
    op.create_table(
        CHECK,
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("file_id", BIG, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("checked_at", INSTANT, nullable=True),
        sa.Column("released_by", BIG, nullable=True),
        sa.Column("released_at", INSTANT, nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("state IN ('WAITING','CLEAN','HELD','RELEASED')", name=op.f("ck_file_check_state")),
        sa.CheckConstraint("(state = 'RELEASED') = (released_by IS NOT NULL)", name=op.f("ck_file_check_released_by")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_file_check_file_id")),
        sa.ForeignKeyConstraint(["released_by"], ["account.id"], name=op.f("fk_file_check_released_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_check")),
        sa.UniqueConstraint("file_id", name=op.f("uq_file_check_file_id")),
        sa.UniqueConstraint("ref", name=op.f("uq_file_check_ref")),
    )
    op.create_table(
        UPLOAD,
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("place", sa.String(length=26), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("received", BIG, nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("file_id", BIG, nullable=True),
        sa.CheckConstraint("received <= size", name=op.f("ck_upload_received")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_upload_account_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_upload_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint("ref", name=op.f("uq_upload_ref")),
    )
    op.create_index("ix_upload_account_id", UPLOAD, ["account_id", "id"], unique=False)
    op.create_index("ix_upload_began_at", UPLOAD, ["began_at"], unique=False)
    op.create_table(
        CHUNK,
        sa.Column("id", BIG, nullable=False),
        sa.Column("upload_id", BIG, nullable=False),
        sa.Column("start", BIG, nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("blob_name", sa.String(length=64), nullable=False),
        sa.Column("blob_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["upload.id"], name=op.f("fk_upload_chunk_upload_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload_chunk")),
        sa.UniqueConstraint("upload_id", "start", name=op.f("uq_upload_chunk_upload_id_start")),
        sa.UniqueConstraint("blob_name", name=op.f("uq_upload_chunk_blob_name")),
    )


def downgrade() -> None:
    for name in (CHUNK, UPLOAD, CHECK, MENTION, DRAFT, KEPT):
        op.drop_table(name)
    for name in ("withdrawn_at", "edited_at"):
        op.drop_column(COMMENT, name)
    for name in ("draft_turn", "draft_page", "draft_revision", "draft_by"):
        op.drop_column(TASK, name)
