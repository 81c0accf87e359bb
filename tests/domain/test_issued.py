"""Papers given out: a code follows from number and words, a row stays, and a visitor learns the least."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError

from domain import cases, issued
from domain.document_kinds import ACCESS, KINDS, NOT_PUBLIC
from domain.errors import OperationFailed
from domain.issued import Given, IssuedDocument, code_of, normal_code
from domain.oversight import breaches
from domain.oversight.breaches import Said
from domain.parties import organisations
from domain.work import Work
from tests.domain.office import TODAY, Desk
from tests.domain.verification.papered import (
    CANONICAL,
    DIGEST,
    being,
    decide,
    delivered,
    listed,
    noticed,
    signed,
    verified,
)

OTHER = hashlib.sha256(b"other words").hexdigest()


def form(work: Work, doc: str = "DOC-01", number: str = "平授〔2027〕0001") -> IssuedDocument:
    office = organisations.by_code(work, "pingshan").id
    return issued.issue(work, Given(doc, number, office, "a" * 26, DIGEST, canonical=CANONICAL))


def test_a_code_is_of_kind_number_and_words_and_is_read_however_it_is_typed() -> None:
    code = code_of("DOC-09A", "平查〔2027〕0001", DIGEST)
    letters, *signs = code.split("-")
    assert letters == "09A" and [len(one) for one in signs] == [4, 4, 4]
    assert code not in {
        code_of("DOC-09B", "平查〔2027〕0001", DIGEST),
        code_of("DOC-09A", "平查〔2027〕0002", DIGEST),
        code_of("DOC-09A", "平查〔2027〕0001", OTHER),
    }
    assert normal_code(f"  {code.lower().replace('-', ' ')} ") == code
    assert normal_code(code.replace("-", "—").replace("0", "O").replace("O9A", "09A").replace("1", "l")) == code
    assert len({kind.letters for kind in KINDS.values()}) == len(KINDS)
    assert {kind.access for kind in KINDS.values()} == set(ACCESS)


@pytest.mark.clause("LF-20")
def test_what_is_signed_is_entered_with_its_number_and_digest_and_its_code_verifies_it(both: Desk) -> None:
    with both.acting() as work:
        case, *_rest = verified(work)
        assert not work.session.scalars(select(IssuedDocument)).all()  # nothing is verifiable before it is signed
        report = delivered(work, case)
        notice = noticed(work, case, decide(work, case, "REJECT"))

        for row, doc, name in ((report, "DOC-06", "居民家庭经济状况核对报告"), (notice, "DOC-12", "书面告知书")):
            found = issued.newest(work, doc, row.ref)
            assert found is not None and (found.number, found.digest) == (row.number, row.digest)
            told = issued.verified(work, code_of(doc, row.number or "", row.digest or ""))
            assert told is not None and told.intact
            assert (told.zh, told.number, told.issued_on) == (name, row.number, TODAY)


def test_a_generated_list_is_entered_too(both: Desk) -> None:
    with both.acting() as work:
        case, *_rest = verified(work, kind=cases.DYNAMIC)
        paper = listed(work, case)
        told = issued.verified(work, code_of("DOC-07", paper.number or "", paper.digest or ""))
        assert told is not None and told.intact and told.number == paper.number


def test_a_paper_whose_kept_words_were_changed_is_told_to_be_changed(both: Desk) -> None:
    with both.acting() as work:
        case, *_rest = verified(work)
        report = signed(work, case)
        code = code_of("DOC-06", report.number or "", DIGEST)
        work.session.connection().execute(
            text(
                "DROP TRIGGER guard_report_update_signed"
                + (" ON report" if "postgres" in both.home.settings.url else "")
            )
        )
        report.canonical = work.home.vault.seal("report.canonical", report.ref, CANONICAL + b" ")
        work.session.flush()
        told = issued.verified(work, code)
        assert told is not None and not told.intact

        report.canonical = b"cut"
        work.session.flush()
        told = issued.verified(work, code)
        assert told is not None and not told.intact


@pytest.mark.clause("LN-40")
def test_a_paper_under_a_norm_that_is_not_public_is_as_unknown_as_none(both: Desk) -> None:
    with both.acting() as work:
        secret, shown = form(work, "DOC-22", "平密〔2027〕0001"), form(work)
        assert secret.access == NOT_PUBLIC
        statements: list[int] = []
        count = []
        event.listen(both.home.engine, "before_cursor_execute", lambda *_all: count.append(1))
        for code in (secret.code, shown.code, "01-0000-0000-0000", "no code at all", ""):
            count.clear()
            told = issued.verified(work, code)
            statements.append(len(count))
            assert (told is not None) == (code == shown.code)
        assert statements == [1] * 5


@pytest.mark.clause("LN-40")
def test_a_letter_about_a_leak_is_entered_and_never_shown(both: Desk) -> None:
    with both.acting() as work:
        auditor = being(work, "reviewer", "auditor")
        said = Said(TODAY, None, breaches.MINOR, None, "外泄", "一人", "无")
        row = breaches.record(auditor, said)
        breaches.report(auditor, row, "本溪市民政局", CANONICAL, DIGEST)
        kept = issued.newest(work, "DOC-22", row.ref)
        assert kept is not None and kept.breach_id == row.id
        assert issued.verified(work, kept.code) is None


def test_a_paper_given_out_never_changes_and_its_data_must_be_its_own(both: Desk) -> None:
    with both.acting() as work:
        row = form(work)
        assert issued.canonical_of(work, row) == CANONICAL and row.canonical != CANONICAL
        office = row.org_id
    for statement in ("UPDATE issued_document SET number = 'x'", "DELETE FROM issued_document"):
        with pytest.raises(DBAPIError, match="LF-20"), both.acting() as work:
            work.session.execute(text(statement))
    given = Given("DOC-01", "平授〔2027〕0002", office, "a" * 26, OTHER, canonical=CANONICAL)
    with both.acting() as work, pytest.raises(OperationFailed):
        issued.issue(work, given)
    with pytest.raises(DBAPIError), both.acting() as work:
        issued.issue(work, replace(given, number="平授〔2027〕0001", digest=DIGEST))


def test_only_the_whole_digest_of_the_paper_is_the_same() -> None:
    assert issued.same_digest(f" {DIGEST[:32].upper()} {DIGEST[32:]}\n", DIGEST)
    assert not issued.same_digest(DIGEST[:32], DIGEST) and not issued.same_digest(OTHER, DIGEST)
