"""The archive: three documents and the fixity of each, kept for every outcome (BX-27, BX-28)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal, numbers, rules
from domain.assistance import determinations, notices
from domain.base import Base, BigKey, Key, Ref
from domain.cases import DYNAMIC, Case
from domain.errors import Conflict
from domain.oversight import archive_pieces
from domain.oversight.archive_pieces import AUTHORISATION, COMMISSION, DECLARATION, DOUBT_LIST, REPORT, Piece
from domain.parties.organisations import Organisation
from domain.parties.permissions import must, relation_to_case
from domain.text import Joined, Text
from domain.text import gettext as _
from domain.verification import reports
from domain.work import Work

# decided because the household did not cooperate: it was never commissioned, and nothing was reported
WITHOUT_REPORT = ("REFUSE_INTAKE", "SUSPEND")
# what the policy "archive_documents" calls them
TITLES: dict[str, Text] = {
    "authorisation": _("authorisation"),
    "declaration": _("declaration"),
    "commission": _("commission letter"),
    "report": _("verification report"),
}
_KIND_OF = {AUTHORISATION: "authorisation", DECLARATION: "declaration", COMMISSION: "commission"}
_KIND_OF |= {REPORT: "report", DOUBT_LIST: "report"}
_NOT_WITHOUT_REPORT = frozenset({"authorisation", "commission", "report"})


class ArchiveFile(Base):
    """The file of one case. Triggers refuse change and deletion once it is complete."""

    __tablename__ = "archive_file"
    __table_args__ = (UniqueConstraint("case_id"),)

    id: Mapped[Key]
    ref: Mapped[Ref]
    number: Mapped[str] = mapped_column(String(48), unique=True)
    case_id: Mapped[int] = mapped_column(BigKey, ForeignKey("cases.id"))
    holder_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    completed_at: Mapped[datetime | None]
    completed_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    keep_until: Mapped[date | None]


class ArchiveItem(Base):
    """One document of the file: kind (AUTHORISATION, DECLARATION, COMMISSION, REPORT, NOTICE, SURVEY, …) and digest."""

    __tablename__ = "archive_item"
    __table_args__ = (
        UniqueConstraint("archive_id", "kind", "subject"),
        CheckConstraint("length(digest) = 64", name="fixity"),
    )

    id: Mapped[Key]
    archive_id: Mapped[int] = mapped_column(BigKey, ForeignKey("archive_file.id"))
    kind: Mapped[str] = mapped_column(String(24))
    subject: Mapped[str] = mapped_column(String(64))
    file_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    digest: Mapped[str] = mapped_column(String(64))


def of_case(work: Work, case: Case) -> ArchiveFile | None:
    """The file of a case. Uses uq_archive_file_case_id."""
    return work.session.scalars(select(ArchiveFile).where(ArchiveFile.case_id == case.id)).first()


def items_of(work: Work, archive: ArchiveFile) -> Sequence[ArchiveItem]:
    """The documents of a file, in the order they were put in."""
    return work.session.scalars(
        select(ArchiveItem).where(ArchiveItem.archive_id == archive.id).order_by(ArchiveItem.id)
    ).all()


def complete(work: Work, case: Case) -> ArchiveFile:
    """Put what the case left into its file, with the digest of each document, and close the file for good.

    It is kept whatever was decided, for as long as the policy "retention_years" says (BX-28).

    Raises:
        NotPermitted: no archivist of the department or the agency.
        Conflict: the file is complete already; nothing was decided, or a negative decision was not told (CK-14); a
            new application without its formal report (BX-26); a document that the policy "archive_documents" names
            is missing (BX-27).
    """
    must(work.actor, "archive.complete", relation_to_case(work.actor, case))
    if of_case(work, case) is not None:
        raise Conflict(_("The file of this case is complete already."), clause="BX-27")
    decision = determinations.latest(work, case)
    if decision is None:
        raise Conflict(_("Nothing was decided on this case yet; its file stays open."), clause="BX-27")
    notices.must_be_closable(work, case)
    if decision.outcome not in WITHOUT_REPORT:
        reports.must_be_reported(work, case)
    pieces = archive_pieces.of_case(work, case)
    _must_be_whole(work, case, pieces, decision.outcome in WITHOUT_REPORT)
    return _kept(work, case, pieces)


def _must_be_whole(work: Work, case: Case, pieces: Sequence[Piece], without_report: bool) -> None:
    wanted = set(rules.of_case(work, case).value("archive_documents"))
    wanted -= _NOT_WITHOUT_REPORT if without_report else set()
    if case.kind == DYNAMIC and archive_pieces.nobody_asked_about(work, case):
        # the review went on without the family: no letter rests on an authorisation of theirs (BX-11)
        wanted.discard("authorisation")
    missing = sorted(wanted - {_KIND_OF.get(piece.kind, piece.kind.lower()) for piece in pieces})
    if missing:
        documents = Joined(_(", "), [TITLES.get(name, name) for name in missing])
        raise Conflict(
            _("The file is not complete. Missing: %(documents)s.", documents=documents),
            clause="BX-27",
            missing=",".join(missing),
        )


def _kept(work: Work, case: Case, pieces: Sequence[Piece]) -> ArchiveFile:
    holder = work.session.get_one(Organisation, work.actor.org_id or case.department_id)
    value = numbers.take(work, holder.id, "archive")
    made = ArchiveFile(
        number=numbers.document_number(f"{holder.mark}档", work.today.year, value),
        case_id=case.id,
        holder_id=holder.id,
        keep_until=_years_on(work.today, rules.of_case(work, case).value("retention_years")),
    )
    work.session.add(made)
    work.session.flush()
    work.session.add_all(
        ArchiveItem(
            archive_id=made.id, kind=piece.kind, subject=piece.subject, file_id=piece.file_id, digest=piece.digest
        )
        for piece in pieces
    )
    work.session.flush()
    made.completed_at, made.completed_by = work.now, work.actor.user_id
    work.session.flush()
    journal.of_case(work, case.ref, "archive.completed", made.ref, {"items": len(pieces)})
    return made


def _years_on(day: date, years: int) -> date:
    """The same day so many years on; from 29 February the first of March, since a file is never kept too short."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
