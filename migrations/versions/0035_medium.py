"""What came on a medium counts once its hand-over is recorded.

Why: a source whose channel is a medium needs the record of the hand-over before its file is accepted (BX-30).
Old rows: deliveries that were accepted stay as they are; one that waits needs the record.
Size: a trigger, no rows.
"""

from alembic import op

revision = "0035_medium"
down_revision = "0034_breaches"
branch_labels = None
depends_on = None

NAME = "guard_delivery_update_medium"
CONDITION = (
    "NEW.state = 'READING' AND OLD.state = 'WAITING' AND EXISTS (SELECT 1 FROM resource_version v"
    " WHERE v.resource_id = NEW.resource_id AND v.state IN ('PUBLISHED','SUSPENDED') AND v.channel = 'MEDIUM')"
    " AND NOT EXISTS (SELECT 1 FROM medium_handover h WHERE h.delivery_id = NEW.id)"
)
SENTENCE = "BX-30: what came on a medium counts once its hand-over is recorded"


def upgrade() -> None:
    head = f"CREATE TRIGGER {NAME} BEFORE UPDATE ON delivery FOR EACH ROW"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"{head} WHEN {CONDITION} BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END")
        return
    op.execute(
        f"CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {CONDITION} THEN"
        f" RAISE EXCEPTION USING MESSAGE = '{SENTENCE}', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(f"{head} EXECUTE FUNCTION {NAME}()")


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(f"DROP TRIGGER IF EXISTS {NAME}" if sqlite else f"DROP TRIGGER IF EXISTS {NAME} ON delivery")
    if not sqlite:
        op.execute(f"DROP FUNCTION IF EXISTS {NAME}()")
