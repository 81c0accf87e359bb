"""A file is withdrawn: the household whose report rests on it is verified anew by one click, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from domain.assistance.determinations import Determination
from domain.assistance.recipients import Recipient
from domain.cases import Case
from domain.oversight.campaigns import Campaign, CampaignSubject
from domain.verification import withdrawals
from domain.verification.affected import ReportReview
from domain.verification.deliveries import Delivery, Resource
from domain.verification.queries import Query, ResultRow
from domain.work import OPERATOR
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys import steps
from tests.journeys.played import REPORTED, story_of
from tests.journeys.playing import Story
from tests.webapp.conftest import token_in
from tests.webapp.desk_world import app_of, browser_of


def _withdrawn(story: Story) -> str:
    """Every file the case's answers rest on is withdrawn; the ref of the review that was opened of the first."""
    with story.work() as work:
        rested_on = select(ResultRow.delivery_id).join(Query, Query.id == ResultRow.query_id)
        for one in work.session.scalars(select(Delivery).where(Delivery.id.in_(rested_on))).all():
            office = work.session.get_one(Resource, one.resource_id).supplier_id
            withdrawals.withdraw(work.acting(replace(OPERATOR, org_id=office)), one, "两家网点的数据混在一起")
    story.office.sweep()
    with story.work() as work:
        return str(work.session.scalars(select(ReportReview.ref).order_by(ReportReview.id)).first())


def _decided(story: Story, outcome: str) -> None:
    """The department decides, nobody objects, and the file is closed."""
    steps.decide(story, outcome)
    if outcome == "REJECT":
        steps.hand_over_notice(story)
    story.do("clerk", "objection", {"raised": "NO"})
    steps.archive(story)
    assert story.open_steps() == []


def _counted(story: Story, table: type) -> int:
    with story.work() as work:
        return work.session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def reported(office_in: Callable[[Template], Office]) -> Story:
    """A case whose report is delivered; the department is to decide."""
    return story_of(office_in(REPORTED))


def test_a_household_that_does_not_receive_gets_one_new_case_however_often_one_clicks(reported: Story) -> None:
    _decided(reported, "REJECT")
    ref = _withdrawn(reported)
    clerk = browser_of(app_of(reported.office), reported.office, "clerk")
    page = clerk.get("/reviews").text
    assert f"/reviews/{ref}/anew" in page
    before = _counted(reported, Case)
    sent = {"csrf_token": token_in(page)}
    places = {clerk.post(f"/reviews/{ref}/anew", data=sent).headers["Location"] for _turn in range(3)}
    assert _counted(reported, Case) == before + 1
    (place,) = places
    assert place.startswith("/cases/") and place != f"/cases/{reported.case_ref}"
    shown = clerk.get("/reviews").text
    assert place in shown and f"/reviews/{ref}/anew" not in shown
    with reported.work() as work:
        assert [one.event for one in reported.journal(work)].count("report.verified_anew") == 1
        assert work.session.scalars(select(ReportReview.state).where(ReportReview.ref == ref)).one() == "OPEN"


@pytest.mark.clause("NM-12")
def test_a_household_that_receives_is_reviewed_in_one_campaign_and_keeps_its_help(reported: Story) -> None:
    _decided(reported, "APPROVE")
    ref = _withdrawn(reported)
    clerk = browser_of(app_of(reported.office), reported.office, "clerk")
    before = _counted(reported, Campaign)
    sent = {"csrf_token": token_in(clerk.get("/reviews").text)}
    places = {clerk.post(f"/reviews/{ref}/anew", data=sent).headers["Location"] for _turn in range(2)}
    (place,) = places
    assert place.startswith("/campaigns/") and _counted(reported, Campaign) == before + 1
    with reported.work() as work:
        household = reported.case(work).household_id
        made = work.session.scalars(select(CampaignSubject.household_id)).all()
        assert list(made) == [household]
        # a report that lost its ground stops nothing: neither the help nor a decision moves with it
        on_roll = work.session.scalars(select(Recipient).where(Recipient.household_id == household)).all()
        assert on_roll and {(one.state, one.until) for one in on_roll} == {("ACTIVE", None)}
        outcomes = work.session.scalars(select(Determination.outcome)).all()
        assert outcomes == ["APPROVE"]
    assert place in clerk.get("/reviews").text


def test_an_open_case_is_gone_on_with_and_others_find_nothing(reported: Story) -> None:
    ref = _withdrawn(reported)
    app = app_of(reported.office)
    clerk = browser_of(app, reported.office, "clerk")
    before = _counted(reported, Case)
    sent = {"csrf_token": token_in(clerk.get("/reviews").text)}
    answer = clerk.post(f"/reviews/{ref}/anew", data=sent, follow_redirects=True)
    assert answer.status_code == 200 and "尚未办结" in answer.text
    assert _counted(reported, Case) == before
    handler = browser_of(app, reported.office, "handler")
    refused = handler.post(f"/reviews/{ref}/anew", data={"csrf_token": token_in(handler.get("/reviews").text)})
    assert refused.status_code == 403
