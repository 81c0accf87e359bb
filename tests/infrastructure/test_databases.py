"""The databases of the tests themselves: private, cheap, and gone with the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import create_engine, text

from tests.infrastructure import databases as module
from tests.infrastructure.databases import Databases, NoPostgreSQL, Place, Template, close_run
from tests.infrastructure.keeper import alive

made: list[str] = []


def one_row(place: Place) -> None:
    made.append(place.kind)
    (place.home / "file").write_text("from the template")
    engine = create_engine(place.url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE thing (word text)"))
        connection.execute(text("INSERT INTO thing VALUES ('一')"))
    engine.dispose()


ONE_ROW = Template("one_row", one_row)


def rows(url: str) -> int:
    engine = create_engine(url)
    with engine.begin() as connection:
        found = connection.execute(text("SELECT count(*) FROM thing")).scalar_one()
        connection.execute(text("INSERT INTO thing VALUES ('二')"))
    engine.dispose()
    return int(found)


def test_a_fresh_place_holds_its_template_and_what_one_test_writes_another_never_sees(database_kind, fresh_place):
    first, second = fresh_place(database_kind, ONE_ROW), fresh_place(database_kind, ONE_ROW)

    assert [rows(first.url), rows(first.url), rows(second.url)] == [1, 2, 1]
    assert (second.home / "file").read_text() == "from the template"
    assert made.count(database_kind) <= 1, "a template is made once"


def test_an_empty_database_can_be_connected_to(database_url):
    engine = create_engine(database_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    engine.dispose()


def test_without_server_programs_a_sentence_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoPostgreSQL, match="apt install postgresql"):
        module.binaries(packaged=tmp_path)


@pytest.mark.postgres
@pytest.mark.parametrize("ending", ["closed", "killed"])
def test_the_cluster_ends_with_its_run(ending, tmp_path, fresh_place):
    fresh_place(module.POSTGRESQL)  # skips or fails where there is none
    kept = os.environ[module.RUN_FOLDER]
    owner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    folder = module.open_run()
    try:
        place = Databases(folder, owner.pid).fresh("postgresql", tmp_path / "home")
        server = int((folder / "pg" / "data" / "postmaster.pid").read_text().split()[0])
        engine = create_engine(place.url)
        engine.connect().close()
        engine.dispose()
        if ending == "killed":
            owner.send_signal(signal.SIGKILL)
            owner.wait()
            deadline = time.monotonic() + 15
            while alive(server) and time.monotonic() < deadline:
                time.sleep(0.1)
            assert not alive(server), "the cluster outlived a killed run"
    finally:
        close_run(folder)
        os.environ[module.RUN_FOLDER] = kept
        owner.kill()
        owner.wait()
    assert not alive(server)
    assert not folder.exists()
