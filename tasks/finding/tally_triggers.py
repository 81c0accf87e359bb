"""The triggers that note what every change of a task adds to the counts (`tasks.finding.tallies`), for both databases.

Migrations and `create_all` install them. A migration that writes `human_task` anew loses them on SQLite and has to
install them again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, MetaData, event, inspect

from domain.base import Base
from tasks.rows.models import HELD, OPEN, READY

FREE, TAKEN, ASIDE = "FREE", "TAKEN", "ASIDE"
# of tasks without a limit; it stands behind every other
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
TRIGGERS = ("tally_human_task_insert", "tally_human_task_update", "tally_human_task_delete")
_INSERT, _UPDATE, _DELETE = TRIGGERS
_INTO = "INSERT INTO task_count_delta (org_id, role, kind, due_at, n)"
_NEVER = {"sqlite": f"'{NEVER:%Y-%m-%d %H:%M:%S.%f}'", "postgresql": f"'{NEVER.isoformat()}'::timestamptz"}


def _words(states: tuple[str, ...]) -> str:
    return ", ".join(f"'{one}'" for one in states)


def _kind(state: str) -> str:
    taken = f"WHEN {state} IN ({_words(HELD)}) THEN '{TAKEN}'"
    return f"CASE WHEN {state} = '{READY}' THEN '{FREE}' {taken} ELSE '{ASIDE}' END"


def _open(state: str) -> str:
    return f"{state} IN ({_words(OPEN)})"


def _row(row: str, dialect: str, n: int) -> str:
    due = f"coalesce({row}.due_at, {_NEVER[dialect]})"
    return f"SELECT {row}.org_id, {row}.role, {_kind(f'{row}.state')}, {due}, {n} WHERE {_open(f'{row}.state')}"


def _differs(unlike: str) -> str:
    """Whether a change moves a task from one figure to another, or into or out of all."""
    same = " OR ".join(f"NEW.{one} {unlike} OLD.{one}" for one in ("org_id", "role", "due_at"))
    figure = [f"CASE WHEN {_open(f'{row}.state')} THEN {_kind(f'{row}.state')} ELSE '' END" for row in ("NEW", "OLD")]
    return f"{same} OR {figure[0]} <> {figure[1]}"


def statements(dialect: str) -> list[str]:
    """What puts the triggers in place, in order; safe to repeat."""
    return [line for made in (_removals(dialect), _sqlite() if dialect == "sqlite" else _postgresql()) for line in made]


def _sqlite() -> list[str]:
    taken, added = (_row(row, "sqlite", n) for row, n in (("OLD", -1), ("NEW", 1)))
    head = "ON human_task FOR EACH ROW WHEN"
    return [
        f"CREATE TRIGGER {_INSERT} AFTER INSERT {head} {_open('NEW.state')} BEGIN {_INTO} {added}; END",
        (
            f"CREATE TRIGGER {_UPDATE} AFTER UPDATE OF state, org_id, role, due_at {head} {_differs('IS NOT')}"
            f" BEGIN {_INTO} {taken}; {_INTO} {added}; END"
        ),
        f"CREATE TRIGGER {_DELETE} AFTER DELETE {head} {_open('OLD.state')} BEGIN {_INTO} {taken}; END",
    ]


def _postgresql() -> list[str]:
    taken, added = (_row(row, "postgresql", n) for row, n in (("OLD", -1), ("NEW", 1)))
    kind, due = _kind("state"), f"coalesce(due_at, {_NEVER['postgresql']})"
    # rows that are written together are counted together
    many = f"SELECT org_id, role, {kind}, {due}, count(*) FROM made WHERE {_open('state')} GROUP BY 1, 2, 3, 4"  # noqa: S608  fixed words
    return [
        _function(_INSERT, f"{_INTO} {many};"),
        (
            f"CREATE TRIGGER {_INSERT} AFTER INSERT ON human_task REFERENCING NEW TABLE AS made"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {_INSERT}()"
        ),
        _function(_UPDATE, f"{_INTO} {taken} UNION ALL {added};"),
        (
            f"CREATE TRIGGER {_UPDATE} AFTER UPDATE ON human_task FOR EACH ROW"
            f" WHEN ({_differs('IS DISTINCT FROM')}) EXECUTE FUNCTION {_UPDATE}()"
        ),
        _function(_DELETE, f"{_INTO} {taken};"),
        (
            f"CREATE TRIGGER {_DELETE} AFTER DELETE ON human_task FOR EACH ROW"
            f" WHEN ({_open('OLD.state')}) EXECUTE FUNCTION {_DELETE}()"
        ),
    ]


def _function(name: str, body: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"
    )


def _removals(dialect: str) -> list[str]:
    place = "" if dialect == "sqlite" else " ON human_task"
    return [f"DROP TRIGGER IF EXISTS {name}{place}" for name in TRIGGERS]


def install(connection: Connection) -> None:
    """Put them in place where their tables exist."""
    if {"human_task", "task_count_delta"} <= set(inspect(connection).get_table_names()):
        for line in statements(connection.dialect.name):
            connection.exec_driver_sql(line)


@event.listens_for(Base.metadata, "after_create")
def _with_the_tables(_target: MetaData, connection: Connection, **_options: Any) -> None:
    install(connection)
