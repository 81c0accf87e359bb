"""Decisions are the department's, after the report; negative ones are told in writing; nobody is stopped in one cut."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from domain import cases
from domain.assistance import determinations, notices, recipients
from domain.assistance.determinations import Decision, Determination, Notice
from domain.errors import Conflict, InvalidAnswers, NotPermitted
from domain.journal import JournalEntry
from domain.oversight.campaigns import Campaign, CampaignSubject
from domain.parties import organisations
from domain.parties.accounts import Account
from domain.verification import doubts, reports
from domain.verification.reports import Notes
from tests.domain.office import NOW, TODAY, Desk, paper
from tests.domain.verification.papered import (
    CANONICAL,
    DIGEST,
    being,
    decide,
    delivered,
    doubted,
    drafted,
    hire,
    listed,
    noticed,
    review,
    signed,
    told,
    verified,
)

WORDS = Decision("APPROVE", "人均收入低于标准", "本民发〔2017〕47号")


@pytest.mark.clause("LF-17")
@pytest.mark.parametrize("login", ["handler", "reviewer", "checker", "agency-archivist"])
def test_nobody_of_an_agency_decides_even_with_the_role(both: Desk, login: str) -> None:
    with both.acting() as work:
        case, _family, _members = verified(work)
        delivered(work, case)
        for verb in (determinations.decide, determinations.review):
            with pytest.raises(NotPermitted, match="LF-17"):
                verb(being(work, login, "department_head"), case, WORDS)
        assert not work.session.scalars(select(Determination)).all()


@pytest.mark.parametrize("login", ["clerk", "town", "stranger"])
def test_only_the_head_of_the_entrusting_department_decides(desk: Desk, login: str) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work)
        delivered(work, case)
        with pytest.raises(NotPermitted):
            determinations.decide(being(work, login), case, WORDS)


@pytest.mark.clause("CK-13")
def test_who_worked_on_the_report_does_not_decide_after_moving_to_the_department(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work)
        mover = hire(work, "mover", "benxi-agency")
        reports.draft(being(work, "mover", "agency_handler"), case, Notes())
        report = reports.latest(work, case)
        assert report is not None
        reviewer = being(work, "reviewer")
        reports.give_number(reviewer, case, report)
        reports.sign(reviewer, case, report, CANONICAL, DIGEST)
        reports.printed(work, case, report, work.home.blobs.put_bytes(b"%PDF-1.7 a"))
        reports.deliver(being(work, "reviewer"), case, report)
        pingshan = organisations.by_code(work, "pingshan")
        work.session.get_one(Account, mover.id).org_id = pingshan.id
        mover.org_kind = "department"
        work.session.flush()
        with pytest.raises(NotPermitted, match="CK-13"):
            determinations.decide(being(work, "mover", "department_head"), case, WORDS)


@pytest.mark.clause("BX-20")
@pytest.mark.clause("BX-21")
@pytest.mark.parametrize(("programme", "clause"), [("DIBAO", "BX-20"), ("LOWINC", "BX-20"), ("TEKUN", "BX-21")])
def test_nothing_is_approved_before_the_report_is_delivered(both: Desk, programme: str, clause: str) -> None:
    with both.acting() as work:
        case, family, _members = verified(work)
        case.programme = programme
        for step in (lambda: None, lambda: drafted(work, case), lambda: signed(work, case)):
            step()
            for outcome in ("APPROVE", "REJECT"):
                with pytest.raises(Conflict) as refused:
                    decide(work, case, outcome)
                assert refused.value.clause == clause
        assert recipients.of_household(work, family, programme) is None


def test_an_approval_puts_the_household_on_the_roll_of_its_department(both: Desk) -> None:
    with both.acting() as work:
        case, family, _members = verified(work)
        report = delivered(work, case)
        made = decide(work, case, "APPROVE")
        on_roll = recipients.of_household(work, family, "DIBAO")
        assert on_roll is not None
        assert (on_roll.state, on_roll.unit_id, on_roll.since) == ("ACTIVE", case.department_id, TODAY)
        assert made.report_id == report.id and made.org_id == case.department_id
        assert determinations.words_of(work, made).reason == "人均收入高于标准"
        notices.must_be_closable(work, case)


def test_a_decision_after_a_re_check_counts_and_may_overturn_the_first(desk: Desk) -> None:
    with desk.acting() as work:
        case, family, _members = verified(work)
        delivered(work, case)
        decide(work, case, "APPROVE")
        delivered(work, case)
        second = decide(work, case, "REJECT")
        on_roll = recipients.of_household(work, family, "DIBAO")
        assert on_roll is not None and on_roll.state == "STOPPED" and on_roll.until == TODAY
        assert second.ordinal == 2 and determinations.latest(work, case) is second


def test_while_a_supplement_is_being_made_nothing_is_decided(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work)
        delivered(work, case)
        drafted(work, case)
        with pytest.raises(Conflict):
            decide(work, case, "APPROVE")


@pytest.mark.parametrize("lacking", ["reason", "basis"])
def test_a_decision_states_reason_and_basis(desk: Desk, lacking: str) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work)
        delivered(work, case)
        reason, basis = ("  " if lacking == name else "有" for name in ("reason", "basis"))
        with pytest.raises(InvalidAnswers) as refused:
            determinations.decide(being(work, "head"), case, Decision("REJECT", reason, basis))
        assert set(refused.value.fields) == {lacking}


@pytest.mark.clause("CK-14")
def test_a_negative_case_closes_only_after_its_notice_was_delivered(both: Desk) -> None:
    with both.acting() as work:
        case, _family, _members = verified(work)
        delivered(work, case)
        rejected = decide(work, case, "REJECT")
        for step in (lambda: None, lambda: noticed(work, case, rejected)):
            step()
            with pytest.raises(Conflict) as refused:
                notices.must_be_closable(work, case)
            assert refused.value.clause == "CK-14"
        notice = notices.latest(work, case)
        assert notice is not None and notice.number == "平告〔2027〕0001"
        told(work, case, notice)
        notices.must_be_closable(work, case)
        assert (notice.delivered_on, notice.way) == (TODAY, "IN_PERSON") and notice.receipt_id is not None


def test_a_notice_is_due_three_working_days_after_the_decision(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work)
        delivered(work, case)
        notice = noticed(work, case, decide(work, case, "REJECT"))
        # decided on Wednesday 10 March: Thursday, Friday, Monday, to its last second in Shanghai
        assert notice.due_at == datetime(2027, 3, 15, 15, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("delivered_on", {"delivered_on": TODAY + timedelta(days=1)}),
        ("delivered_on", {"delivered_on": TODAY - timedelta(days=1)}),
        ("way", {"way": "PIGEON"}),
        ("receipt", {"receipt": None}),
    ],
)
def test_a_delivery_has_its_day_way_and_receipt(desk: Desk, field: str, change: dict[str, object]) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work)
        delivered(work, case)
        notice = noticed(work, case, decide(work, case, "REJECT"))
        said: dict[str, object] = {"delivered_on": TODAY, "way": "POST", "receipt": paper(work, case)}
        with pytest.raises(InvalidAnswers) as refused:
            notices.deliver(being(work, "town"), case, notice, **{**said, **change})  # type: ignore[arg-type]
        assert set(refused.value.fields) == {field}
        assert notice.delivered_on is None


def test_a_delivery_is_recorded_once_and_an_approval_has_no_notice(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work)
        delivered(work, case)
        with pytest.raises(Conflict):
            noticed(work, case, decide(work, case, "APPROVE"))
        rejected = decide(work, case, "REJECT")
        notice = noticed(work, case, rejected)
        with pytest.raises(Conflict):
            noticed(work, case, rejected)
        told(work, case, notice)
        with pytest.raises(Conflict):
            told(work, case, notice)
        assert len(work.session.scalars(select(Notice)).all()) == 1


# --- reviews ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("NM-12")
def test_a_review_stops_only_on_a_doubt_of_this_household_found_true(both: Desk) -> None:
    with both.acting() as work:
        case, family, members = verified(work, cases.DYNAMIC)
        recipients.enrol(work, family, "DIBAO", organisations.by_code(work, "pingshan"), date(2026, 1, 1))
        listed(work, case)
        with pytest.raises(Conflict) as refused:
            review(work, case, "STOP")
        assert refused.value.clause == "NM-12"
        doubt = doubted(work, case, members[0])
        with pytest.raises(Conflict) as refused:
            review(work, case, "STOP")
        assert refused.value.clause == "BX-40"
        doubts.settle(being(work, "town"), doubt, "EXPLAINED", "存折为代管")
        with pytest.raises(Conflict) as refused:
            review(work, case, "STOP")
        assert refused.value.clause == "NM-12"
        assert recipients.of_household(work, family, "DIBAO").state == "ACTIVE"  # type: ignore[union-attr]

        true = doubted(work, case, members[0], "DEP-02")
        doubts.settle(being(work, "town"), true, "TRUE", "存折属实")
        made = review(work, case, "STOP")
        on_roll = recipients.of_household(work, family, "DIBAO")
        assert on_roll is not None and (on_roll.state, on_roll.until) == ("STOPPED", TODAY)
        body = work.session.scalars(select(JournalEntry.body).where(JournalEntry.subject == made.ref)).one()
        assert body["verified_doubts"] == [true.ref]
        with pytest.raises(Conflict) as refused:
            notices.must_be_closable(work, case)
        assert refused.value.clause == "CK-14"


@pytest.mark.clause("BX-40")
@pytest.mark.parametrize("outcome", ["STOP", "ADJUST", "CONTINUE"])
def test_the_outcome_of_a_household_waits_for_every_doubt_and_enters_the_campaign(both: Desk, outcome: str) -> None:
    with both.acting() as work:
        case, family, members = verified(work, cases.DYNAMIC)
        pingshan = organisations.by_code(work, "pingshan")
        recipients.enrol(work, family, "DIBAO", pingshan, date(2026, 1, 1))
        campaign = Campaign(
            period="2027-06", programme="DIBAO", unit_id=pingshan.id, agency_id=case.agency_id, planned_at=NOW,
            opened_at=NOW, output_due_at=NOW,
        )  # fmt: skip
        work.session.add(campaign)
        work.session.flush()
        subject = CampaignSubject(campaign_id=campaign.id, household_id=family.id)
        work.session.add(subject)
        case.campaign_id = campaign.id
        listed(work, case)
        first, second = doubted(work, case, members[0]), doubted(work, case, members[0], "DEP-02")
        doubts.settle(being(work, "town"), first, "TRUE", "属实")
        with pytest.raises(Conflict) as refused:
            review(work, case, outcome)
        assert refused.value.clause == "BX-40"
        assert work.session.get_one(CampaignSubject, subject.id).outcome is None
        doubts.settle(being(work, "town"), second, "FALSE", "不属实")
        review(work, case, outcome)
        work.session.refresh(subject)
        assert subject.outcome == outcome
        state = recipients.of_household(work, family, "DIBAO").state  # type: ignore[union-attr]
        assert state == ("STOPPED" if outcome == "STOP" else "ACTIVE")


def test_a_doubt_of_another_household_stops_nobody(desk: Desk) -> None:
    with desk.acting() as work:
        case, family, members = verified(work, cases.DYNAMIC)
        recipients.enrol(work, family, "DIBAO", organisations.by_code(work, "pingshan"), date(2026, 1, 1))
        listed(work, case)
        doubt = doubted(work, case, members[0])
        doubts.settle(being(work, "town"), doubt, "TRUE", "属实")
        other = cases.Case(
            number="C-other", kind=cases.DYNAMIC, process="dynamic_review", process_version=1, programme="DIBAO",
            household_id=family.id, department_id=case.department_id, agency_id=case.agency_id, town_id=case.town_id,
            opened_at=NOW, policy_snapshot_id=case.policy_snapshot_id,
        )  # fmt: skip
        work.session.add(other)
        work.session.flush()
        commission = reports.latest(work, case).commission_id  # type: ignore[union-attr]
        report = reports.Report(
            case_id=other.id, commission_id=commission, kind="DOUBT_LIST", number="X", agency_id=other.agency_id,
            state="REVIEWED", handler_id=being(work, "checker").actor.person(), drafted_at=NOW, delivered_at=NOW,
            digest=DIGEST,
        )  # fmt: skip
        work.session.add(report)
        work.session.flush()
        with pytest.raises(Conflict) as refused:
            review(work, other, "STOP")
        assert refused.value.clause == "NM-12"


def test_a_new_application_is_not_reviewed_and_a_review_is_not_approved(desk: Desk) -> None:
    with desk.acting() as work:
        new, _family, _members = verified(work)
        delivered(work, new)
        with pytest.raises(Conflict):
            review(work, new, "CONTINUE")
        new.kind = cases.DYNAMIC
        with pytest.raises(Conflict):
            decide(work, new, "APPROVE")
