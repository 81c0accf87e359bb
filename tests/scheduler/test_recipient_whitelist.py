"""A record found wrong in a comparison with recipients is not told again; changed, or its entry over, it is (NM-13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.exc import DBAPIError

from domain import files
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.files import StoredFile
from domain.journal import JournalEntry
from domain.oversight import monitoring
from domain.parties import organisations
from domain.parties.households import Person
from domain.verification import recipient_doubts, whitelist, whitelist_recipients, whitelist_views
from domain.verification.deliveries import Resource
from domain.verification.recipient_doubts import Record
from domain.verification.recipient_rows import RecipientCheck, RecipientDoubt, RecipientPass
from domain.verification.whitelist import APPROVED, WhitelistEntry
from domain.work import OPERATOR, Work, unit_of_work
from sources.demo import demo_files
from tests.domain.verification.supplied import accepted
from tests.homes import START, Office, one_roll
from tests.journeys import standing

WRONG = Record("SOURCE_ERROR", "PAPERS", "WHITELIST", "市场监管部门书面更正")
FOUND = "92210500MADEMO0017"


@pytest.fixture
def office(office: Office) -> Office:
    """The demonstration, its recipients on one roll, compared with the businesses that were delivered."""
    one_roll(office)
    standing.in_force(office, ["BIZ"])
    return office


def as_(office: Office, login: str, **named: Any) -> Any:
    return unit_of_work(office.home, office.actor(login), **named)


def every(work: Work, table: type[Any]) -> list[Any]:
    return list(work.session.scalars(select(table).order_by(table.id)))


def supply(office: Office, old: str = "", new: str = "") -> None:
    """The file of another month, with one thing changed in it, read and compared."""
    said = demo_files(START.date())["departments/business.csv"].decode("utf-8-sig")
    assert old in said
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        again = b"\n" * (len(every(work, RecipientCheck)) + 1)  # no two files are one
    blob = office.home.blobs.put_bytes(said.replace(old, new, 1).encode("utf-8-sig") + again)
    with unit_of_work(office.home, OPERATOR) as work:
        resource = work.session.scalars(select(Resource).where(Resource.category == "BIZ")).one()
        actor = replace(OPERATOR, org_id=resource.supplier_id)
        file = files.keep(work.acting(actor), blob, name="a.csv", media_type="text/csv", purpose="delivery")
        accepted(work.acting(actor), resource, file, work.today)
    office.sweep()


def paper(work: Work) -> StoredFile:
    blob = work.home.blobs.put_bytes(b"%PDF-1.4 letter")
    return files.keep(work, blob, name="letter.pdf", media_type="application/pdf", purpose="evidence")


def verified(office: Office, record: Record = WRONG) -> str:
    """A doubt that rests on the one business, verified by the clerk."""
    with as_(office, "clerk") as work:
        (doubt,) = [one for one in every(work, RecipientDoubt) if FOUND in str(_value(work, one))]
        recipient_doubts.verify(work, doubt.ref, replace(record, evidence=paper(work)))
        ref: str = doubt.ref
    return ref


def _value(work: Work, doubt: RecipientDoubt) -> Any:
    return work.home.vault.open_json("recipient_doubt.value", doubt.ref, doubt.value)


def proposed(work: Work, ref: str, **changed: Any) -> WhitelistEntry:
    given = {"reason": "营业执照早已注销", "evidence": None, "valid_until": work.today + timedelta(90)}
    return whitelist_recipients.propose(work, whitelist_recipients.doubt_of(work, ref), **{**given, **changed})


def approved(office: Office, ref: str, **changed: Any) -> str:
    with as_(office, "clerk") as work:
        entry = proposed(work, ref, **changed).ref
    with as_(office, "head") as work:
        whitelist.approve(work, whitelist.by_ref(work, entry))
    return entry


def doubts(office: Office) -> list[tuple[str, str, int]]:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        return [(one.code, one.fingerprint, one.telling) for one in every(work, RecipientDoubt)]


def fingerprint_of(office: Office, ref: str) -> str:
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        return work.session.scalars(select(RecipientDoubt.fingerprint).where(RecipientDoubt.ref == ref)).one()


def lately(office: Office) -> tuple[int, int]:
    """Doubts raised and spared by the newest comparison."""
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        check = every(work, RecipientCheck)[-1]
        return check.doubts, check.spared


@pytest.mark.clause("NM-13")
def test_exactly_that_record_is_skipped_the_use_is_kept_and_a_changed_one_comes_again(office: Office) -> None:
    ref = verified(office)
    entry = approved(office, ref)
    before = doubts(office)
    supply(office)
    assert lately(office) == (0, 1) and doubts(office) == before
    with as_(office, "head", write=False) as work:
        (kept,) = every(work, RecipientPass)
        doubt = work.session.scalars(select(RecipientDoubt).where(RecipientDoubt.ref == ref)).one()
        assert (kept.person_id, kept.code, kept.fingerprint) == (doubt.person_id, doubt.code, doubt.fingerprint)
        skipped = kept.fingerprint
        assert kept.rule == doubt.rule and kept.check_id == every(work, RecipientCheck)[-1].id
        (view,) = whitelist_views.listed(work, APPROVED)
        assert (view.ref, view.passes, view.recipient, view.case) == (entry, 1, ref, "")
        acts = set(work.session.scalars(select(JournalEntry.event).where(JournalEntry.subject == entry)))
        assert acts == {"whitelist.proposed", "whitelist.approved"}
    supply(office, "3.000000", "9.000000")
    assert lately(office) == (1, 0)
    (new,) = [one for one in doubts(office) if one not in before]
    assert new[1] != skipped and new[2] == 1


@pytest.mark.clause("NM-13")
def test_a_record_that_names_another_person_is_another_fact_and_is_told(office: Office) -> None:
    ref = verified(office)
    approved(office, ref)
    before = doubts(office)
    (let_pass,) = [one for one in before if one[1] == fingerprint_of(office, ref)]
    supply(office, "温立春,990204198601170358", "温立夏,990204198601170358")
    assert lately(office)[1] == 0, "the operator stands in the record under another name: no longer what was approved"
    fresh = [one for one in doubts(office) if one not in before]
    assert let_pass[0] in {code for code, _print, _telling in fresh}
    assert all(print_ != let_pass[1] and telling == 1 for _code, print_, telling in fresh)


@pytest.mark.clause("NM-13", "NM-10")
def test_a_list_counts_the_records_that_were_let_pass_since_the_list_before_each_once(office: Office) -> None:
    approved(office, verified(office))
    supply(office)
    supply(office)
    with unit_of_work(office.home, OPERATOR) as work:
        assert len(every(work, RecipientPass)) == 2
        unit = organisations.by_code(work, "pingshan").id
        first = monitoring.issue(work, unit, "BIZ", date(2026, 1, 1), date(2026, 1, 31))
        other = monitoring.issue(work, unit, "DEPOSIT", date(2026, 1, 1), date(2026, 1, 31))
        assert first is not None and other is not None and (first.spared, other.spared) == (1, 0)
    with unit_of_work(office.home, OPERATOR, now=START + timedelta(days=31)) as work:
        second = monitoring.issue(work, unit, "BIZ", date(2026, 2, 1), date(2026, 2, 28))
        assert second is not None and second.spared == 0


@pytest.mark.clause("NM-13")
@pytest.mark.parametrize("over", ["withdrawn", "run out"])
def test_when_its_entry_is_over_the_record_is_told_again_once(office: Office, over: str) -> None:
    ref = verified(office)
    until = START.date() + timedelta(1)
    entry = approved(office, ref, **({"valid_until": until} if over == "run out" else {}))
    supply(office)
    assert lately(office) == (0, 1)
    if over == "withdrawn":
        with as_(office, "head") as work:
            whitelist.end(work, whitelist.by_ref(work, entry), "来源已改正")
    else:
        office.advance(f"{(until + timedelta(1)).isoformat()}T09:00:00+08:00")
    supply(office)
    assert lately(office) == (1, 0)
    supply(office)
    assert lately(office) == (0, 0), "told once more, not with every delivery"
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        first = work.session.scalars(select(RecipientDoubt).where(RecipientDoubt.ref == ref)).one()
        record = (first.person_id, first.code, first.fingerprint)
        told = [one for one in every(work, RecipientDoubt) if (one.person_id, one.code, one.fingerprint) == record]
        assert [(one.telling, one.finding) for one in told] == [(1, "SOURCE_ERROR"), (2, None)]


@pytest.mark.clause("NM-13")
def test_a_proposal_lets_nothing_pass_and_its_proposer_does_not_decide(office: Office) -> None:
    ref = verified(office)
    with as_(office, "head") as work:
        entry = proposed(work, ref)
        with pytest.raises(Conflict):
            whitelist.approve(work, entry)
        with pytest.raises(Conflict):
            proposed(work, ref)  # it waits already
    supply(office)
    assert lately(office) == (0, 0)
    with unit_of_work(office.home, OPERATOR, write=False) as work:
        assert every(work, RecipientPass) == []


@pytest.mark.clause("NM-13")
def test_reason_evidence_and_end_are_demanded_and_the_paper_of_the_verification_serves(office: Office) -> None:
    ref = verified(office, replace(WRONG, finding="FALSE", measure="NONE"))
    with as_(office, "clerk") as work:
        doubt = whitelist_recipients.doubt_of(work, ref)
        for until in (None, work.today - timedelta(1), whitelist.longest(work, doubt.unit_id) + timedelta(1)):
            with pytest.raises(InvalidAnswers) as refused:
                proposed(work, ref, reason=" ", valid_until=until)
            assert set(refused.value.fields) == {"reason", "valid_until"}
        assert proposed(work, ref).evidence_id == doubt.file_id


@pytest.mark.clause("NM-13")
def test_a_doubt_that_is_open_or_true_or_another_offices_is_not_proposed(office: Office) -> None:
    with as_(office, "clerk") as work:
        ref = every(work, RecipientDoubt)[0].ref
        with pytest.raises(Conflict):
            proposed(work, ref, evidence=paper(work))
        recipient_doubts.verify(work, ref, Record("TRUE", "VISIT", "REVIEW", "属实"))
        with pytest.raises(Conflict):
            proposed(work, ref, evidence=paper(work))
    for login in ("town", "town2", "handler", "bank"):
        with as_(office, login) as work, pytest.raises(NotFound):
            whitelist_recipients.doubt_of(work, ref)


def refused(work: Work, row: dict[str, Any]) -> bool:
    try:
        with work.session.begin_nested():
            work.session.execute(insert(WhitelistEntry).values(row))
    except DBAPIError:
        return True
    return False


@pytest.mark.clause("NM-13")
def test_the_database_holds_that_an_entry_rests_on_exactly_one_doubt_and_its_own_record(office: Office) -> None:
    ref = verified(office)
    with as_(office, "clerk") as work:
        entry = proposed(work, ref)
        whitelist.refuse(work.acting(office.actor("head")), entry, "证据不足")  # so that the record is free again
        row = {c.name: getattr(entry, c.key) for c in WhitelistEntry.__table__.columns if c.name != "id"}
        row |= {"ref": "x" * 26, "state": "PROPOSED", "decided_by": None, "decided_at": None, "note": None}
        doubt = work.session.scalars(select(RecipientDoubt).where(RecipientDoubt.ref == ref)).one()
        (case_id,) = work.session.scalars(select(Case.id).limit(1))
        (nobody,) = work.session.scalars(select(Person.id).where(Person.id != doubt.person_id).limit(1))
        for wrong in (
            {"recipient_doubt_id": None}, {"case_id": case_id}, {"fingerprint": "fp1:" + "0" * 64},
            {"person_id": nobody}, {"category": "HOUSE"},
            {"department_id": doubt.town_id}, {"valid_until": None}, {"evidence_id": None},
        ):  # fmt: skip
            assert refused(work, {**row, **wrong}), wrong
        assert not refused(work, row)


def test_a_comparison_asks_the_whitelist_once_whatever_is_on_it(office: Office) -> None:
    approved(office, verified(office))
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "FROM whitelist_entry" in statement:
            asked.append(statement)

    event.listen(office.home.engine, "before_cursor_execute", note)
    try:
        supply(office)
    finally:
        event.remove(office.home.engine, "before_cursor_execute", note)
    assert len(asked) == 1 and lately(office) == (0, 1)


def test_known_counts_what_is_over_by_record() -> None:
    record = (1, "BIZ", "fp1:a")
    known = whitelist_recipients.Known({record: 7}, {(1, "BIZ", "fp1:b"): 2})
    assert known.entry_of(1, "BIZ", ["fp1:a"]) == 7
    assert known.entry_of(1, "BIZ", ["fp1:a", "fp1:b"]) is None, "a sum passes only when every record does"
    assert known.entry_of(2, "BIZ", ["fp1:a"]) is None and known.entry_of(1, "BIZ", []) is None
    assert (known.telling(1, "BIZ", ["fp1:b"]), known.telling(1, "BIZ", ["fp1:a"])) == (3, 1)
