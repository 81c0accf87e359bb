"""Campaigns: listed by scope, one with its letter and figures; and the list of processes."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import select

from domain.oversight.campaigns import Campaign
from domain.work import unit_of_work
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys.played import JUNE
from tests.webapp.desk_world import app_of, browser_of
from webapp.views.campaigns import burn_down


def test_before_the_first_review_the_page_says_when_it_opens(office: Office) -> None:
    page = browser_of(app_of(office), office, "clerk").get("/campaigns")
    assert page.status_code == 200
    assert 'class="empty"' in page.text


def test_a_unit_sees_its_own_campaigns_and_the_city_agency_all_it_runs(office_in: Callable[[Template], Office]) -> None:
    office = office_in(JUNE)
    app = app_of(office)
    clerk, city = browser_of(app, office, "clerk"), browser_of(app, office, "cityhandler")
    own = set(re.findall(r'href="(/campaigns/\w+)"', clerk.get("/campaigns").text))
    all_of_them = set(re.findall(r'href="(/campaigns/\w+)"', city.get("/campaigns").text))
    assert own < all_of_them

    for address in own:
        page = clerk.get(address)
        assert page.status_code == 200
        assert 'class="kpis' in page.text
    foreign = (all_of_them - own).pop()
    assert clerk.get(foreign).status_code == 404


def test_the_chart_starts_at_the_roll_and_ends_with_what_is_left(office: Office) -> None:
    office.advance("2027-06-10T09:00:00+08:00")
    browser = browser_of(app_of(office), office, "clerk")
    with unit_of_work(office.home, office.actor("clerk"), write=False) as work:
        from tasks import campaigns

        row = next(one for one in campaigns.listed(work) if one.households)
        chart = burn_down(row, [], work)
        assert work.session.scalars(select(Campaign).where(Campaign.ref == row.ref)).one() is not None
    assert chart is not None
    assert chart.left == row.households
    assert 0 <= chart.planned < row.households or row.households < 3
    assert "<svg" in browser.get(f"/campaigns/{row.ref}").text


def test_processes_are_listed_with_their_versions_for_their_owners_alone(office: Office) -> None:
    app = app_of(office)
    assert browser_of(app, office, "clerk").get("/processes").status_code == 403
    page = browser_of(app, office, "oversight").get("/processes").text
    assert "verification" in page
    assert "dynamic_review" in page
