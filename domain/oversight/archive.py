"""The archive: three documents and the fixity of each, kept for every outcome (BX-27, BX-28)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref


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
