"""The whole life of a human task: put off, delegated, given up, skipped; substitutes, skills, towns and near relations.

Why: staff hand work to one another, put it off and stand in for each other, and the rules must hold all the while.
Old rows: a task that the case left behind was OBSOLETE and is EXITED now; OBSOLETE is kept for what somebody skips.
Every task learns its case's town. Nobody substitutes anybody; accounts learn their own number at the next sign-in.
Size: the table of tasks is written anew, about a minute for a million tasks.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011_task_life"
down_revision = "0010_undo"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.DateTime(), "sqlite")
TASK, PERSON, SUBSTITUTION, KIN = "human_task", "task_person", "substitution", "account_kin"
OPEN = sa.text("state IN ('CREATED','READY','RESERVED','IN_PROGRESS','SUSPENDED','ERROR')")
OLD_OPEN = sa.text("state IN ('READY','RESERVED')")
STATES = (
    "state IN ('CREATED','READY','RESERVED','IN_PROGRESS','SUSPENDED','ERROR','COMPLETED','FAILED','EXITED','OBSOLETE')"
)
OLD_STATES = "state IN ('READY','RESERVED','COMPLETED','OBSOLETE')"
CHECKS = {
    "held_by": (
        "CASE WHEN state IN ('RESERVED','IN_PROGRESS') THEN assignee_id IS NOT NULL"
        " WHEN state IN ('SUSPENDED','ERROR') THEN true ELSE assignee_id IS NULL END"
    ),
    "held_for": "held_for IS NULL OR assignee_id IS NOT NULL",
    "delegated": "owner_id IS NULL OR assignee_id IS NOT NULL",
    "prior_state": "(state = 'SUSPENDED') = (prior_state <> '')",
    "priority": "priority BETWEEN 0 AND 10",
}
INDEXES = {"ix_human_task_inbox": ["org_id", "role", "due_at", "id"],
           "ix_human_task_assignee": ["assignee_id", "due_at", "id"]}  # fmt: skip
POINTERS = {"held_for": "account", "owner_id": "account", "done_for": "account", "town_id": "organisation"}


def upgrade() -> None:
    _drop_indexes()
    with op.batch_alter_table(TASK) as table:
        table.drop_constraint(op.f("ck_human_task_state"), type_="check")
        table.drop_constraint(op.f("ck_human_task_reserved_by"), type_="check")
        table.add_column(sa.Column("priority", sa.SmallInteger(), server_default="5", nullable=False))
        table.add_column(sa.Column("skill", sa.String(length=48), server_default="", nullable=False))
        table.add_column(sa.Column("town_id", BIG, nullable=True))
        table.add_column(sa.Column("narrowed", sa.Boolean(), server_default=sa.false(), nullable=False))
        table.add_column(sa.Column("people", sa.Boolean(), server_default=sa.false(), nullable=False))
        table.add_column(sa.Column("held_for", BIG, nullable=True))
        table.add_column(sa.Column("owner_id", BIG, nullable=True))
        table.add_column(sa.Column("started_at", INSTANT, nullable=True))
        table.add_column(sa.Column("prior_state", sa.String(length=12), server_default="", nullable=False))
        table.add_column(sa.Column("suspended_until", INSTANT, nullable=True))
        for name, other in POINTERS.items():
            table.create_foreign_key(op.f(f"fk_human_task_{name}"), other, [name], ["id"])
    op.execute("UPDATE human_task SET state = 'EXITED' WHERE state = 'OBSOLETE'")
    op.execute("UPDATE human_task SET town_id = (SELECT town_id FROM cases WHERE cases.id = human_task.case_id)")
    with op.batch_alter_table(TASK) as table:
        for name in ("priority", "skill", "narrowed", "people", "prior_state"):
            table.alter_column(name, server_default=None)
        table.create_check_constraint(op.f("ck_human_task_state"), STATES)
        for name, said in CHECKS.items():
            table.create_check_constraint(op.f(f"ck_human_task_{name}"), said)
    _make_indexes(OPEN)
    delegated = sa.text("owner_id IS NOT NULL")
    op.create_index(
        "ix_human_task_owner", TASK, ["owner_id"], unique=False, sqlite_where=delegated, postgresql_where=delegated
    )
    _people()
    _substitutes()
    _rights()


def _drop_indexes() -> None:
    for name in INDEXES:
        op.drop_index(name, table_name=TASK)


def _make_indexes(where: sa.TextClause) -> None:
    for name, columns in INDEXES.items():
        op.create_index(name, TASK, columns, unique=False, sqlite_where=where, postgresql_where=where)


def _people() -> None:
    op.create_table(
        PERSON,
        sa.Column("id", BIG, nullable=False),
        sa.Column("task_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("named_by", BIG, nullable=True),
        sa.Column("named_at", INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('CANDIDATE','EXCLUDED','STAKEHOLDER')", name=op.f("ck_task_person_kind")),
        sa.ForeignKeyConstraint(["task_id"], ["human_task.id"], name=op.f("fk_task_person_task_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_task_person_account_id")),
        sa.ForeignKeyConstraint(["named_by"], ["account.id"], name=op.f("fk_task_person_named_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_person")),
        sa.UniqueConstraint("task_id", "account_id", "kind", name=op.f("uq_task_person_task_id_account_id_kind")),
    )
    op.create_index("ix_task_person_account_id", PERSON, ["account_id", "kind", "task_id"], unique=False)


def _substitutes() -> None:
    people = {name: sa.Column(name, BIG, nullable=False) for name in ("absent_id", "substitute_id", "made_by")}
    op.create_table(
        SUBSTITUTION,
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        people["absent_id"],
        people["substitute_id"],
        sa.Column("org_id", BIG, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("processes", sa.JSON(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        people["made_by"],
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_by", BIG, nullable=True),
        sa.CheckConstraint("absent_id <> substitute_id", name=op.f("ck_substitution_two_people")),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_substitution_days_in_order")),
        *(
            sa.ForeignKeyConstraint([name], ["account.id"], name=op.f(f"fk_substitution_{name}"))
            for name in (*people, "ended_by")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_substitution_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitution")),
        sa.UniqueConstraint("ref", name=op.f("uq_substitution_ref")),
    )
    op.create_index("ix_substitution_substitute_id", SUBSTITUTION, ["substitute_id", "last_day"], unique=False)
    op.create_index("ix_substitution_absent_id", SUBSTITUTION, ["absent_id", "last_day"], unique=False)


def _rights() -> None:
    op.create_table(
        "account_skill",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("skill", sa.String(length=48), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_skill_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_skill")),
        sa.UniqueConstraint("account_id", "skill", name=op.f("uq_account_skill_account_id_skill")),
    )
    op.create_table(
        "account_town",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("town_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_town_account_id")),
        sa.ForeignKeyConstraint(["town_id"], ["organisation.id"], name=op.f("fk_account_town_town_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_town")),
        sa.UniqueConstraint("account_id", "town_id", name=op.f("uq_account_town_account_id_town_id")),
    )
    op.create_table(
        KIN,
        sa.Column("id", BIG, nullable=False),
        sa.Column("ref", sa.String(length=26), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("relation", sa.String(length=8), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("idno", sa.LargeBinary(), nullable=False),
        sa.Column("person_blind", sa.LargeBinary(), nullable=False),
        sa.Column("guardian_blind", sa.LargeBinary(), nullable=False),
        sa.Column("declared_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "relation IN ('SELF','SPOUSE','PARENT','CHILD','SIBLING','IN_LAW','OTHER')",
            name=op.f("ck_account_kin_relation"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_kin_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_kin")),
        sa.UniqueConstraint("account_id", "person_blind", name=op.f("uq_account_kin_account_id_person_blind")),
        sa.UniqueConstraint("ref", name=op.f("uq_account_kin_ref")),
    )
    op.create_index("ix_account_kin_person_blind", KIN, ["person_blind"], unique=False)


def downgrade() -> None:
    for name in (KIN, "account_town", "account_skill", SUBSTITUTION, PERSON):
        op.drop_table(name)
    _drop_indexes()
    op.drop_index("ix_human_task_owner", table_name=TASK)
    with op.batch_alter_table(TASK) as table:
        for name in CHECKS:
            table.drop_constraint(op.f(f"ck_human_task_{name}"), type_="check")
        table.drop_constraint(op.f("ck_human_task_state"), type_="check")
        for name in POINTERS:
            table.drop_constraint(op.f(f"fk_human_task_{name}"), type_="foreignkey")
    op.execute("UPDATE human_task SET state = 'RESERVED' WHERE state = 'IN_PROGRESS'")
    op.execute(
        "UPDATE human_task SET state = CASE WHEN assignee_id IS NULL THEN 'READY' ELSE 'RESERVED' END"
        " WHERE state IN ('CREATED','SUSPENDED','ERROR')"
    )
    op.execute("UPDATE human_task SET state = 'OBSOLETE' WHERE state IN ('EXITED','FAILED')")
    with op.batch_alter_table(TASK) as table:
        for name in ("suspended_until", "prior_state", "started_at", "owner_id", "held_for", "people", "narrowed",
                     "town_id", "skill", "priority"):  # fmt: skip
            table.drop_column(name)
        table.create_check_constraint(op.f("ck_human_task_state"), OLD_STATES)
        table.create_check_constraint(
            op.f("ck_human_task_reserved_by"), "(state = 'RESERVED') = (assignee_id IS NOT NULL)"
        )
    _make_indexes(OLD_OPEN)
