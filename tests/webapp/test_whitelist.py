"""The whitelist on its pages: proposed from a doubt with evidence, decided by another, ended, hidden from the rest."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from domain.verification import doubts, whitelist_views
from domain.verification.whitelist import APPROVED, ENDED, REFUSED, WhitelistEntry
from tests.homes import Office
from tests.journeys import steps
from tests.journeys.playing import PDF, Story, new_case
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of, press


@pytest.fixture
def app(office: Office) -> Flask:
    return app_of(office)


@pytest.fixture
def story(office: Office) -> Story:
    """A case whose pension doubt the town found to be a mistake of the source."""
    made = new_case(office)
    steps.to_queries(made, ("PENRCV",))
    office.sweep()
    steps.report(made)
    with made.work("town") as work:
        doubt = doubts.by_ref(work, one_doubt(made, work))
        doubts.settle(work, doubt, "SOURCE_ERROR", "社保局书面更正")
    return made


def one_doubt(story: Story, work: Any) -> str:
    return next(one.ref for one in doubts.views(work, story.case(work)) if one.category == "PENRCV" and one.row_no)


def propose(browser: FlaskClient, address: str, **changed: Any) -> Any:
    page = browser.get(address).text
    data = {"csrf_token": token_in(page), "reason": "待遇已停发", "valid_until": "2027-09-01",
            "evidence": (io.BytesIO(PDF), "更正函.pdf"), **changed}  # fmt: skip
    return browser.post(address, data=data, content_type="multipart/form-data")


def proposed(story: Story, app: Flask, office: Office) -> tuple[str, FlaskClient]:
    """The address of a proposal by the clerk, and the head's browser."""
    with story.work() as work:
        ref = one_doubt(story, work)
    answer = propose(browser_of(app, office, "clerk"), f"/doubts/{ref}/whitelist")
    assert answer.status_code == 302
    return answer.headers["Location"], browser_of(app, office, "head")


@pytest.mark.clause("NM-13")
def test_a_record_goes_from_the_doubt_to_the_list_and_off_it_again(story: Story, app: Flask, office: Office) -> None:
    clerk = browser_of(app, office, "clerk")
    case = clerk.get(f"/cases/{story.case_ref}").text
    (address,) = set(re.findall(r'href="(/doubts/\w+/whitelist)"', case))
    answer = propose(clerk, address)
    entry = answer.headers["Location"]
    shown = clerk.get(entry).text
    assert "待遇已停发" in shown and "更正函.pdf" in shown and 'value="approve"' not in shown
    assert press(clerk, entry, entry, act="approve").status_code == 403

    head = browser_of(app, office, "head")
    assert f'href="{entry}/evidence"' in shown and head.get(f"{entry}/evidence").data == PDF
    assert browser_of(app, office, "town").get(f"{entry}/evidence").status_code == 403
    assert entry in head.get("/whitelist").text
    assert press(head, entry, entry, act="approve").status_code == 302
    with story.work("head") as work:
        (row,) = whitelist_views.listed(work, APPROVED)
        assert (row.reason, row.proposed_by != row.decided_by, row.passes) == ("待遇已停发", True, 0)
    refused = press(head, entry, entry, act="end", note=" ")
    assert refused.status_code == 422 and 'id="note-error"' in refused.text
    assert press(head, entry, entry, act="end", note="社保局已改数据").status_code == 302
    assert "社保局已改数据" in head.get(entry).text
    with story.work() as work:
        assert work.session.scalars(select(WhitelistEntry.state)).all() == [ENDED]
    assert entry not in head.get("/whitelist").text and entry in head.get("/whitelist?show=all").text


@pytest.mark.clause("NM-13")
def test_a_proposal_without_evidence_is_refused_at_its_field(story: Story, app: Flask, office: Office) -> None:
    clerk = browser_of(app, office, "clerk")
    with story.work() as work:
        address = f"/doubts/{one_doubt(story, work)}/whitelist"
    answer = propose(clerk, address, evidence=(io.BytesIO(b""), ""), reason="我写的理由", valid_until="2031-01-01")
    assert answer.status_code == 422
    assert 'id="evidence-error"' in answer.text and 'id="valid_until-error"' in answer.text
    assert "我写的理由" in answer.text
    assert 'id="evidence-error"' in propose(clerk, address, evidence=(io.BytesIO(b"x"), "x.exe")).text
    assert propose(clerk, address).status_code == 302
    assert propose(clerk, address).status_code == 409  # it stands already


def test_a_refused_proposal_says_why(story: Story, app: Flask, office: Office) -> None:
    entry, head = proposed(story, app, office)
    assert press(head, entry, entry, act="refuse", note="证据不足").status_code == 302
    assert "证据不足" in head.get(entry).text
    assert press(head, entry, entry, act="approve").status_code == 409
    with story.work() as work:
        assert work.session.scalars(select(WhitelistEntry.state)).all() == [REFUSED]


def test_agency_and_town_have_no_whitelist_and_foreign_entries_are_none(
    story: Story, app: Flask, office: Office
) -> None:
    entry, head = proposed(story, app, office)
    with story.work() as work:
        form = f"/doubts/{one_doubt(story, work)}/whitelist"
    for login in ("handler", "town"):
        browser = browser_of(app, office, login)
        assert [browser.get(one).status_code for one in ("/whitelist", entry, form)] == [403, 403, 403]
    assert head.get("/whitelist/0000").status_code == 404
    assert head.get("/doubts/0000/whitelist").status_code == 404
