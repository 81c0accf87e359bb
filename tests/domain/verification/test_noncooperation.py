"""Non-cooperation: the department decides, with its reason; nothing follows by itself."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from domain import cases
from domain.assistance import recipients
from domain.assistance.determinations import Determination
from domain.assistance.non_cooperation import by_non_cooperation
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.parties import organisations
from domain.verification import noncooperation
from domain.work import Work
from tests.domain.office import TODAY, Desk, account, case_of, household

ASKED = ["3月1日上门，未应", "3月5日电话，拒绝"]


def decide(work: Work, case: cases.Case, choice: str, **options: object) -> noncooperation.NonCooperation:
    chosen = {"requests": ASKED, "reason": "拒不授权", "by": account(work, "head"), **options}
    return noncooperation.decide(work, case, choice=choice, **chosen)  # type: ignore[arg-type]


@pytest.mark.clause("BX-14")
def test_an_applicant_is_refused_and_the_decision_is_on_record(both: Desk) -> None:
    with both.acting("head") as work:
        case = case_of(work, household(work))
        record = decide(work, case, "REFUSE")
        assert work.session.scalar(select(func.count(Determination.id))) == 0, "nothing follows by itself"

        made = by_non_cooperation(work, case, record)
        assert (made.outcome, made.decided_by) == ("REFUSE_INTAKE", account(work, "head"))


@pytest.mark.clause("BX-14")
def test_a_recipient_is_suspended_and_not_refused(both: Desk) -> None:
    with both.acting("head") as work:
        family = household(work)
        unit = organisations.by_code(work, "pingshan")
        place = recipients.enrol(work, family, "DIBAO", unit, TODAY)
        case = case_of(work, family, cases.DYNAMIC)
        with pytest.raises(Conflict) as caught:
            decide(work, case, "REFUSE")
        assert caught.value.clause == "BX-14"
        assert noncooperation.choices(noncooperation.subject_state(case)) == ("SUSPEND", "CONTINUE")

        by_non_cooperation(work, case, decide(work, case, "SUSPEND"))
        assert place.state == "SUSPENDED"


@pytest.mark.clause("BX-14")
def test_an_applicant_is_not_suspended(desk: Desk) -> None:
    with desk.acting("head") as work, pytest.raises(Conflict):
        decide(work, case_of(work, household(work)), "SUSPEND")


@pytest.mark.parametrize("login", ["checker", "handler", "town", "stranger"])
@pytest.mark.clause("BX-14")
def test_neither_the_agency_nor_another_office_decides(desk: Desk, login: str) -> None:
    with desk.acting("head") as work, pytest.raises(NotPermitted):
        decide(work, case_of(work, household(work)), "REFUSE", by=account(work, login))


@pytest.mark.clause("BX-14")
def test_the_scheduler_never_decides(desk: Desk) -> None:
    with desk.acting("scheduler") as work, pytest.raises(NotPermitted):
        decide(work, case_of(work, household(work)), "REFUSE", by=None)


@pytest.mark.clause("BX-14")
def test_a_decision_needs_its_reason_and_recorded_requests(desk: Desk) -> None:
    with desk.acting("head") as work:
        case = case_of(work, household(work))
        with pytest.raises(InvalidAnswers) as caught:
            decide(work, case, "REFUSE", reason=" ", requests=["3月1日上门"])
        assert set(caught.value.fields) == {"reason", "requests"}


def test_more_time_decides_nothing(desk: Desk) -> None:
    with desk.acting("head") as work:
        case = case_of(work, household(work))
        record = decide(work, case, "CONTINUE", requests=[])
        with pytest.raises(Conflict):
            by_non_cooperation(work, case, record)
