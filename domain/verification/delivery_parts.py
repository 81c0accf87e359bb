"""Parts of a delivery: a file of any size is stored a million rows at a time, and a reading that was cut off goes on.

Every part is committed as soon as it lies on disk, in a unit of work of its own; matching sees nothing of it before
the delivery is READY, which is one row (walls 12). Deliveries from before there were parts have none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    delete,
    exists,
    func,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal
from domain.base import Base, BigKey, Key, Ref
from domain.blobs import StoredBlob
from domain.errors import Conflict
from domain.parties import permissions
from domain.text import gettext as _
from domain.vault import Vault
from domain.verification.deliveries import LOOKING, READING, READY, Delivery, Resource
from domain.work import Work

CALLED_OFF = _("Reading the file was called off; nothing of it was taken in.")
REASON = 200  # letters of why data are deleted


class DeliveryPart(Base):
    """One sealed file of a delivery. rows: of the delivered file; last_sheet, last_row: place of the last of them;
    key_id: master key it was written under; content: SHA-256 (hex) of its rows and of the part before."""

    __tablename__ = "delivery_part"
    __table_args__ = (
        UniqueConstraint("delivery_id", "position"),
        UniqueConstraint("blob_name"),
        Index("ix_delivery_part_key_id", "key_id", "id"),
        CheckConstraint("position >= 0 AND rows >= 0", name="counted"),
        CheckConstraint("rows = 0 OR last_row IS NOT NULL", name="ends_somewhere"),
    )

    id: Mapped[Key]
    delivery_id: Mapped[int] = mapped_column(BigKey, ForeignKey("delivery.id"))
    position: Mapped[int]
    rows: Mapped[int]
    last_sheet: Mapped[int | None]
    last_row: Mapped[int | None] = mapped_column(BigKey)
    key_id: Mapped[int]
    content: Mapped[str] = mapped_column(String(64))
    blob_name: Mapped[str] = mapped_column(String(64))
    blob_key: Mapped[bytes] = mapped_column(LargeBinary)
    blob_digest: Mapped[str] = mapped_column(String(64))
    blob_size: Mapped[int] = mapped_column(BigKey)

    @property
    def file(self) -> StoredBlob:
        """Where it lies."""
        return StoredBlob(self.blob_name, self.blob_digest, self.blob_size, self.blob_key)


class DeliveryProgress(Base):
    """How far a reading is, before acceptance or after; there is a row while one goes on.

    cancel_asked_at: somebody wants it called off.
    """

    __tablename__ = "delivery_progress"
    __table_args__ = (UniqueConstraint("delivery_id"),)

    id: Mapped[Key]
    delivery_id: Mapped[int] = mapped_column(BigKey, ForeignKey("delivery.id"))
    bytes_read: Mapped[int] = mapped_column(BigKey, default=0)
    rows_read: Mapped[int] = mapped_column(BigKey, default=0)
    seen_at: Mapped[datetime]
    cancel_asked_at: Mapped[datetime | None]
    cancel_asked_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))


class DeliveryPurge(Base):
    """The certificate of a delivery whose files were deleted; a trigger keeps it as it is.

    content: SHA-256 (hex) over its rows; rows, bytes, files: what it was; key_ids: master keys it was under;
    results_kept: rows of results that came from it and stay.
    """

    __tablename__ = "delivery_purge"
    __table_args__ = (UniqueConstraint("delivery_id"), CheckConstraint("reason <> ''", name="reasoned"))

    id: Mapped[Key]
    ref: Mapped[Ref]
    delivery_id: Mapped[int] = mapped_column(BigKey, ForeignKey("delivery.id"))
    content: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int] = mapped_column(BigKey)
    bytes: Mapped[int] = mapped_column(BigKey)
    files: Mapped[int]
    key_ids: Mapped[list[Any]]
    results_kept: Mapped[int]
    reason: Mapped[str] = mapped_column(String(REASON))
    purged_at: Mapped[datetime]
    purged_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))


@dataclass(frozen=True, slots=True)
class NewPart:
    """A part that lies on disk and is not named by a row yet. last: (sheet, row), None when it is empty."""

    position: int
    file: StoredBlob
    rows: int
    last: tuple[int, int] | None
    key_id: int
    content: str


def keep(work: Work, delivery: Delivery, part: NewPart) -> DeliveryPart:
    """Name a part of a delivery that is being read. Raises Conflict: the reading ended, or another one is at it."""
    known = work.session.scalar(select(func.count()).where(DeliveryPart.delivery_id == delivery.id))
    if delivery.state != READING or known != part.position:
        raise Conflict(_("Another reading of this file is at work, or it has ended."), delivery=delivery.ref)
    return _add(work, delivery, part)


def _add(work: Work, delivery: Delivery, part: NewPart) -> DeliveryPart:
    sheet, row = part.last or (None, None)
    made = DeliveryPart(
        delivery_id=delivery.id, position=part.position, rows=part.rows, last_sheet=sheet, last_row=row,
        content=part.content,
    )  # fmt: skip
    _name(made, part.file, part.key_id)
    work.session.add(made)
    work.session.flush()
    return made


def _name(part: DeliveryPart, file: StoredBlob, key_id: int) -> None:
    part.blob_name, part.blob_key, part.blob_digest, part.blob_size = (
        file.name, file.wrapped_key, file.digest, file.size,
    )  # fmt: skip
    part.key_id = key_id


def of(work: Work, delivery_ids: Collection[int]) -> dict[int, list[DeliveryPart]]:
    """Parts of deliveries, by delivery and in order; one statement over the unique (delivery_id, position)."""
    found: dict[int, list[DeliveryPart]] = defaultdict(list)
    wanted = select(DeliveryPart).where(DeliveryPart.delivery_id.in_(delivery_ids))
    for part in work.session.scalars(wanted.order_by(DeliveryPart.delivery_id, DeliveryPart.position)):
        found[part.delivery_id].append(part)
    return found


def forget(work: Work, delivery: Delivery, *, parts: bool) -> list[str]:
    """A reading has ended: its progress goes, and its parts where nothing came of it.

    Returns the names of files that no row names any more.
    """
    work.session.execute(delete(DeliveryProgress).where(DeliveryProgress.delivery_id == delivery.id))
    if not parts:
        return []
    wanted = DeliveryPart.delivery_id == delivery.id
    names = list(work.session.scalars(select(DeliveryPart.blob_name).where(wanted)))
    work.session.execute(delete(DeliveryPart).where(wanted))
    return names


def progress(work: Work, delivery: Delivery) -> DeliveryProgress | None:
    """How far the reading is; None while none has begun, and after it ended."""
    return work.session.scalars(select(DeliveryProgress).where(DeliveryProgress.delivery_id == delivery.id)).first()


def tell(work: Work, delivery: Delivery, bytes_read: int, rows_read: int) -> bool:
    """Note how far a look or a reading is. False: it shall end, because it was called off, taken back or is over."""
    if delivery.state not in (LOOKING, READING):
        return False
    row = _progress_row(work, delivery)
    row.bytes_read, row.rows_read, row.seen_at = bytes_read, rows_read, work.now
    return row.cancel_asked_at is None


def call_off(work: Work, delivery: Delivery) -> None:
    """Ask that a reading ends; within twenty thousand rows nothing of it is left.

    Raises NotPermitted: another office's delivery. Conflict: it is not being read.
    """
    resource = work.session.get_one(Resource, delivery.resource_id)
    relation = permissions.OWN if work.actor.org_id == resource.supplier_id else permissions.NONE
    permissions.must(work.actor, "delivery.upload", relation)
    if delivery.state != READING:
        raise Conflict(_("The file is not being read any more."), delivery=delivery.ref)
    row = _progress_row(work, delivery)
    if row.cancel_asked_at is None:
        row.cancel_asked_at, row.cancel_asked_by = work.now, work.actor.user_id
        journal.record(work, "delivery.called_off", delivery.ref, {"rows": row.rows_read})


def _progress_row(work: Work, delivery: Delivery) -> DeliveryProgress:
    row = progress(work, delivery)
    if row is None:
        row = DeliveryProgress(delivery_id=delivery.id, seen_at=work.now, bytes_read=0, rows_read=0)
        work.session.add(row)
        work.session.flush()
    return row


def under_other_keys(work: Work, key_id: int, limit: int = 100) -> Sequence[DeliveryPart]:
    """Parts that were written under another key than this one. Uses ix_delivery_part_key_id."""
    wanted = select(DeliveryPart).where(DeliveryPart.key_id != key_id)
    return work.session.scalars(wanted.order_by(DeliveryPart.key_id, DeliveryPart.id).limit(limit)).all()


def replace_file(work: Work, part_id: int, old_name: str, file: StoredBlob, key_id: int) -> bool:
    """Name the file that holds the same rows under another key. False: the part is gone, or was replaced already."""
    part = work.session.get(DeliveryPart, part_id)
    if part is None or part.blob_name != old_name:
        return False
    _name(part, file, key_id)
    delivery = work.session.get_one(Delivery, part.delivery_id)
    if delivery.store_name == old_name:
        _name_first(delivery, file)
    work.session.flush()
    journal.record(work, "delivery.resealed", delivery.ref, {"part": part.position, "key": key_id})
    return True


def replace_whole(work: Work, delivery: Delivery, old_name: str, parts: Sequence[NewPart]) -> bool:
    """Name the parts that hold the rows of the one file a delivery had. False: it was replaced already, or dropped."""
    if delivery.store_name != old_name or delivery.state != READY or not parts:
        return False
    for part in parts:
        _add(work, delivery, part)
    _name_first(delivery, parts[0].file)
    work.session.flush()
    journal.record(work, "delivery.resealed", delivery.ref, {"parts": len(parts), "key": parts[0].key_id})
    return True


def next_whole(work: Work, vault: Vault) -> tuple[Delivery, Resource] | None:
    """A delivery in one file that was sealed under another key than the current one; there are ever fewer of them."""
    parted = exists().where(DeliveryPart.delivery_id == Delivery.id)
    wanted = select(Delivery, Resource).join(Resource, Resource.id == Delivery.resource_id)
    for delivery, resource in work.session.execute(
        wanted.where(Delivery.state == READY, Delivery.store_key.is_not(None), ~parted).order_by(Delivery.id)
    ):
        if delivery.store_key is not None and vault.key_of(delivery.store_key) != vault.current:
            return delivery, resource
    return None


def left_to_reseal(work: Work, vault: Vault) -> int:
    """How many parts are under another key than the current one. Uses ix_delivery_part_key_id."""
    found = select(func.count()).select_from(DeliveryPart).where(DeliveryPart.key_id != vault.current)
    return (work.session.scalar(found) or 0) + (next_whole(work, vault) is not None)


def _name_first(delivery: Delivery, file: StoredBlob) -> None:
    delivery.store_name, delivery.store_key = file.name, file.wrapped_key
    delivery.store_digest, delivery.store_size = file.digest, file.size
