"""Papers the house gave out: each with its number, the digest of its content and a code to verify it by (LF-20).

A code follows from kind, number and digest alone, so that it can be printed before anything is stored and a paper
whose words were changed carries a code that is not its own. What was signed elsewhere (report, notice, letter about
a leak) keeps its data there; every other paper keeps them here, sealed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, column, func, select, table
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal
from domain.base import Base, BigKey, Key, Ref, Sealed, new_ref
from domain.document_kinds import KINDS, NOT_PUBLIC
from domain.errors import OperationFailed
from domain.text import gettext as _
from domain.vault import Unreadable
from domain.work import Work

SEALED_AS = "issued_document.canonical"
# 60 bits of the digest behind the letters of the kind
SIGNS = 12
_ALPHABET = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
# a miss costs the same work as a hit: something as long as a short report is opened in its place
_STAND_IN = bytes(8192)


class IssuedDocument(Base):
    """One paper that was given out; a row never changes (trigger).

    doc: a key of `document_kinds.KINDS`. about: ref of the row it tells of. Exactly one of canonical, report_id,
    notice_id and breach_id says where its data stand.
    """

    __tablename__ = "issued_document"
    __table_args__ = (
        UniqueConstraint("org_id", "number"),
        CheckConstraint("access IN ('PUBLIC','INTERNAL','NOT_PUBLIC')", name="access"),
        CheckConstraint(
            "(CASE WHEN canonical IS NULL THEN 0 ELSE 1 END) + (CASE WHEN report_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN notice_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN breach_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_source",
        ),
        Index("ix_issued_document_about", "about", "doc", "id"),
        Index("ix_issued_document_case_id", "case_id", "id"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    doc: Mapped[str] = mapped_column(String(8))
    number: Mapped[str] = mapped_column(String(64))
    org_id: Mapped[int] = mapped_column(BigKey, ForeignKey("organisation.id"))
    case_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("cases.id"))
    about: Mapped[str] = mapped_column(String(26))
    digest: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(24), unique=True)
    access: Mapped[str] = mapped_column(String(12))
    issued_on: Mapped[date]
    issued_at: Mapped[datetime]
    issued_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    canonical: Mapped[Sealed | None]
    report_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("report.id"), unique=True)
    notice_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("notice.id"), unique=True)
    breach_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("breach.id"), unique=True)


# Read by column only: what is signed rests on this module, so that it cannot import them.
_REPORT, _NOTICE, _BREACH = (
    table(name, column("id"), column("ref"), column("canonical")) for name in ("report", "notice", "breach")
)


@dataclass(frozen=True, slots=True)
class Given:
    """A paper about to be given out. canonical: its data (S3), None where `signed` says which row keeps them.

    signed: "report", "notice" or "breach" and the key of its row. case_ref: the journal it is told in.
    """

    doc: str
    number: str
    org_id: int
    about: str
    digest: str
    case_id: int | None = None
    case_ref: str = ""
    canonical: bytes | None = field(default=None, repr=False)
    signed: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """All that a visitor learns of a paper. intact: what is kept still has the digest the code was made from."""

    zh: str
    en: str
    number: str
    issued_on: date
    intact: bool
    digest: str


def code_of(doc: str, number: str, digest: str) -> str:
    """The code of a paper, e.g. 06-7K3M-9QX2-TDPA: letters of its kind and 60 bits over kind, number and digest."""
    told = hashlib.sha256(f"{doc}\n{number}\n{digest}".encode()).digest()
    signs = base64.b32encode(told).translate(_ALPHABET)[:SIGNS].decode()
    return "-".join((KINDS[doc].letters, signs[:4], signs[4:8], signs[8:]))


def normal_code(typed: str) -> str:
    """A code as it is kept, from what somebody typed or scanned: blanks, dashes and look-alikes do not matter."""
    signs = "".join(one for one in typed.upper() if one.isascii() and one.isalnum())[:24]
    letters, rest = signs[:-SIGNS], signs[-SIGNS:].translate(_MISREAD)
    return "-".join((letters, rest[:4], rest[4:8], rest[8:]))


def issue(work: Work, given: Given) -> IssuedDocument:
    """Enter a paper into the register of what was given out; the caller permits.

    Raises OperationFailed where digest and data do not belong together.
    """
    if given.canonical is not None and hashlib.sha256(given.canonical).hexdigest() != given.digest:
        raise OperationFailed(_("The digest does not belong to the data of this paper."), document=given.doc)
    ref = new_ref()
    made = IssuedDocument(
        ref=ref,
        doc=given.doc,
        number=given.number,
        org_id=given.org_id,
        case_id=given.case_id,
        about=given.about,
        digest=given.digest,
        code=code_of(given.doc, given.number, given.digest),
        access=KINDS[given.doc].access,
        issued_on=work.today,
        issued_at=work.now,
        issued_by=work.actor.user_id,
        canonical=work.home.vault.seal(SEALED_AS, ref, given.canonical) if given.canonical is not None else None,
        **({f"{given.signed[0]}_id": given.signed[1]} if given.signed is not None else {}),
    )
    work.session.add(made)
    work.session.flush()
    if given.signed is None:
        stream = ("case", given.case_ref) if given.case_ref else None
        journal.record(work, "document.issued", ref, {"doc": given.doc, "digest": given.digest}, stream=stream)
    return made


def newest(work: Work, doc: str, about: str) -> IssuedDocument | None:
    """The last paper of a kind about a row. Uses ix_issued_document_about."""
    return work.session.scalars(
        select(IssuedDocument)
        .where(IssuedDocument.about == about, IssuedDocument.doc == doc)
        .order_by(IssuedDocument.id.desc())
        .limit(1)
    ).first()


def canonical_of(work: Work, document: IssuedDocument) -> bytes:
    """The data of a paper that keeps its own (S3). Raises OperationFailed for one that was signed elsewhere."""
    if document.canonical is None:
        raise OperationFailed(_("This paper keeps its data where it was signed."), document=document.ref)
    return work.home.vault.open_bytes(SEALED_AS, document.ref, document.canonical)


def verified(work: Work, code: str) -> Verified | None:
    """What a visitor learns of the paper with this code; None for none, and for one that is not public (LN-40).

    One SELECT by uq_issued_document_code, one opening and one digest, whatever the answer is.
    """
    found = work.session.execute(
        select(
            IssuedDocument,
            func.coalesce(_REPORT.c.ref, _NOTICE.c.ref, _BREACH.c.ref),
            func.coalesce(_REPORT.c.canonical, _NOTICE.c.canonical, _BREACH.c.canonical),
        )
        .outerjoin(_REPORT, _REPORT.c.id == IssuedDocument.report_id)
        .outerjoin(_NOTICE, _NOTICE.c.id == IssuedDocument.notice_id)
        .outerjoin(_BREACH, _BREACH.c.id == IssuedDocument.breach_id)
        .where(IssuedDocument.code == normal_code(code))
    ).first()
    if found is None:
        _look_at(work, SEALED_AS, "", work.home.vault.seal(SEALED_AS, "", _STAND_IN))
        return None
    row, ref, sealed = found
    place, ref, sealed = (SEALED_AS, row.ref, row.canonical) if ref is None else (_place(row), ref, sealed)
    digest = _look_at(work, place, ref, sealed)
    if hidden(row.access):
        return None
    kind = KINDS[row.doc]
    sound = hmac.compare_digest(digest, row.digest) and code_of(row.doc, row.number, digest) == row.code
    return Verified(kind.zh, kind.en, row.number, row.issued_on, sound, row.digest)


def hidden(access: str) -> bool:
    """Whether nobody outside learns that there is such a paper: the norm it rests on is not public (LN-40)."""
    return access == NOT_PUBLIC


def same_digest(printed: str, digest: str) -> bool:
    """True when somebody typed the whole digest that stands on the paper, blanks aside."""
    return hmac.compare_digest("".join(printed.split()).lower().encode(), digest.encode())


def _place(row: IssuedDocument) -> str:
    return next(
        f"{name}.canonical" for name in ("report", "notice", "breach") if getattr(row, f"{name}_id") is not None
    )


def _look_at(work: Work, place: str, ref: str, sealed: bytes) -> str:
    """The digest of what is kept; "" where it cannot be opened any more."""
    try:
        return hashlib.sha256(work.home.vault.open_bytes(place, ref, bytes(sealed))).hexdigest()
    except Unreadable:
        return ""
