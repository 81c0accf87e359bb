"""The log of what is done for the system itself, and of training.

Why: civil affairs coordinates, installs, mends, brings new versions and trains (CK-17); each is kept with its day, who
did it and, of a training, how many came. A line is written once.
Old rows: none; nothing was kept of it before.
Size: one small table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033_house_log"
down_revision = "0032_deliveries"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
STAYS = "CK-17: a line of the log stays as it was written"
EVENTS = {"UPDATE": "NEW", "DELETE": "OLD"}


def upgrade() -> None:
    op.create_table(
        "house_log",
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("what", sa.LargeBinary(), nullable=False),
        sa.Column("people", sa.LargeBinary(), nullable=False),
        sa.Column("trained", sa.Integer(), nullable=True),
        sa.Column("recorded_by", BIG, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('COORDINATION','INSTALL','MEND','UPGRADE','TRAINING')", name=op.f("ck_house_log_kind")
        ),
        sa.CheckConstraint(
            "(kind = 'TRAINING') = (trained IS NOT NULL)", name=op.f("ck_house_log_trained_are_counted")
        ),
        sa.CheckConstraint("trained IS NULL OR trained > 0", name=op.f("ck_house_log_somebody_was_trained")),
        sa.ForeignKeyConstraint(["recorded_by"], ["account.id"], name=op.f("fk_house_log_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_house_log")),
        sa.UniqueConstraint("ref", name=op.f("uq_house_log_ref")),
    )
    op.create_index("ix_house_log_kind", "house_log", ["kind", "id"], unique=False)
    sqlite = op.get_bind().dialect.name == "sqlite"
    for event, row in EVENTS.items():
        name = f"guard_house_log_{event.lower()}_never"
        head = f"CREATE TRIGGER {name} BEFORE {event} ON house_log FOR EACH ROW"
        if sqlite:
            op.execute(f"{head} WHEN TRUE BEGIN SELECT RAISE(ABORT, '{STAYS}'); END")
            continue
        op.execute(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN"
            f" RAISE EXCEPTION USING MESSAGE = '{STAYS}', ERRCODE = 'check_violation'; END IF; RETURN {row}; END $$"
        )
        op.execute(f"{head} EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    op.drop_table("house_log")
    if op.get_bind().dialect.name != "sqlite":
        for event in EVENTS:
            op.execute(f"DROP FUNCTION IF EXISTS guard_house_log_{event.lower()}_never()")
