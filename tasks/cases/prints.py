"""Papers of a case that somebody may print: offered, given out, and what was given out before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from documents.codes import Stamp
from domain import issued
from domain.cases import Case
from domain.document_kinds import KINDS, DocumentKind
from domain.errors import NotFound
from domain.issued import IssuedDocument
from domain.parties import permissions
from domain.text import gettext as _
from domain.work import Work
from tasks.rules import visible_case
from workflows import stamps
from workflows.papers import giving
from workflows.papers.making import PAPERS, About


@dataclass(frozen=True, slots=True)
class Offer:
    """A paper that can be printed. blank: to be filled in by hand; last: its number, day and code when it was printed
    before, "" for never."""

    kind: DocumentKind
    about: str
    blank: bool
    number: str = ""
    issued_on: date | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Printed:
    """A paper as given out, ready to be typeset outside any transaction. canonical: its data (S3)."""

    doc: str
    number: str
    canonical: bytes = field(repr=False)
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class PrintPage:
    """The papers of a case for one actor."""

    case: Case
    offers: Sequence[Offer]


def page(work: Work, ref: str) -> PrintPage:
    """What the actor may print of a case. Raises NotFound for a case of another office.

    One SELECT a kind of paper and one for what was printed; uses ix_issued_document_case_id.
    """
    case = visible_case(work, ref)
    rows = work.session.scalars(
        select(IssuedDocument).where(IssuedDocument.case_id == case.id).order_by(IssuedDocument.id)
    )
    last = {(row.doc, row.about): row for row in rows}
    return PrintPage(case, [_offer(doc, about, last.get((doc, about.ref))) for doc, about in _offered(work, case)])


def take(work: Work, ref: str, doc: str, about: str) -> Printed:
    """Give a paper of the case out.

    Raises NotFound: no such case, paper or row for this actor; Conflict: it cannot be printed yet; MissingGlyph.
    """
    case = visible_case(work, ref)
    found = next((one for kind, one in _offered(work, case) if (kind, one.ref) == (doc, about)), None)
    if found is None:
        raise NotFound(_("There is no such paper for you."))
    row = giving.give(work, case, doc, found)
    stamp = stamps.stamp(work, doc, row.number, row.digest)
    return Printed(doc, row.number, issued.canonical_of(work, row), stamp)


def _offered(work: Work, case: Case) -> list[tuple[str, About]]:
    relation = permissions.relation_to_case(work.actor, case)
    mine = [doc for doc in PAPERS if permissions.may(work.actor, "paper.print", relation, doc)]
    return [(doc, about) for doc in mine for about in PAPERS[doc].abouts(work, case)]


def _offer(doc: str, about: About, last: IssuedDocument | None) -> Offer:
    if last is None:
        return Offer(KINDS[doc], about.ref, about.blank)
    return Offer(KINDS[doc], about.ref, about.blank, last.number, last.issued_on, last.code)
