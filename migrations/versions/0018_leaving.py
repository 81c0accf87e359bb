"""Leaving and hand-over, accounts that are locked in an emergency, and the proof that separation of duties held.

Why: an account with open work is not closed (the database holds it to that), what somebody had open is moved with a
receipt, and every night it is proved from the rows alone that nobody did both halves of a pair.
Old rows: nobody is locked; declared relatives stay declared. The first proof looks at everything.
Size: the small table of accounts is written anew on SQLite; one index over completed tasks, about ten seconds for five
million.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018_leaving"
down_revision = "0017_batches_of_tasks"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
STATES = "state IN ('FILED_NOT','ACTIVE','LOCKED','DISABLED')"
OLD_STATES = "state IN ('FILED_NOT','ACTIVE','DISABLED')"
FILED, OLD_FILED = (
    "state NOT IN ('ACTIVE','LOCKED') OR filed_on IS NOT NULL",
    "state <> 'ACTIVE' OR filed_on IS NOT NULL",
)
OPEN_WORK = (
    "EXISTS (SELECT 1 FROM human_task t WHERE t.assignee_id = NEW.id"
    " AND t.state IN ('CREATED','READY','RESERVED','IN_PROGRESS','SUSPENDED','ERROR'))"
)
GUARDS = (
    ("guard_account_update_closed",
     f"NEW.state NOT IN ('ACTIVE','LOCKED') AND OLD.state IN ('ACTIVE','LOCKED') AND {OPEN_WORK}",
     "NM-22: an account with open work is not closed; the work is handed over first"),
    ("guard_account_update_moved",
     f"NEW.org_id <> OLD.org_id AND {OPEN_WORK}",
     "NM-22: somebody with open work does not change the office; the work is handed over first"),
)  # fmt: skip
DONE = sa.text("completed_at IS NOT NULL")
RUNNING = sa.text("state = 'RUNNING'")


def _table(
    name: str,
    *columns: "sa.Column[object]",
    keys: Sequence[tuple[str, str]] = (),
    checks: Sequence[tuple[str, str]] = (),
    unique: Sequence[Sequence[str]] = (),
) -> None:
    op.create_table(
        name,
        sa.Column("id", BIG, nullable=False),
        *columns,
        *(sa.CheckConstraint(said, name=op.f(f"ck_{name}_{part}")) for part, said in checks),
        *(sa.ForeignKeyConstraint([one], [f"{other}.id"], name=op.f(f"fk_{name}_{one}")) for one, other in keys),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        *(sa.UniqueConstraint(*one, name=op.f(f"uq_{name}_{'_'.join(one)}")) for one in unique),
    )


def _need(name: str, kind: Any) -> "sa.Column[object]":
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    _account_states(STATES, FILED)
    _guards()
    op.add_column("account_kin", sa.Column("withdrawn_at", INSTANT, nullable=True))
    op.add_column("account_kin", sa.Column("withdrawal", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_human_task_completed_at", "human_task", ["completed_at", "id"], unique=False, sqlite_where=DONE,
        postgresql_where=DONE,
    )  # fmt: skip
    _leaving()
    _proofs()


def _account_states(states: str, filed: str) -> None:
    with op.batch_alter_table("account") as table:
        for part, said in (("state", states), ("filed_first", filed)):
            table.drop_constraint(op.f(f"ck_account_{part}"), type_="check")
            table.create_check_constraint(op.f(f"ck_account_{part}"), said)


def _guards() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, condition, sentence in GUARDS:
        head = f"CREATE TRIGGER {name} BEFORE UPDATE ON account FOR EACH ROW"
        if sqlite:
            op.execute(f"{head} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{sentence}'); END")
            continue
        op.execute(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN"
            f" RAISE EXCEPTION USING MESSAGE = '{sentence}', ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$"
        )
        op.execute(f"{head} EXECUTE FUNCTION {name}()")


def _leaving() -> None:
    _table(
        "leaving",
        _need("ref", sa.String(length=26)), _need("account_id", BIG), _need("org_id", BIG),
        sa.Column("to_id", BIG, nullable=True), _need("reason", sa.LargeBinary()), _need("state", sa.String(length=8)),
        _need("total", sa.Integer()), _need("done", sa.Integer()), sa.Column("begun_by", BIG, nullable=True),
        _need("begun_at", INSTANT), sa.Column("ended_at", INSTANT, nullable=True),
        keys=(("account_id", "account"), ("org_id", "organisation"), ("to_id", "account"), ("begun_by", "account")),
        checks=(("state", "state IN ('RUNNING','DONE')"), ("two_people", "to_id IS NULL OR to_id <> account_id")),
        unique=(("ref",),),
    )  # fmt: skip
    op.create_index("ix_leaving_org_id", "leaving", ["org_id", "id"], unique=False)
    op.create_index("ix_leaving_account_id", "leaving", ["account_id", "id"], unique=False)
    op.create_index(
        "uq_leaving_running", "leaving", ["account_id"], unique=True, sqlite_where=RUNNING, postgresql_where=RUNNING
    )
    _table(
        "leaving_item",
        _need("leaving_id", BIG), _need("place", sa.Integer()), _need("kind", sa.String(length=12)),
        _need("subject", sa.String(length=26)), _need("result", sa.String(length=8)),
        sa.Column("to_id", BIG, nullable=True), _need("told", sa.JSON()),
        keys=(("leaving_id", "leaving"), ("to_id", "account")),
        checks=(
            ("kind", "kind IN ('TASK','DELEGATED','SUBSTITUTION','FILTER','BATCH')"),
            ("result", "result IN ('','TO','QUEUE','OWNER','ENDED','STAYS')"),
        ),
        unique=(("leaving_id", "place"), ("leaving_id", "kind", "subject")),
    )  # fmt: skip
    _table(
        "handover",
        _need("ref", sa.String(length=26)), _need("substitution_id", BIG), _need("file_id", BIG),
        _need("tasks", sa.Integer()), _need("made_at", INSTANT),
        keys=(("substitution_id", "substitution"), ("file_id", "stored_file")),
        unique=(("ref",), ("substitution_id",)),
    )  # fmt: skip


def _proofs() -> None:
    _table(
        "separation_proof",
        _need("ref", sa.String(length=26)), _need("key", sa.String(length=64)), _need("scope", sa.String(length=4)),
        sa.Column("since", INSTANT, nullable=True), _need("until", INSTANT), _need("tasks", sa.Integer()),
        _need("cases", sa.Integer()), _need("violations", sa.Integer()), _need("made_at", INSTANT),
        checks=(("scope", "scope IN ('NEW','ALL')"),),
        unique=(("ref",), ("key",)),
    )  # fmt: skip
    op.create_index("ix_separation_proof_until", "separation_proof", ["until"], unique=False)
    _table(
        "separation_violation",
        _need("ref", sa.String(length=26)), _need("proof_id", BIG), _need("case_id", BIG), _need("task_id", BIG),
        _need("account_id", BIG), _need("rule", sa.String(length=8)), _need("step", sa.String(length=64)),
        _need("other_step", sa.String(length=64)), _need("found_at", INSTANT),
        keys=(("proof_id", "separation_proof"), ("case_id", "cases"), ("task_id", "human_task"),
              ("account_id", "account")),
        checks=(("rule", "rule IN ('PAIR','GROUP','PASSED','NEAR','JOURNAL')"),),
        unique=(("ref",), ("task_id", "rule", "account_id", "other_step")),
    )  # fmt: skip
    op.create_index("ix_separation_violation_proof_id", "separation_violation", ["proof_id", "id"], unique=False)


def downgrade() -> None:
    for name in ("separation_violation", "separation_proof", "handover", "leaving_item", "leaving"):
        op.drop_table(name)
    op.drop_index("ix_human_task_completed_at", table_name="human_task")
    op.drop_column("account_kin", "withdrawal")
    op.drop_column("account_kin", "withdrawn_at")
    on = "" if op.get_bind().dialect.name == "sqlite" else " ON account"
    for name, _condition, _sentence in GUARDS:
        op.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
        if on:
            op.execute(f"DROP FUNCTION IF EXISTS {name}()")
    op.execute("UPDATE account SET state = 'DISABLED' WHERE state = 'LOCKED'")
    _account_states(OLD_STATES, OLD_FILED)
