"""The migrations make the tables the models speak of, on both databases, and never touch a newer home."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, LargeBinary, create_engine, inspect, text

from cli import founding, migrate
from domain.errors import Conflict
from domain.settings import Settings
from domain.verification import guards
from domain.work import WRITE, harden
from tasks import schema
from tasks.finding import tally_triggers
from tests.crowd import at_once
from tests.homes import settings_of

TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname, pg_get_functiondef(tgfoid) FROM pg_trigger WHERE NOT tgisinternal",
}


@pytest.fixture
def place(database_kind, fresh_place):
    return fresh_place(database_kind)


@pytest.fixture
def engine(place) -> Iterator[Engine]:
    made = harden(create_engine(place.url))
    yield made
    made.dispose()


@pytest.fixture
def settings(place) -> Settings:
    return settings_of(place)


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, schema.metadata()))


def triggers(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        return {name: " ".join(said.split()) for name, said in connection.execute(text(TRIGGERS[engine.dialect.name]))}


def statistics(engine: Engine) -> list[str]:
    """What PostgreSQL is told to count together; SQLite knows nothing of the kind."""
    if engine.dialect.name == "sqlite":
        return []
    with engine.connect() as connection:
        return sorted(connection.scalars(text("SELECT pg_get_statisticsobjdef(oid) FROM pg_statistic_ext")))


def index_of(index: Mapping[str, Any]) -> str:
    """An index as text: name, columns, unique, and where it holds."""
    where = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return str((index["name"], index["column_names"], bool(index["unique"]), where))


def schema_of(engine: Engine) -> dict[str, object]:
    """Columns, keys, checks and indexes of every table, as the database tells them."""
    seen = inspect(engine)
    return {
        name: (
            [(column["name"], str(column["type"]), column["nullable"]) for column in seen.get_columns(name)],
            sorted(str(key) for key in seen.get_foreign_keys(name)),
            sorted((check["name"], check["sqltext"]) for check in seen.get_check_constraints(name)),
            sorted(str(key) for key in seen.get_unique_constraints(name)),
            sorted(index_of(index) for index in seen.get_indexes(name)),
        )
        for name in sorted(seen.get_table_names())
        if name != "alembic_version"
    }


def test_migrated_tables_are_the_models_tables_checks_and_guards_included(settings, engine, database_kind, fresh_place):
    assert migrate.upgrade(settings, engine)
    assert differences(engine) == []

    other = harden(create_engine(fresh_place(database_kind).url))
    schema.metadata().create_all(other)
    assert schema_of(engine) == schema_of(other)
    assert triggers(engine) == triggers(other)
    assert statistics(engine) == statistics(other)
    assert len(statistics(engine)) == (database_kind == "postgresql")
    assert set(triggers(engine)) == {*(guard.name for guard in guards.GUARDS), *tally_triggers.TRIGGERS}
    other.dispose()


def test_a_migration_rests_on_nothing_of_the_program_that_may_change_later():
    """Tables, guards and values of a day are written out in it: a later change of a guard changes no old migration."""
    allowed = {"alembic", "sqlalchemy", *sys.stdlib_module_names}
    paths = sorted((Path(migrate.__file__).parents[1] / "migrations" / "versions").glob("*.py"))
    assert len(paths) > 30
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or "."] if isinstance(node, ast.ImportFrom) else []
            assert {name.partition(".")[0] for name in names} <= allowed, path.name


def test_back_to_nothing_and_up_again_gives_the_same(settings, engine):
    migrate.upgrade(settings, engine)
    before, guarded = schema_of(engine), triggers(engine)
    with engine.connect().execution_options(**WRITE) as connection, connection.begin():
        command.downgrade(migrate.config_for(connection), "base")
    assert schema_of(engine) == {}
    assert triggers(engine) == {}
    assert migrate.upgrade(settings, engine)
    assert (schema_of(engine), triggers(engine)) == (before, guarded)


def test_what_is_up_to_date_is_left_alone(settings, engine):
    migrate.upgrade(settings, engine)
    assert not migrate.upgrade(settings, engine)


def test_several_processes_that_start_at_once_migrate_once(settings, engine):
    changed: list[bool] = []
    at_once(*[lambda: changed.append(migrate.upgrade(settings, engine))] * 3)
    assert sorted(changed) == [False, False, True]
    assert differences(engine) == []


def test_a_home_of_a_newer_program_is_refused_and_stays_as_it_is(settings, engine):
    migrate.upgrade(settings, engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_future'"))
    before = schema_of(engine)
    with pytest.raises(Conflict, match="newer version"):
        migrate.upgrade(settings, engine)
    assert schema_of(engine) == before
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999_future"


def test_the_demonstration_office_stands_on_migrated_tables(office):
    assert differences(office.home.engine) == []
    assert founding.exists(office.home.settings)


def test_every_key_stays_inside_and_every_sealed_column_holds_bytes():
    for table in schema.metadata().tables.values():
        for column in table.columns:
            if column.info.get("grade") == "S3":
                assert isinstance(column.type, LargeBinary), f"{column} would show its text"
                assert "ref" in table.c, f"{column}: sealed to the ref of its row"
