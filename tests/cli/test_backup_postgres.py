"""Backups on PostgreSQL: its programs, its roles, its locks."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from cli import backup_postgres
from cli.backup_folders import BackupRefused
from domain.home import make_engine
from tests.cli.backups import Fresh
from tests.homes import settings_of
from tests.infrastructure.databases import POSTGRESQL, Databases

pytestmark = pytest.mark.slow


def test_missing_and_older_programs_of_postgresql_are_told_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = tmp_path / "12" / "bin"
    older.mkdir(parents=True)
    for name in ("pg_dump", "pg_restore"):
        (older / name).write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 12.4'\n")
        (older / name).chmod(0o755)
    monkeypatch.setenv("PATH", "")

    with pytest.raises(BackupRefused, match=r"missing.*postgresql-client-15"):
        backup_postgres.find_programs(15, tmp_path / "nothing")
    with pytest.raises(BackupRefused, match=r"of PostgreSQL 12, older than the server's 15"):
        backup_postgres.find_programs(15, tmp_path)
    assert backup_postgres.find_programs(12, tmp_path).folder == older


@pytest.mark.postgres
def test_a_role_that_may_make_no_database_is_told_how_to_prove(
    databases: Databases, fresh_place: Fresh, tmp_path: Path
) -> None:
    place = fresh_place(POSTGRESQL)
    engine = make_engine(settings_of(place))
    with engine.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS hedui_poor"))
        connection.execute(text("CREATE ROLE hedui_poor LOGIN"))
    engine.dispose()

    with (
        pytest.raises(BackupRefused, match=r"hedui_poor may not make one.*CREATEDB"),
        backup_postgres.temporary_database(place.url.replace("hedui@", "hedui_poor@")),
    ):
        pytest.fail("a database was made")
