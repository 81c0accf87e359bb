"""The pictures of the README: made by HEDUI_PICTURES=1, and held to exist, to be small and to be of one screen."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from sqlalchemy import select

from domain.assistance.recipients import Recipient
from domain.cases import Case
from domain.parties.households import Household
from domain.work import unit_of_work
from tests.browser.serving import Served
from tests.journeys import steps
from tests.journeys.playing import new_case
from tests.support import ROOT

PICTURES = ROOT / "docs" / "pictures"
LARGEST = 300_000


@pytest.mark.parametrize("name", ["inbox", "case"])
def test_the_readme_has_its_picture(name: str) -> None:
    content = (PICTURES / f"{name}.png").read_bytes()
    assert len(content) < LARGEST
    assert struct.unpack(">II", content[16:24]) == (1366, 768)


def _another_case(web: Served, plan: bool) -> None:
    """A household more of the town that has no case yet, as far as the agency's handler."""
    office = web.office
    with unit_of_work(office.home, office.actor("town")) as work:
        free = work.session.scalar(
            select(Household.number)
            .where(
                Household.town_id == work.actor.org_id,
                Household.incomplete.is_(False),
                ~select(Case.id).where(Case.household_id == Household.id).exists(),
                ~select(Recipient.id).where(Recipient.household_id == Household.id).exists(),
            )
            .order_by(Household.number)
            .limit(1)
        )
        if free is None:
            return
    story = new_case(office, "town", free)
    steps.take_in(story)
    steps.authorise(story)
    steps.commission(story)
    steps.sign_commission(story)
    steps.accept(story)
    if plan:
        steps.plan_queries(story, steps.ASSETS)


@pytest.mark.slow
def test_the_pictures_are_drawn_from_the_pages_themselves(web: Served, tmp_path: Path) -> None:
    story = new_case(web.office, "town", "B2027003")
    steps.to_queries(story, DEPOSIT="3000")
    for day in range(19, 25):  # the agency's work of a week: plans to make, reports to draft
        web.office.advance(f"2027-05-{day}T09:00:00+08:00")
        _another_case(web, plan=day % 2 == 0)
    web.office.advance("2027-05-31T09:00:00+08:00")
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
