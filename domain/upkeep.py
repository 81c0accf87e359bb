"""Upkeep: which backups were made and which of them were proved by restoring; and what a backup must hold.

All instants are machine time: a stopped clock says nothing about when a disk was last copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, and_, exists, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain import journal
from domain.base import Base, BigKey, Key, Ref
from domain.blobs import StoredBlob
from domain.clock import machine_now
from domain.errors import NotFound
from domain.files import StoredFile
from domain.text import Text
from domain.text import gettext as _
from domain.uploads import UploadChunk
from domain.verification.deliveries import DROPPED, Delivery
from domain.verification.delivery_parts import DeliveryPart
from domain.verification.intake import Intake
from domain.work import Work

BACKUP, PROOF = "BACKUP", "PROOF"
RUNNING, DONE, FAILED = "RUNNING", "DONE", "FAILED"
# a run that was not heard of for so long was cut off
SILENT = timedelta(hours=1)

# every column that names a stored file; a file that none of them names is an orphan
NAMING = (
    StoredFile.blob_name, Delivery.store_name, DeliveryPart.blob_name, UploadChunk.blob_name, Intake.rejections_name
)  # fmt: skip


class UpkeepRun(Base):
    """One backup or one proof of a backup.

    place: the folder it was made in, or proved from. bytes, files, rows: what it holds. journal_head: SHA-256 over
    the heads of all streams in it. A run that is RUNNING also keeps the sweeper from files the backup may name.
    """

    __tablename__ = "upkeep_run"
    __table_args__ = (
        CheckConstraint("kind IN ('BACKUP','PROOF')", name="kind"),
        CheckConstraint("outcome IN ('RUNNING','DONE','FAILED')", name="outcome"),
        CheckConstraint("outcome = 'RUNNING' OR ended_at IS NOT NULL", name="ended"),
        Index("ix_upkeep_run_kind", "kind", "id"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    kind: Mapped[str] = mapped_column(String(8))
    place: Mapped[str] = mapped_column(String(1000))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(8), default=RUNNING)
    bytes: Mapped[int] = mapped_column(BigKey, default=0)
    files: Mapped[int] = mapped_column(default=0)
    rows: Mapped[int] = mapped_column(BigKey, default=0)
    journal_head: Mapped[str] = mapped_column(String(64), default="")
    # the sentence as `Text.packed`, so that it is read in the reader's language
    said: Mapped[list[Any]] = mapped_column(default=list)

    @property
    def sentence(self) -> Text | None:
        """What came of it, in the language it is read in; None while it runs."""
        return Text.unpacked(self.said) if self.said else None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run held: size in bytes, number of files and rows, digest of the journal's heads (hex)."""

    bytes: int = 0
    files: int = 0
    rows: int = 0
    journal_head: str = ""


def begin(work: Work, kind: str, place: str) -> UpkeepRun:
    """Note that a run began, and that runs nobody hears of any more were cut off.

    A folder takes one backup at a time: whoever begins one there knows that an earlier one runs no more.
    """
    now = machine_now()
    same = and_(UpkeepRun.kind == kind, UpkeepRun.place == place[:1000], UpkeepRun.kind == BACKUP)
    over = or_(UpkeepRun.seen_at < now - SILENT, same)
    for silent in work.session.scalars(select(UpkeepRun).where(UpkeepRun.outcome == RUNNING, over)):
        silent.outcome, silent.ended_at = FAILED, now
        silent.said = _("It was cut off; nothing of it can be used.").packed()
    row = UpkeepRun(kind=kind, place=place[:1000], started_at=now, seen_at=now)
    work.session.add(row)
    work.session.flush()
    return row


def beat(work: Work, ref: str) -> None:
    """Say that a run goes on; about once a minute."""
    _by_ref(work, ref).seen_at = machine_now()


def finish(work: Work, ref: str, outcome: str, sentence: Text, figures: Figures | None = None) -> UpkeepRun:
    """How a run ended, journalled in the stream of the home. outcome: DONE or FAILED. Raises NotFound."""
    row = _by_ref(work, ref)
    held = figures or Figures()
    row.ended_at = row.seen_at = machine_now()
    row.outcome, row.said = outcome, sentence.packed()
    row.bytes, row.files, row.rows, row.journal_head = held.bytes, held.files, held.rows, held.journal_head
    body = {"outcome": outcome, "files": held.files, "rows": held.rows, "bytes": held.bytes, "head": held.journal_head}
    journal.record(work, f"upkeep.{row.kind.lower()}", row.ref, body)
    return row


def record(
    work: Work, kind: str, place: str, outcome: str, sentence: Text, *, figures: Figures | None = None
) -> UpkeepRun:
    """Note a run that began and ended at once."""
    return finish(work, begin(work, kind, place).ref, outcome, sentence, figures)


def last(work: Work, kind: str, outcome: str = "") -> UpkeepRun | None:
    """The newest run of a kind that has ended, of this outcome when one is named. Uses ix_upkeep_run_kind."""
    wanted = select(UpkeepRun).where(UpkeepRun.kind == kind, UpkeepRun.outcome != RUNNING)
    if outcome:
        wanted = wanted.where(UpkeepRun.outcome == outcome)
    return work.session.scalars(wanted.order_by(UpkeepRun.id.desc()).limit(1)).first()


def backup_running(session: Session) -> bool:
    """Whether a backup is being made: files that its copy of the database names must stay until it has them."""
    wanted = select(UpkeepRun.id).where(
        UpkeepRun.kind == BACKUP, UpkeepRun.outcome == RUNNING, UpkeepRun.seen_at > machine_now() - SILENT
    )
    return session.scalar(wanted.limit(1)) is not None


def named_files(session: Session) -> Iterator[StoredBlob]:
    """Every stored file that the rows of a database name, with digest, size and key, in order of row."""
    papers = select(StoredFile.blob_name, StoredFile.digest, StoredFile.size, StoredFile.blob_key)
    columnar = select(
        Delivery.store_name, Delivery.store_digest, Delivery.store_size, Delivery.store_key
    ).where(Delivery.store_name.is_not(None), Delivery.store_key.is_not(None), Delivery.state != DROPPED)  # fmt: skip
    columnar = columnar.where(~exists().where(DeliveryPart.delivery_id == Delivery.id))
    parts = select(
        DeliveryPart.blob_name, DeliveryPart.blob_digest, DeliveryPart.blob_size, DeliveryPart.blob_key
    )  # fmt: skip
    pieces = select(UploadChunk.blob_name, UploadChunk.digest, UploadChunk.size, UploadChunk.blob_key)
    faults = select(
        Intake.rejections_name, Intake.rejections_digest, Intake.rejections_size, Intake.rejections_key
    ).where(Intake.rejections_name.is_not(None))  # fmt: skip
    for wanted in (
        papers.order_by(StoredFile.id), columnar.order_by(Delivery.id), parts.order_by(DeliveryPart.id),
        pieces.order_by(UploadChunk.id), faults.order_by(Intake.id),
    ):  # fmt: skip
        for name, digest, size, key in session.execute(wanted.execution_options(yield_per=1000)):
            yield StoredBlob(str(name), str(digest or ""), int(size or 0), bytes(key or b""))


def still_named(session: Session, name: str) -> bool:
    """Whether a row of the database names this stored file."""
    return any(session.scalar(select(column).where(column == name).limit(1)) is not None for column in NAMING)


def _by_ref(work: Work, ref: str) -> UpkeepRun:
    found = work.session.scalars(select(UpkeepRun).where(UpkeepRun.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such backup."))
    return found
