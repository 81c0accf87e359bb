"""June and November in the browser: opened by the tick, signed in the county, accepted in the city, verified, ended."""

from __future__ import annotations

import os
from datetime import date
from typing import Any

import pytest

from domain import identity
from domain.assistance import notices, recipients
from domain.assistance.determinations import Determination
from domain.cases import DONE
from domain.parties import households
from domain.verification.commissions import Commission
from domain.verification.doubts import Doubt
from domain.verification.queries import Query
from tests.browser.serving import Desk, Paper, Served
from tests.infrastructure import processes
from tests.journeys import reviews, steps
from tests.journeys.playing import Story

pytestmark = pytest.mark.slow

UNIT = "mingshan"
TRUE, OUTCOME = "入户查看并核对原件", "经逐条核实"


def _tick(web: Served, at: str) -> None:
    """`./run do tick --at …` as a clerk of the house would type it."""
    environment = {**os.environ, **web.office.place.environment}
    done = processes.run("cli", "tick", "--at", at, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    web.office.sweep()


def _campaign(desk: Desk, programme: str, period: str) -> Any:
    """The page of the unit's campaign; returns its note."""
    desk.go("/campaigns")
    desk.look("campaigns")
    desk.says(period)
    desk.page.locator("section", has_text=period).locator("tr", has_text="明山").filter(
        has=desk.page.locator(f"td:text-is('{programme}')")
    ).locator("a").first.click()
    desk.page.wait_for_url("**/campaigns/*")
    desk.look("campaign")
    return desk.page.locator("main .note").last


def _sign_in_staff(web: Served, towns: set[str]) -> None:
    web.hire("headms", UNIT, "department_head", identity.make_demonstration(date(1978, 4, 4), 501))
    for place, code in enumerate(sorted(towns)):
        web.hire(code[:32], code, "town_post", identity.make_demonstration(date(1983, 5, 5 + place), 511 + place))


def _letter_travels(web: Served, letter: Story) -> None:
    """Signed by the head, refused once by the city for want of a seal, signed again, accepted."""
    head, city = web.desk("headms"), web.desk("citychecker")
    passed = dict.fromkeys(steps.CHECKS, "PASS")
    batch = {"signed_on": steps.today(letter), "letter": Paper("batch.pdf")}
    head.do(letter, "sign", batch)
    assert letter.open_steps() == ["accept"]
    wanting = {**passed, "letter": "FAIL", "reason_code": "LETTER", "reason": "缺公章"}
    city.do(letter, "accept", wanting, press="REFUSE")
    with letter.work() as work:
        assert letter.rows(work, Query) == []
    head.open_task(letter, "sign")
    head.says("缺公章")
    head.do(letter, "sign", batch)
    city.do(letter, "accept", passed, press="ACCEPT")
    with letter.work() as work:
        states = sorted(
            (one.attempt, one.state) for one in letter.rows(work, Commission, Commission.purpose == "VERIFY")
        )
        assert states == [(1, "REFUSED"), (2, "ACCEPTED")] and letter.case(work).state == DONE


def _verified(web: Served, story: Story, finding: str) -> None:
    town = web.desk(reviews.town_of(story))
    with story.work() as work:
        sentences = [one.code for one in story.rows(work, Doubt)]
        assert sentences
    while "verify_doubt" in story.open_steps():
        town.do(story, "verify_doubt", {"finding": finding, "note": TRUE})


def _ended(web: Served, story: Story, outcome: str, state: str) -> None:
    answers = {"outcome": outcome, "basis": "《社会救助暂行办法》第十三条", "reason": OUTCOME}
    web.desk("headms").do(story, "outcome", answers)
    if outcome == "STOP":
        told = {"delivered_on": steps.today(story), "way": "LEFT_AT_HOME", "receipt": Paper("receipt.pdf")}
        web.desk(reviews.town_of(story)).do(story, "deliver_notice", told)
    assert story.open_steps() == []
    with story.work() as work:
        case = story.case(work)
        receives = recipients.of_household(work, households.by_id(work, case.household_id), case.programme)
        assert (case.state, receives.state if receives else "") == (DONE, state)
        assert [one.outcome for one in story.rows(work, Determination)] == [outcome]
        if outcome == "STOP":
            notice = notices.latest(work, case)
            assert notice is not None and notice.delivered_on == work.today


def test_june_is_signed_verified_and_ended_and_november_opens_after_it(web: Served) -> None:
    _tick(web, "2027-06-01T09:00:00+08:00")
    stories = reviews.households(web.office, UNIT, programme="DIBAO")
    untouched, owner = stories
    (pensioner,) = reviews.households(web.office, UNIT, programme="LOWINC")
    _sign_in_staff(web, {reviews.town_of(one) for one in (untouched, owner, pensioner)})
    head = web.desk("headms")
    head.go("/desk")
    head.look("inbox of a review")
    note = _campaign(head, "低保", "2027-06")
    assert "尚未受理" in note.inner_text()

    _letter_travels(web, reviews.letter(web.office, UNIT, "DIBAO"))
    lowinc = reviews.letter(web.office, UNIT, "LOWINC")
    head.do(lowinc, "sign", {"signed_on": steps.today(lowinc), "letter": Paper("batch.pdf")})
    web.desk("citychecker").do(lowinc, "accept", dict.fromkeys(steps.CHECKS, "PASS"), press="ACCEPT")

    assert untouched.open_steps() == ["outcome"]
    _ended(web, untouched, "CONTINUE", "ACTIVE")
    assert owner.open_steps() == ["verify_doubt"]
    _verified(web, owner, "TRUE")
    _ended(web, owner, "STOP", "STOPPED")
    head.go(f"/cases/{owner.case_ref}")
    head.page.locator("[data-ready=yes]").wait_for()
    head.look("case of a review")
    _verified(web, pensioner, "EXPLAINED")
    _ended(web, pensioner, "ADJUST", "ACTIVE")

    note = _campaign(head, "低保", "2027-06")
    assert "2" in note.inner_text() and "尚未受理" not in note.inner_text()
    _tick(web, "2027-11-02T09:00:00+08:00")
    note = _campaign(head, "低保", "2027-11")
    assert "尚未受理" in note.inner_text()
    (left,) = reviews.households(web.office, UNIT, "2027-11", "DIBAO")
    with left.work() as work:
        stayed = left.case(work).household_id
    with untouched.work() as work:
        assert stayed == untouched.case(work).household_id  # who was stopped is not asked about again
    web.check_consoles()
