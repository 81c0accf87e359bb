"""The page of the system's log: entered by the administrator, read by the auditor, taken away as a file."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask
from sqlalchemy import select

from domain.oversight.house_log import HouseLogLine
from tests.homes import Office
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of
from tests.webapp.owner_world import owner_of

LINE = {
    "kind": "TRAINING",
    "done_on": "2027-03-01",
    "what": "=1+1 核对业务培训",
    "people": "各街道经办",
    "trained": "23",
}


@pytest.fixture
def app(office: Office) -> Flask:
    return app_of(office)


@pytest.mark.clause("CK-17")
def test_the_administrator_writes_a_line_and_the_auditor_reads_it_and_takes_it_as_a_file(
    office: Office, app: Flask
) -> None:
    system, auditor = owner_of(app, office, "system"), owner_of(app, office, "auditor")
    token = token_in(system.get("/house-log").text)
    wrong = system.post("/house-log", data={"csrf_token": token, **LINE, "trained": ""})
    assert wrong.status_code == 422 and "核对业务培训" in wrong.text  # what was written is kept
    assert system.post("/house-log", data={"csrf_token": token, **LINE}).status_code == 302
    with office.home.sessions() as session:
        assert len(session.scalars(select(HouseLogLine)).all()) == 1
    page = auditor.get("/house-log?kind=TRAINING").text
    assert "核对业务培训" in page and ">23<" in page and 'name="what"' not in page
    assert "核对业务培训" not in auditor.get("/house-log?kind=MEND").text
    taken = auditor.get("/house-log/house-log.csv")
    rows = list(csv.reader(io.StringIO(taken.data.decode("utf-8-sig"))))
    assert len(rows) == 2 and rows[1][0] == "2027-03-01" and rows[1][2:5] == ["'=1+1 核对业务培训", "各街道经办", "23"]
    assert auditor.post("/house-log", data={"csrf_token": token_in(page), **LINE}).status_code == 403
    assert browser_of(app, office, "clerk").get("/house-log").status_code == 403
