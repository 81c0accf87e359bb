"""Reports: one drafts, another signs, the entrusting department alone receives; lists for reviews only."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from domain import cases
from domain.errors import Conflict, InvalidAnswers, NotFound, NotPermitted, OperationFailed
from domain.journal import JournalEntry
from domain.numbers import NumberCounter
from domain.verification import reports
from domain.verification.reports import Notes, Report, ReportAccess
from domain.work import SCHEDULER
from tests.domain.office import Desk, case_of, household
from tests.domain.verification.papered import (
    CANONICAL,
    DIGEST,
    being,
    delivered,
    drafted,
    hire,
    listed,
    signed,
    verified,
)


def test_who_drafted_cannot_sign_and_the_attempt_leaves_nothing(both: Desk) -> None:
    with both.acting() as work:
        case, _family, _members = verified(work)
        report = drafted(work, case)
        case_ref, report_id = case.ref, report.id

    def sign_ones_own() -> None:
        with both.acting() as work:
            own = being(work, "handler", "agency_handler", "agency_reviewer")
            case, report = cases.by_ref(work, case_ref), work.session.get_one(Report, report_id)
            reports.sign(own, case, report, CANONICAL, reports.give_number(own, case, report))

    with pytest.raises(NotPermitted, match="colleague"):
        sign_ones_own()
    with both.acting() as work:
        report = work.session.get_one(Report, report_id)
        assert (report.state, report.number, report.reviewer_id, report.digest) == ("DRAFT", None, None, None)
        assert not work.session.scalars(select(NumberCounter).where(NumberCounter.kind == "report")).all()


def test_another_person_of_the_agency_signs_and_the_number_comes_from_the_agency(both: Desk) -> None:
    with both.acting() as work:
        case, _family, _members = verified(work)
        report = signed(work, case)
        assert report.state == "SIGNED" and report.number == "本核核报〔2027〕0001"
        assert reports.canonical_of(work, report) == CANONICAL
        assert report.reviewer_id != report.handler_id
        with pytest.raises(Conflict):
            reports.sign(being(work, "reviewer"), case, report, CANONICAL, DIGEST)


@pytest.mark.parametrize("login", ["head", "clerk", "stranger", "town", "checker", "reviewer"])
def test_only_a_handler_of_the_agency_drafts(desk: Desk, login: str) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work)
        with pytest.raises(NotPermitted):
            reports.draft(being(work, login), case, Notes("见附件。"))


def test_a_draft_returned_for_correction_is_rewritten_and_keeps_its_version(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work)
        first = drafted(work, case)
        again = reports.draft(being(work, "handler"), case, Notes("更正。"))
        assert again.id == first.id and again.version == 1
        assert reports.notes_of(work, again).remarks == "更正。"


def test_after_a_signed_version_the_next_draft_is_its_supplement(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work)
        delivered(work, case)
        second = drafted(work, case)
        assert (second.version, second.state) == (2, "DRAFT")
        assert not reports.reached_department(reports.latest(work, case))


def test_a_digest_of_other_data_is_refused(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work)
        report = drafted(work, case)
        reviewer = being(work, "reviewer")
        reports.give_number(reviewer, case, report)
        with pytest.raises(OperationFailed):
            reports.sign(reviewer, case, report, CANONICAL + b" ", DIGEST)


def test_only_a_printed_report_is_delivered_and_once(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work)
        report = signed(work, case)
        with pytest.raises(Conflict):
            reports.deliver(work.acting(SCHEDULER), case, report)
        first = reports.printed(work, case, report, work.home.blobs.put_bytes(b"%PDF-1.7 a"))
        again = reports.printed(work, case, report, work.home.blobs.put_bytes(b"%PDF-1.7 a"))
        assert again.id == first.id and report.pdf_digest == first.digest
        reports.deliver(work.acting(SCHEDULER), case, report)
        with pytest.raises(Conflict):
            reports.deliver(work.acting(SCHEDULER), case, report)


@pytest.mark.clause("LN-29")
def test_the_entrusting_department_alone_takes_copies_each_with_its_purpose(both: Desk) -> None:
    with both.acting() as work:
        case, _family, _members = verified(work)
        report = delivered(work, case)
        hire(work, "archivist-of-pingshan", "pingshan")
        refused = {"handler": NotPermitted, "reviewer": NotPermitted, "stranger": NotFound, "town": NotFound}
        for login, kind in refused.items():
            with pytest.raises(kind):
                reports.take_copy(being(work, login), report.ref, "存档")
            reports.note_refused_copy(being(work, login), report.ref)
        with pytest.raises(InvalidAnswers):
            reports.take_copy(being(work, "clerk"), report.ref, " ")
        assert not work.session.scalars(select(ReportAccess)).all()

        copy = reports.take_copy(being(work, "clerk"), report.ref, "提交会议研究")
        assert (copy.canonical, copy.digest, copy.purpose) == (CANONICAL, DIGEST, "提交会议研究")
        assert copy.office == "平山区民政局"
        kept = work.session.scalars(select(ReportAccess)).one()
        assert kept.account_id == being(work, "clerk").actor.user_id
        assert work.home.vault.open("report_access.purpose", kept.ref, kept.purpose) == "提交会议研究"
        events = work.session.scalars(select(JournalEntry.event).where(JournalEntry.subject == report.ref)).all()
        assert events.count("report.copy_refused") == 4 and events.count("report.copied") == 1


def test_before_delivery_the_department_does_not_learn_of_the_report(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work)
        report = signed(work, case)
        for login in ("clerk", "head", "stranger", "town"):
            with pytest.raises(NotFound):
                reports.by_ref(being(work, login), report.ref)
        assert reports.by_ref(being(work, "handler"), report.ref)[0].id == report.id


@pytest.mark.clause("BX-26")
def test_a_new_application_ends_with_a_report_and_a_review_may_end_with_a_doubt_list(both: Desk) -> None:
    with both.acting() as work:
        new, _family, _members = verified(work)
        with pytest.raises(Conflict) as refused:
            listed(work, new)
        assert refused.value.clause == "BX-26"
        with pytest.raises(Conflict) as refused:
            reports.must_be_reported(work, new)
        assert refused.value.clause == "BX-26"
        delivered(work, new)
        reports.must_be_reported(work, new)


def test_a_new_application_with_only_a_doubt_list_cannot_close_however_the_list_came_about(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work, cases.DYNAMIC)
        listed(work, case)
        reports.must_be_reported(work, case)
        case.kind = cases.NEW
        with pytest.raises(Conflict) as refused:
            reports.must_be_reported(work, case)
        assert refused.value.clause == "BX-26"


def test_a_doubt_list_is_generated_without_a_signature_and_reaches_the_department_at_once(both: Desk) -> None:
    with both.acting() as work:
        case, _family, _members = verified(work, cases.DYNAMIC)
        made = listed(work, case)
        assert (made.kind, made.state, made.reviewer_id, made.signed_on) == ("DOUBT_LIST", "REVIEWED", None, None)
        assert made.digest == DIGEST and made.number == "本核核单〔2027〕0001"
        assert made.handler_id == being(work, "checker").actor.user_id
        assert reports.by_ref(being(work, "head"), made.ref)[0].id == made.id
        with pytest.raises(NotPermitted):
            reports.issue_doubt_list(being(work, "head"), case, "x", CANONICAL, DIGEST)


@pytest.mark.parametrize("change", ["digest = 'x'", "canonical = 'x'", "number = 'x'", "handler_id = 1"])
def test_an_issued_list_changes_no_more_than_a_signed_report(both: Desk, change: str) -> None:
    with both.acting() as work:
        report_case, _family, _members = verified(work, cases.DYNAMIC)
        made = listed(work, report_case)
        report_id = made.id
    for act in (f"UPDATE report SET {change}", "DELETE FROM report"):
        with pytest.raises(DBAPIError, match="LF-17"), both.home.engine.begin() as connection:
            connection.execute(text(f"{act} WHERE id = {report_id}"))


def test_without_an_accepted_commission_nothing_is_reported(desk: Desk) -> None:
    with desk.acting() as work:
        case = case_of(work, household(work))
        with pytest.raises(Conflict) as refused:
            drafted(work, case)
        assert refused.value.clause == "LF-16"


def test_neither_remarks_nor_data_nor_purpose_stand_in_clear(desk: Desk) -> None:
    with desk.acting() as work:
        case, _family, _members = verified(work)
        report = delivered(work, case)
        reports.take_copy(being(work, "clerk"), report.ref, "提交会议研究")
    with desk.acting() as work:
        for table in ("report", "report_access", "stored_file", "journal_entry"):
            raw = str(work.session.execute(text(f"SELECT * FROM {table}")).all())
            assert not any(word in raw for word in ("见附件", "甲某", "提交会议"))
