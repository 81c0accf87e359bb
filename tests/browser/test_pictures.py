"""The pictures of the README: made by HEDUI_PICTURES=1, and held to exist, to be small and to be of one screen."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from sqlalchemy import select

from domain.assistance.recipients import Recipient
from domain.parties.households import Household
from domain.parties.organisations import Organisation
from domain.work import OPERATOR, unit_of_work
from tests.browser.serving import Served
from tests.journeys import steps
from tests.journeys.playing import new_case
from tests.support import ROOT

PICTURES = ROOT / "docs" / "pictures"
LARGEST = 300_000
JIANG = "B2027003"
WORKDAYS = (19, 19, 20, 20, 21, 24, 24, 25, 26, 26, 27, 28)  # of May 2027


@pytest.mark.parametrize("name", ["inbox", "case"])
def test_the_readme_has_its_picture(name: str) -> None:
    content = (PICTURES / f"{name}.png").read_bytes()
    assert len(content) < LARGEST
    assert struct.unpack(">II", content[16:24]) == (1366, 768)


def _applicants(web: Served) -> list[str]:
    """Numbers of households that apply anew, all of them brought into the one town that has a person."""
    office = web.office
    with unit_of_work(office.home, OPERATOR) as work:
        town = work.session.get_one(Organisation, office.actor("town").org_id)
        found = work.session.scalars(
            select(Household)
            .where(
                Household.incomplete.is_(False),
                ~select(Recipient.id).where(Recipient.household_id == Household.id).exists(),
            )
            .order_by(Household.number)
        ).all()
        assert town.parent_id is not None
        for household in found:
            household.town_id, household.department_id = town.id, town.parent_id
        return [household.number for household in found if household.number != JIANG]


def _to_the_handler(web: Served, number: str, plan: bool) -> None:
    story = new_case(web.office, "town", number)
    steps.take_in(story)
    steps.authorise(story)
    steps.commission(story)
    steps.sign_commission(story)
    steps.accept(story)
    if plan:
        steps.plan_queries(story, steps.ASSETS)


@pytest.mark.slow
def test_the_pictures_are_drawn_from_the_pages_themselves(web: Served, tmp_path: Path) -> None:
    story = new_case(web.office, "town", JIANG)
    steps.to_queries(story, DEPOSIT="3000")
    for day, number in zip(WORKDAYS, _applicants(web), strict=False):
        web.office.advance(f"2027-05-{day}T09:00:00+08:00")
        _to_the_handler(web, number, plan=day % 3 != 0)
    folder = PICTURES if os.environ.get("HEDUI_PICTURES") else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    handler = web.desk("handler")
    handler.go("/desk")
    handler.page.locator("tbody tr").first.wait_for()
    handler.page.screenshot(path=folder / "inbox.png")
    handler.go(f"/cases/{story.case_ref}")
    handler.page.locator("[data-ready=yes]").wait_for()
    handler.page.screenshot(path=folder / "case.png")
    for name in ("inbox", "case"):
        assert 20_000 < (folder / f"{name}.png").stat().st_size < LARGEST
