"""Terms that are stopped, extended, recomputed and reminded of; how people are reached: choices, mail, calendar.

Why: a due day changes only by an act that keeps the old one, whoever is about to miss one is told once a stage, and
people say where they want to be told.
Old rows: none change; nobody has an address or a calendar; what waited in the outbox waits on.
Size: empty tables, a new column, an index over what waits in the outbox.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015_terms"
down_revision = "0014_task_counts"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
OUTBOX, WAITING = "outbox_message", "ix_outbox_message_waiting"


def upgrade() -> None:
    _term_request()
    _term_alert()
    _term_run()
    _term_move()
    _notice_choice()
    _mail_address()
    _calendar_feed()
    op.drop_index(WAITING, table_name=OUTBOX)
    op.add_column(OUTBOX, sa.Column("refused_at", INSTANT, nullable=True))
    _waiting("sent_at IS NULL AND refused_at IS NULL")


def _waiting(where: str) -> None:
    still = sa.text(where)
    op.create_index(WAITING, OUTBOX, ["kind", "address"], unique=False, sqlite_where=still, postgresql_where=still)


def _term_request() -> None:
    op.create_table(
        "term_request",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("task_id", BIG, nullable=False),
        sa.Column("org_id", BIG, nullable=False),
        sa.Column("whole_case", sa.Boolean(), nullable=False),
        sa.Column("term_key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("ground", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("clause", sa.String(length=64), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("length", sa.Integer(), nullable=True),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("asked_by", BIG, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("decided_by", BIG, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("old_at", INSTANT, nullable=True),
        sa.Column("new_at", INSTANT, nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(kind = 'EXTEND') = (length IS NOT NULL)", name=op.f("ck_term_request_length")),
        sa.CheckConstraint("(kind = 'STOP') = (until IS NOT NULL)", name=op.f("ck_term_request_until")),
        sa.CheckConstraint(
            "(state IN ('GRANTED','REFUSED')) = (decided_by IS NOT NULL)", name=op.f("ck_term_request_decided")
        ),
        sa.CheckConstraint("kind IN ('STOP','EXTEND')", name=op.f("ck_term_request_kind")),
        sa.CheckConstraint("state IN ('PENDING','GRANTED','REFUSED','LAPSED')", name=op.f("ck_term_request_state")),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f("fk_term_request_asked_by")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_term_request_case_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_term_request_decided_by")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_term_request_org_id")),
        sa.ForeignKeyConstraint(["task_id"], ["human_task.id"], name=op.f("fk_term_request_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term_request")),
        sa.UniqueConstraint("ref", name=op.f("uq_term_request_ref")),
    )
    op.create_index("ix_term_request_case_id", "term_request", ["case_id", "id"], unique=False)
    op.create_index(
        "ix_term_request_pending",
        "term_request",
        ["org_id", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'PENDING'"),
        postgresql_where=sa.text("state = 'PENDING'"),
    )
    op.create_index("ix_term_request_task_id", "term_request", ["task_id", "id"], unique=False)


def _term_alert() -> None:
    op.create_table(
        "term_alert",
        sa.Column("id", BIG, nullable=False),
        sa.Column("task_id", BIG, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("sent_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["human_task.id"], name=op.f("fk_term_alert_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term_alert")),
        sa.UniqueConstraint("task_id", "due_at", "stage", name=op.f("uq_term_alert_task_id_due_at_stage")),
    )


def _term_run() -> None:
    op.create_table(
        "term_run",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("before", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("after", BIG, nullable=False),
        sa.Column("looked", sa.Integer(), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('RUNNING','DONE','SUPERSEDED')", name=op.f("ck_term_run_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term_run")),
        sa.UniqueConstraint("ref", name=op.f("uq_term_run_ref")),
        sa.UniqueConstraint("version", name=op.f("uq_term_run_version")),
    )


def _term_move() -> None:
    op.create_table(
        "term_move",
        sa.Column("id", BIG, nullable=False),
        sa.Column("run_id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("task_id", BIG, nullable=True),
        sa.Column("org_id", BIG, nullable=False),
        sa.Column("subject", sa.String(length=8), nullable=False),
        sa.Column("subject_ref", sa.String(length=26), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("old_at", INSTANT, nullable=False),
        sa.Column("new_at", INSTANT, nullable=False),
        sa.Column("computed_at", INSTANT, nullable=False),
        sa.CheckConstraint("outcome IN ('MOVED','KEPT')", name=op.f("ck_term_move_outcome")),
        sa.CheckConstraint("subject IN ('task','case','query')", name=op.f("ck_term_move_subject")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_term_move_case_id")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_term_move_org_id")),
        sa.ForeignKeyConstraint(["run_id"], ["term_run.id"], name=op.f("fk_term_move_run_id")),
        sa.ForeignKeyConstraint(["task_id"], ["human_task.id"], name=op.f("fk_term_move_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term_move")),
        sa.UniqueConstraint("run_id", "subject", "subject_ref", name=op.f("uq_term_move_run_id_subject_subject_ref")),
    )
    op.create_index("ix_term_move_org_id", "term_move", ["org_id", "run_id", "id"], unique=False)
    op.create_index("ix_term_move_run_id", "term_move", ["run_id", "id"], unique=False)


def _notice_choice() -> None:
    op.create_table(
        "notice_choice",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.CheckConstraint("channel IN ('page','mail','none')", name=op.f("ck_notice_choice_channel")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_notice_choice_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_choice")),
        sa.UniqueConstraint("account_id", "kind", name=op.f("uq_notice_choice_account_id_kind")),
    )


def _mail_address() -> None:
    op.create_table(
        "mail_address",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("code_until", INSTANT, nullable=True),
        sa.Column("code_tries", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("failed_at", INSTANT, nullable=True),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("digested_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_mail_address_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_address")),
        sa.UniqueConstraint("account_id", name=op.f("uq_mail_address_account_id")),
        sa.UniqueConstraint("ref", name=op.f("uq_mail_address_ref")),
    )


def _calendar_feed() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("wide", sa.Boolean(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("fetched_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_calendar_feed_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("account_id", name=op.f("uq_calendar_feed_account_id")),
        sa.UniqueConstraint("ref", name=op.f("uq_calendar_feed_ref")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )


def downgrade() -> None:
    op.drop_index(WAITING, table_name=OUTBOX)
    op.drop_column(OUTBOX, "refused_at")
    _waiting("sent_at IS NULL")
    for name in (
        "calendar_feed",
        "mail_address",
        "notice_choice",
        "term_move",
        "term_run",
        "term_alert",
        "term_request",
    ):
        op.drop_table(name)
