"""Which papers a case offers, what each is about, and how it is made: one table (PAPERS)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from documents.canonical import Document, from_canonical
from documents.codes import Stamp
from documents.forms import FormData, render_form
from documents.letters import LetterData, RefusalData, render_commission_letter, render_refusal
from domain.cases import Case
from domain.verification import surveys
from domain.verification.commissions import DRAFT, REFUSED, Acceptance, Commission
from domain.verification.disputes import FORWARDED, Dispute
from domain.verification.noncooperation import NonCooperation
from domain.work import Work
from workflows.papers import applicant, investigation, offices, rescue

# to what a paper of a case belongs: the department's numbers or the agency's
DEPARTMENT, AGENCY = "department", "agency"


@dataclass(frozen=True, slots=True)
class About:
    """What one paper tells of: the ref of a row of the case, or of the case itself while there is none.

    blank: it is printed to be filled in. row: the row, None for the case.
    """

    ref: str
    blank: bool
    row: Any = None


@dataclass(frozen=True, slots=True)
class Paper:
    """How a kind of paper is made of a case. abouts: what there is to print; build: its data; render: its pages."""

    issuer: str
    abouts: Callable[[Work, Case], Sequence[About]]
    build: Callable[[Work, Case, About, str, date], Document]
    shape: type[Any]
    render: Callable[..., bytes]


def _of_case(work: Work, case: Case) -> Sequence[About]:
    return (About(case.ref, True),) if case.household_id is not None else ()


def _surveys(method: str) -> Callable[[Work, Case], Sequence[About]]:
    def abouts(work: Work, case: Case) -> Sequence[About]:
        made = (About(one.ref, False, one) for one in surveys.of_case(work, case) if one.method == method)
        return (*_of_case(work, case), *made)

    return abouts


def _rows_or_blank(table: type[Any]) -> Callable[[Work, Case], Sequence[About]]:
    """The rows of a case in one SELECT by its index on case_id; while there is none, a paper to fill in."""

    def abouts(work: Work, case: Case) -> Sequence[About]:
        found = work.session.scalars(select(table).where(table.case_id == case.id).order_by(table.id)).all()
        return [About(one.ref, False, one) for one in found] or _of_case(work, case)

    return abouts


def _letters(work: Work, case: Case) -> Iterator[About]:
    """Drafts and letters of one household; uses uq_commission_case_id_purpose_attempt."""
    found = select(Commission).where(Commission.case_id == case.id, Commission.household_id.is_not(None))
    for one in work.session.scalars(found.order_by(Commission.id)):
        if one.state != REFUSED:
            yield About(one.ref, one.state == DRAFT, one)


def _checks(outcome: str | None) -> Callable[[Work, Case], Sequence[About]]:
    def abouts(work: Work, case: Case) -> Sequence[About]:
        wanted = select(Acceptance).join(Commission, Commission.id == Acceptance.commission_id)
        wanted = wanted.where(Commission.case_id == case.id).order_by(Acceptance.id)
        found = work.session.scalars(wanted if outcome is None else wanted.where(Acceptance.outcome == outcome))
        return [About(one.ref, False, one) for one in found]

    return abouts


def _forwarded(work: Work, case: Case) -> Sequence[About]:
    wanted = select(Dispute).where(Dispute.case_id == case.id, Dispute.outcome == FORWARDED).order_by(Dispute.id)
    return [About(one.ref, False, one) for one in work.session.scalars(wanted)]


def _form(
    issuer: str, abouts: Callable[[Work, Case], Sequence[About]], build: Callable[[Work, Case, About, str, date], Any]
) -> Paper:
    return Paper(issuer, abouts, build, FormData, render_form)


def _record(doc: str, method: str) -> Paper:
    return _form(
        DEPARTMENT, _surveys(method), lambda w, c, about, n, d: investigation.record(w, c, doc, n, d, about.row)
    )


PAPERS: Mapping[str, Paper] = {
    "DOC-01": _form(DEPARTMENT, _of_case, lambda w, c, _about, n, d: applicant.authorisation(w, c, n, d)),
    "DOC-02": Paper(
        DEPARTMENT, lambda w, c: tuple(_letters(w, c)), lambda w, c, about, n, d: offices.letter(w, c, n, d, about.row),
        LetterData, render_commission_letter,
    ),
    "DOC-03": _form(AGENCY, _checks(None), lambda w, c, about, n, d: offices.checked(w, c, n, d, about.row)),
    "DOC-04": Paper(
        AGENCY, _checks(REFUSED), lambda w, c, about, n, d: offices.refused(w, c, n, d, about.row),
        RefusalData, render_refusal,
    ),
    "DOC-08": _form(DEPARTMENT, _of_case, lambda w, c, _about, n, d: applicant.declaration(w, c, n, d)),
    "DOC-09A": _record("DOC-09A", "VISIT"),
    "DOC-09B": _record("DOC-09B", "NEIGHBOURS"),
    "DOC-09C": _record("DOC-09C", "LETTER"),
    "DOC-10": _form(
        DEPARTMENT, _rows_or_blank(Dispute), lambda w, c, about, n, d: applicant.objection(w, c, n, d, about.row)
    ),
    "DOC-11": _form(DEPARTMENT, _forwarded, lambda w, c, about, n, d: offices.recheck(w, c, n, d, about.row)),
    "DOC-16": _form(
        DEPARTMENT, _rows_or_blank(NonCooperation),
        lambda w, c, about, n, d: investigation.non_cooperation(w, c, n, d, about.row),
    ),
    "DOC-18": _form(
        DEPARTMENT, lambda w, c: [About(one.ref, False, one) for one in rescue.of_case(w, c)],
        lambda w, c, about, n, d: rescue.approval(w, c, n, d, about.row),
    ),
}  # fmt: skip


def rendered(doc: str, canonical: bytes, stamp: Stamp) -> bytes:
    """The pages of a paper from what was given out; outside any transaction (walls 13). Raises OperationFailed."""
    paper = PAPERS[doc]
    return paper.render(from_canonical(paper.shape, canonical), stamp=stamp)
