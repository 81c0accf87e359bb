"""Whether a file handed in was looked at, and what came of it. Nobody is shown a file that was not found harmless.

A file without a row here was made by the house, or handed in before files were checked.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, Ref, Sealed
from domain.files import StoredFile
from domain.text import Text
from domain.work import Work

WAITING, CLEAN, HELD, RELEASED = "WAITING", "CLEAN", "HELD", "RELEASED"
SHOWN = (CLEAN, RELEASED)


class FileCheck(Base):
    """The check of one file. WAITING: it is stored and shown to nobody; HELD: it is kept back, `said` says why;
    RELEASED: somebody answers for it, with a sealed reason."""

    __tablename__ = "file_check"
    __table_args__ = (
        CheckConstraint("state IN ('WAITING','CLEAN','HELD','RELEASED')", name="state"),
        CheckConstraint("(state = 'RELEASED') = (released_by IS NOT NULL)", name="released_by"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    file_id: Mapped[int] = mapped_column(BigKey, ForeignKey("stored_file.id"), unique=True)
    state: Mapped[str] = mapped_column(String(8), default=WAITING)
    # the sentence as `Text.packed`, so that it is read in the reader's language
    said: Mapped[list[Any]] = mapped_column(JSON, default=list)
    checked_at: Mapped[datetime | None]
    released_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    released_at: Mapped[datetime | None]
    reason: Mapped[Sealed | None]

    @property
    def sentence(self) -> Text | None:
        """Why it is kept back; None when nothing was found."""
        return Text.unpacked(self.said) if self.said else None


def await_check(work: Work, row: StoredFile) -> FileCheck:
    """A file that was just stored waits to be looked at."""
    check = FileCheck(file_id=row.id, state=WAITING, said=[])
    work.session.add(check)
    work.session.flush()
    return check


def of_files(work: Work, file_ids: Collection[int]) -> dict[int, FileCheck]:
    """The checks of these files, by the file's key; one SELECT. Uses uq_file_check_file_id."""
    if not file_ids:
        return {}
    rows = work.session.scalars(select(FileCheck).where(FileCheck.file_id.in_(sorted(file_ids))))
    return {row.file_id: row for row in rows}


def shown(check: FileCheck | None) -> bool:
    """True for a file that may be looked at."""
    return check is None or check.state in SHOWN
