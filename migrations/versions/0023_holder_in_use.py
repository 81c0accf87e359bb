"""Nobody takes a task in the name of an account that is closed meanwhile.

Why: an account with open work is not closed; the other half was missing, a task taken while the closing was under way.
Old rows: as they are.
Size: two triggers; one look at a row by its key when a task changes hands.
"""

from alembic import op

revision = "0023_holder_in_use"
down_revision = "0022_request_times"
branch_labels = None
depends_on = None

SENTENCE = "NM-22: nobody takes a task whose account is closed"
NOT_IN_USE = (
    "NEW.assignee_id IS NOT NULL AND NEW.state IN ('CREATED','READY','RESERVED','IN_PROGRESS','SUSPENDED','ERROR')"
    " AND (SELECT a.state FROM account a WHERE a.id = NEW.assignee_id FOR SHARE) NOT IN ('ACTIVE','LOCKED')"
)
GUARDS = (
    ("guard_human_task_insert_in_use", "INSERT", NOT_IN_USE),
    ("guard_human_task_update_in_use", "UPDATE",
     f"(NEW.assignee_id IS DISTINCT FROM OLD.assignee_id) AND {NOT_IN_USE}"),
)  # fmt: skip


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, event, condition in GUARDS:
        head = f"CREATE TRIGGER {name} BEFORE {event} ON human_task FOR EACH ROW"
        if sqlite:
            said = condition.replace("IS DISTINCT FROM", "IS NOT").replace(" FOR SHARE", "")
            op.execute(f"{head} WHEN {said} BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END")
            continue
        op.execute(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN"
            f" RAISE EXCEPTION USING MESSAGE = '{SENTENCE}', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
        )
        op.execute(f"{head} EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    on = "" if op.get_bind().dialect.name == "sqlite" else " ON human_task"
    for name, _event, _condition in GUARDS:
        op.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
        if on:
            op.execute(f"DROP FUNCTION IF EXISTS {name}()")
