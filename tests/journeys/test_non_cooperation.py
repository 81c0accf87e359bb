"""Who does not cooperate: an applicant is refused, a recipient suspended, by the department with its reason (BX-14)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from domain.assistance import notices, recipients
from domain.assistance.determinations import Determination
from domain.assistance.non_cooperation import by_non_cooperation
from domain.cases import DONE
from domain.clock import office_day
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.oversight import archive as archives
from domain.parties.households import Household
from domain.verification import noncooperation
from domain.verification.commissions import Commission
from domain.verification.noncooperation import NonCooperation
from tests.homes import Office
from tests.journeys import reviews, steps
from tests.journeys.playing import Story, new_case
from workflows.instances import CaseWait

JIANG = "B2027003"
ASKED = "5月17日 上门，拒绝签字\n5月18日 电话，再次拒绝"
REASON = "两次告知后果，仍拒绝签署授权书"


def _refusing(office: Office) -> Story:
    story = new_case(office, "town", JIANG)
    steps.take_in(story)
    steps.authorise(story, refusing=[steps.family(story)[1].name])
    return story


def _answers(**other: str) -> Mapping[str, Any]:
    return {"requests": ASKED, "choice": "REFUSE", "reason": REASON, **other}


@pytest.mark.clause("BX-14")
def test_an_applicant_who_refuses_is_refused_by_the_department_in_writing(office: Office) -> None:
    story = _refusing(office)
    assert story.open_steps() == ["non_cooperation"]  # nothing follows by itself
    for login in ("checker", "handler", "town", "clerk"):
        with pytest.raises(NotFound):
            story.do(login, "non_cooperation", _answers())
    for missing, field in (({"reason": ""}, "reason"), ({"requests": "只问过一次"}, "requests")):
        with pytest.raises(InvalidAnswers) as incomplete:
            story.do("head", "non_cooperation", _answers(**missing))
        assert field in incomplete.value.fields
    with pytest.raises(InvalidAnswers):
        story.do("head", "non_cooperation", _answers(choice="SUSPEND"))  # it is not offered to an applicant

    story.do("head", "non_cooperation", _answers())
    assert story.open_steps() == ["deliver_notice"]
    with story.work() as work:
        (made,) = story.rows(work, Determination)
        assert made.outcome == "REFUSE_INTAKE"
        assert story.rows(work, Commission) == []
        notice = notices.latest(work, story.case(work))
        assert notice is not None and notice.pdf_id is not None
        assert REASON in notices.canonical_of(work, notice).decode()
    with story.work("deptarchivist") as work, pytest.raises(Conflict) as untold:
        archives.complete(work, story.case(work))
    assert untold.value.ids["clause"] == "CK-14"
    steps.hand_over_notice(story)
    assert story.open_steps() == ["objection"]

    office.advance(_objection_ends(story))  # nobody objects
    assert story.open_steps() == ["archive"]
    with pytest.raises(NotFound):
        steps.archive(story)  # the agency was never commissioned: the file is the department's alone
    steps.archive(story, "deptarchivist")
    with story.work() as work:
        assert story.case(work).state == DONE


def _objection_ends(story: Story) -> str:
    """When the window for an objection closes by itself."""
    with story.work() as work:
        due = work.session.scalars(select(CaseWait.due_at).where(CaseWait.case_id == story.case(work).id)).all()
        return max(one for one in due if one is not None).isoformat()


@pytest.mark.clause("BX-14")
def test_a_recipient_is_suspended_and_never_refused(office: Office) -> None:
    office.advance("2027-06-01T00:30:00+08:00")
    story = reviews.households(office, "pingshan")[0]
    with story.work("head") as work:
        case = story.case(work)
        assert noncooperation.choices(noncooperation.subject_state(case)) == ("SUSPEND", "CONTINUE")
        with pytest.raises(Conflict) as refused:
            noncooperation.decide(work, case, requests=ASKED.splitlines(), choice="REFUSE", reason=REASON)
        assert refused.value.ids["clause"] == "BX-14"
    with story.work("head") as work:
        case = story.case(work)
        record = noncooperation.decide(work, case, requests=ASKED.splitlines(), choice="SUSPEND", reason=REASON)
        by_non_cooperation(work, case, record)
    with story.work() as work:
        case = story.case(work)
        (kept,) = story.rows(work, NonCooperation)
        assert (kept.subject_state, kept.choice, office_day(kept.decided_at)) == ("RECIPIENT", "SUSPEND", work.today)
        household = work.session.get_one(Household, case.household_id)
        receives = recipients.of_household(work, household, case.programme)
        assert receives is not None and receives.state == "SUSPENDED"
        assert [made.outcome for made in story.rows(work, Determination)] == ["SUSPEND"]
