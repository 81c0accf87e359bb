"""A city with a doubt table of its own: its cases are decided by it and say so, also after the city has another."""

from __future__ import annotations

import re

from sqlalchemy import select

from domain import rules
from domain.policy_shipped import read_files
from domain.vault import fingerprint
from domain.verification import doubts
from domain.work import OPERATOR, unit_of_work
from tests.bundles.playing import bundle
from tests.domain.office import POLICIES
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import new_case
from tests.webapp.desk_world import app_of, browser_of
from workflows.decision_rows import DecisionMade

NATIONAL = bundle("verification").files["doubts.dmn"]
CITY = NATIONAL.replace("查得领取养老金每月".encode(), "市规则：领取养老金每月".encode())


def deploy(office: Office, content: bytes) -> None:
    with unit_of_work(office.home, OPERATOR) as work:
        rules.deploy(work, {**read_files(POLICIES), "benxi/doubts.dmn": content})


def test_a_case_is_decided_by_the_table_of_its_city_and_shows_it_for_good(office: Office) -> None:
    deploy(office, CITY)
    story = new_case(office)
    steps.to_queries(story, ("PENRCV",))
    office.sweep()
    deploy(office, NATIONAL)  # the city has another one now
    with story.work() as work:
        pension = next(one for one in doubts.views(work, story.case(work)) if one.code == "D-PENRCV")
        assert pension.sentence.startswith("市规则：")
        assert (pension.rule["jurisdiction"], pension.rule["digest"]) == ("benxi", fingerprint(CITY))
        made = work.session.scalars(select(DecisionMade).where(DecisionMade.case_id == story.case(work).id)).one()
        address = f"/cases/{story.case_ref}/decisions/{made.ref}"
    steps.report(story)
    browser = browser_of(app_of(office), office, "handler")
    page = browser.get(f"/cases/{story.case_ref}").text
    assert re.search(rf"本溪市[^<]*{fingerprint(CITY)[:12]}", page)
    found = re.search(r'href="(/cases/\w+/decisions/\w+)', page)
    assert found and found[1] == address
    assert "市规则" in browser.get(address).text
