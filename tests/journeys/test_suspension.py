"""A recipient who refuses to sign in a review: suspended by the department in writing, or given more time (BX-14)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from documents.letters import NoticeKind
from domain.assistance import notices, recipients
from domain.assistance.determinations import Determination
from domain.cases import DONE
from domain.errors import InvalidAnswers, NotFound
from domain.journal import JournalEntry
from domain.oversight import archive as archives
from domain.oversight.campaigns import Campaign
from domain.parties import households
from domain.verification.noncooperation import NonCooperation
from domain.verification.queries import Query
from tasks import campaigns
from tasks.repair import repairs
from tests.homes import Office
from tests.infrastructure.databases import Template
from tests.journeys import reviews, steps
from tests.journeys.played import JUNE
from tests.journeys.playing import Story

FIRST_OF_JUNE = "2027-06-01T09:00:00+08:00"
ASKED = "6月1日 上门，拒绝签字\n6月1日 电话，再次拒绝"
REASON = "两次告知后果，仍拒绝签署授权书"


def _refusing(office: Office) -> tuple[Story, Story]:
    """The letter of the review and the household of which one refuses; nobody of it has signed."""
    reviews.hire(office, "xihu")
    story = reviews.households(office, "xihu", programme="DIBAO")[2]
    assert story.open_steps() == ["collect"]
    first, *others = steps.family(story)
    rows = [{"person": first.ref, "signed": "REFUSES"}]
    rows += [{"person": member.ref, "signed": "LATER"} for member in others]
    story.do(reviews.town_of(story), "collect", {"members": rows})
    return reviews.letter(office, "xihu", "DIBAO"), story


def _answers(**other: str) -> Mapping[str, Any]:
    return {"requests": ASKED, "choice": "SUSPEND", "reason": REASON, **other}


def _state_of(story: Story) -> str:
    with story.work() as work:
        case = story.case(work)
        receives = recipients.of_household(work, households.by_id(work, case.household_id), case.programme)
        assert receives is not None
        return receives.state


def _accept(letter: Story) -> None:
    reviews.sign(letter, "head-xihu")
    reviews.accept(letter)


@pytest.mark.clause("BX-14")
def test_a_recipient_who_refuses_is_suspended_by_the_department_in_writing(
    office_in: Callable[[Template], Office],
) -> None:
    office = office_in(JUNE)
    letter, story = _refusing(office)
    assert story.open_steps() == ["non_cooperation"]
    assert _state_of(story) == "ACTIVE"  # nothing follows by itself
    town = reviews.town_of(story)
    for login in ("citychecker", "checker", "handler", town, "head"):  # neither an agency nor another county
        with pytest.raises(NotFound):
            story.do(login, "non_cooperation", _answers())
    for wrong, field in ((_answers(reason=""), "reason"), (_answers(requests="只问过一次"), "requests"),
                         (_answers(choice="REFUSE"), "choice")):  # fmt: skip
        with pytest.raises(InvalidAnswers) as refused:
            story.do("head-xihu", "non_cooperation", wrong)
        assert field in refused.value.fields
    assert _state_of(story) == "ACTIVE"

    _accept(letter)  # the review of the others goes on, what the department is about to decide is not cut off
    assert story.open_steps() == ["non_cooperation"]
    story.do("head-xihu", "non_cooperation", _answers())
    assert story.open_steps() == ["deliver_notice"]
    assert _state_of(story) == "SUSPENDED"
    with story.work() as work:
        (kept,) = story.rows(work, NonCooperation)
        assert (kept.subject_state, kept.choice, kept.org_kind) == ("RECIPIENT", "SUSPEND", "department")
        (made,) = story.rows(work, Determination)
        assert (made.outcome, made.decided_by, made.report_id) == ("SUSPEND", kept.decided_by, None)
        notice = notices.latest(work, story.case(work))
        assert notice is not None and notice.pdf_id is not None
        told = notices.canonical_of(work, notice).decode()
        assert REASON in told and NoticeKind.SUSPENDED.value in told and "暂停" in told
        assert story.rows(work, Query) == []  # nothing was asked about them

    receipt = story.upload(town, "deliver_notice", "receipt.pdf")
    story.do(town, "deliver_notice", {"delivered_on": "2027-06-01", "way": "LEFT_AT_HOME", "receipt": [receipt]})
    assert story.open_steps() == []
    with story.work() as work:
        case = story.case(work)
        file = archives.of_case(work, case)
        assert case.state == DONE
        assert file is not None and file.completed_at is not None and file.holder_id == case.department_id
        notice = notices.latest(work, case)
        assert notice is not None and notice.delivered_on == date(2027, 6, 1)


@pytest.mark.clause("BX-25")
def test_a_case_that_begins_to_wait_after_the_letter_was_accepted_goes_on_too(
    office_in: Callable[[Template], Office],
) -> None:
    office = office_in(JUNE)
    letter, story = _refusing(office)
    _accept(letter)
    assert story.open_steps() == ["non_cooperation"]
    story.do("head-xihu", "non_cooperation", _answers(choice="CONTINUE", requests="6月1日 上门", reason="再给三天"))
    assert _state_of(story) == "ACTIVE"
    assert story.open_steps()[0] in ("verify_doubt", "outcome")
    with story.work() as work:
        assert {query.category for query in story.rows(work, Query)} == {"DEATH"}  # BX-16: unsigned, survival alone
        told = [entry for entry in story.journal(work) if entry.event == "message.delivered"]
        assert len(told) == 1


def test_cases_on_hold_keep_the_word_of_the_letter_and_hold_up_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaigns, "CHUNK", 1)
    office.advance(FIRST_OF_JUNE)
    reviews.hire(office, "xihu")
    asked = [one for one in reviews.households(office, "xihu", programme="DIBAO") if one.open_steps() == ["collect"]]
    waiting, other = sorted(asked[:2], key=lambda one: one.case_ref)  # the first in line is on hold
    for story in (waiting, other):
        town = reviews.town_of(story)
        rows = [steps.signature(story, member, "collect", town) for member in steps.family(story)]
        story.do(town, "collect", {"members": rows})
    with waiting.work("head-xihu") as work:
        repairs.suspend(work, waiting.case_ref, "来函更正")

    _accept(reviews.letter(office, "xihu", "DIBAO"))
    office.sweep()
    assert _told(other) == 1 and _told(waiting) == 0

    with waiting.work("head-xihu") as work:
        repairs.resume(work, waiting.case_ref)
    office.sweep()
    assert _told(waiting) == 1


def _told(story: Story) -> int:
    with story.work() as work:
        return sum(entry.event == "message.delivered" for entry in story.journal(work))


def test_before_the_letter_is_accepted_more_time_means_asking_again(office_in: Callable[[Template], Office]) -> None:
    office = office_in(JUNE)
    letter, story = _refusing(office)
    story.do("head-xihu", "non_cooperation", _answers(choice="CONTINUE", requests="6月1日 上门", reason="再给三天"))
    assert story.open_steps() == ["collect"]
    town = reviews.town_of(story)
    rows = [steps.signature(story, member, "collect", town) for member in steps.family(story)]
    story.do(town, "collect", {"members": rows})
    assert story.open_steps() == []
    _accept(letter)
    with story.work() as work:
        assert "DEPOSIT" in {query.category for query in story.rows(work, Query)}


def test_a_letter_that_comes_back_after_the_months_end_is_noted_overdue_once(
    office_in: Callable[[Template], Office],
) -> None:
    office = office_in(JUNE)
    reviews.hire(office, "xihu")
    letter = reviews.letter(office, "xihu", "DIBAO")
    office.advance("2027-07-02T09:00:00+08:00")
    reviews.sign(letter, "head-xihu")
    letter.do("citychecker", "accept", steps.checked("REFUSE", "LETTER", "缺公章", failed=["letter"]))
    assert letter.open_steps() == ["sign"]
    with letter.work() as work:
        campaign = work.session.get_one(Campaign, letter.case(work).campaign_id)
        noted = select(func.count()).where(
            JournalEntry.event == "campaign.overdue", JournalEntry.subject == campaign.ref
        )
        assert work.session.scalar(noted) == 1
    reviews.sign(letter, "head-xihu")
    reviews.accept(letter)
    with letter.work() as work:
        assert letter.case(work).state == DONE
