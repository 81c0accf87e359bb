"""Giving out a paper of a case: the same facts give the same paper again, changed facts a new one (LF-20)."""

from __future__ import annotations

from documents.canonical import canonical_bytes, digest
from documents.fonts import check_glyphs
from domain import issued, numbers
from domain.cases import Case
from domain.document_kinds import KINDS
from domain.issued import Given, IssuedDocument
from domain.parties.organisations import Organisation
from domain.work import Work
from workflows.papers.making import AGENCY, PAPERS, About


def give(work: Work, case: Case, doc: str, about: About) -> IssuedDocument:
    """The paper about a row of the case, entered into the register when its words are new; the caller permits.

    Raises Conflict: it cannot be printed yet; MissingGlyph, ConclusionWords.
    """
    before, own = issued.newest(work, doc, about.ref), getattr(about.row, "number", None)
    if before is not None:
        if before.number == own:  # what was issued under its own number is frozen
            return before
        again = PAPERS[doc].build(work, case, about, before.number, before.issued_on)
        if digest(again) == before.digest:
            return before
    org_id = case.agency_id if PAPERS[doc].issuer == AGENCY else case.department_id
    number = own or _number(work, doc, org_id)
    data = PAPERS[doc].build(work, case, about, number, work.today)
    check_glyphs(data)
    given = Given(doc, number, org_id, about.ref, digest(data), case.id, case.ref, canonical_bytes(data))
    return issued.issue(work, given)


def _number(work: Work, doc: str, org_id: int) -> str:
    office = work.session.get_one(Organisation, org_id)
    value = numbers.take(work, org_id, f"paper.{KINDS[doc].letters}")
    return numbers.document_number(f"{office.mark}{KINDS[doc].word}", work.today.year, value)
