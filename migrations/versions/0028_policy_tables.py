"""Decision tables of a jurisdiction of its own, by their digest.

Why: a place may have its own doubt table; a case stays decided by the one it was started under, also when the place
has another one since.
Old rows: none; cases without one stand on the table of their process as before.
Size: a row for each content that was ever in force somewhere.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028_policy_tables"
down_revision = "0027_catalogue"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
NAME = "policy_table"
SENTENCE = "LN-39: a decision table that cases stand on does not change"


def upgrade() -> None:
    op.create_table(
        NAME,
        sa.Column("id", BIG, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("deployed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_table")),
        sa.UniqueConstraint("digest", name=op.f("uq_policy_table_digest")),
    )
    for event in ("UPDATE", "DELETE"):
        _unchangeable(event)


def _unchangeable(event: str) -> None:
    name = f"guard_{NAME}_{event.lower()}_never"
    head = f"CREATE TRIGGER {name} BEFORE {event} ON {NAME} FOR EACH ROW"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"{head} WHEN TRUE BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END")
        return
    row = "OLD" if event == "DELETE" else "NEW"
    op.execute(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TRUE THEN"
        f" RAISE EXCEPTION USING MESSAGE = '{SENTENCE}', ERRCODE = 'check_violation'; END IF; RETURN {row}; END $$"
    )
    op.execute(f"{head} EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    op.drop_table(NAME)
    if op.get_bind().dialect.name == "postgresql":
        for event in ("update", "delete"):
            op.execute(f"DROP FUNCTION IF EXISTS guard_{NAME}_{event}_never()")
