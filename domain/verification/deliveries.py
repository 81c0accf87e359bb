"""Deliveries: files of other departments, read into a store; visible to matching by one committed row (walls 12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import agenda, journal
from domain.base import Base, BigKey, Key, Ref, new_ref
from domain.blobs import StoredBlob
from domain.clock import OFFICE_ZONE
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.files import StoredFile
from domain.parties import permissions
from domain.text import Text
from domain.text import gettext as _
from domain.verification import catalogue_use
from domain.verification.catalogue_rows import Resource as Resource
from domain.work import Work

READING, READY, FAILED, DROPPED = "READING", "READY", "FAILED", "DROPPED"
# before the file is accepted, and after it was taken back
LOOKING, WAITING, WITHDRAWN = "LOOKING", "WAITING", "WITHDRAWN"
READ_DUTY = "delivery.read"
LOOK_DUTY = "delivery.look"
FAULTS_KEPT = 200


class Delivery(Base):
    """One uploaded file of one resource: LOOKING, WAITING (for acceptance), READING, READY (matching sees it), FAILED,
    WITHDRAWN or DROPPED. What was seen before acceptance stands in `domain.verification.intake`.

    faults: at most 200 of [sheet, row, column, packed sentence], without any cell content; of a refused file
    the one that says why, in row 0.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("resource_id", "file_digest"),
        Index("ix_delivery_resource_state", "resource_id", "state", "data_date"),
        CheckConstraint(
            "state IN ('LOOKING','WAITING','READING','READY','FAILED','WITHDRAWN','DROPPED')", name="state"
        ),
        CheckConstraint("state <> 'READY' OR store_name IS NOT NULL", name="ready_is_stored"),
        CheckConstraint("accepted + rejected + skipped = total", name="rows_add_up"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    resource_id: Mapped[int] = mapped_column(BigKey, ForeignKey("resource.id"))
    file_id: Mapped[int] = mapped_column(BigKey, ForeignKey("stored_file.id"))
    file_digest: Mapped[str] = mapped_column(String(64))
    data_date: Mapped[date]
    state: Mapped[str] = mapped_column(String(12), default="READING")
    uploaded_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    uploaded_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    total: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    faults: Mapped[list[Any]] = mapped_column(default=list)
    failure: Mapped[str] = mapped_column(String(500), default="")
    store_name: Mapped[str | None] = mapped_column(String(64))
    store_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    store_digest: Mapped[str | None] = mapped_column(String(64))
    store_size: Mapped[int | None] = mapped_column(BigKey)
    # the request package it answers: such a file speaks of the persons of that package and of nobody else (CK-11)
    package_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("request_package.id"))

    @property
    def told(self) -> list[tuple[int, int, str, Text]]:
        """The faults of rows, each sentence in the language it is read in."""
        every = ((sheet, row, column, Text.unpacked(said)) for sheet, row, column, said in self.faults)
        return [fault for fault in every if fault[1]]

    @property
    def refusal(self) -> Text | None:
        """Why the whole file was refused, in the language it is read in."""
        return next((Text.unpacked(said) for _sheet, row, _column, said in self.faults if not row), None)

    @property
    def store(self) -> StoredBlob | None:
        """Where the columnar file is, once it is ready."""
        if self.store_name is None or self.store_key is None:
            return None
        return StoredBlob(self.store_name, self.store_digest or "", self.store_size or 0, self.store_key)


@dataclass(frozen=True, slots=True)
class ReadOutcome:
    """What reading brought. stored: the columnar file, None when the file was refused (`refusal` says why).

    faults: (sheet, row, column heading, sentence), without cell content; total = accepted + rejected + skipped.
    """

    stored: StoredBlob | None
    refusal: Text | None = None
    total: int = 0
    accepted: int = 0
    rejected: int = 0
    skipped: int = 0
    faults: tuple[tuple[int, int, str, Text], ...] = field(default=(), repr=False)


def enter(work: Work, resource: Resource, file: StoredFile, data_date: date, state: str) -> Delivery:
    """The row of a file of the actor's own office in its first state, LOOKING or READING.

    A file that could not be read, or was taken back, may be sent again.

    Raises:
        NotPermitted: another office's resource. Conflict: the same file was delivered before (LF-10), the resource
        is not shared, or its agreement does not hold (BX-30). InvalidAnswers: the data are of a later day.
    """
    relation = permissions.OWN if work.actor.org_id == resource.supplier_id else permissions.NONE
    permissions.must(work.actor, "delivery.upload", relation)
    catalogue_use.must_be_usable(work, resource)
    if data_date > work.today:
        raise InvalidAnswers({"data_date": _("The data cannot be of a day to come.")})
    found = work.session.scalars(
        select(Delivery).where(Delivery.resource_id == resource.id, Delivery.file_digest == file.digest)
    ).first()
    if found is not None and found.state not in (FAILED, WITHDRAWN):
        raise _duplicate(found)
    if found is not None and found.store_name is not None:
        # a case may rest on what was taken back: its row stays as it was
        raise Conflict(_("This very file was delivered and taken back. Send the corrected file."), clause="LF-10")
    made = found or Delivery(ref=new_ref(), resource_id=resource.id, file_digest=file.digest)
    made.file_id, made.data_date, made.state, made.failure, made.faults = file.id, data_date, state, "", []
    made.uploaded_by, made.uploaded_at, made.read_at = work.actor.user_id, work.now, None
    work.session.add(made)
    work.session.flush()
    journal.record(work, "delivery.received", made.ref, {"resource": resource.ref, "file": file.ref})
    return made


def read_now(work: Work, delivery: Delivery) -> None:
    """Plan the reading of a delivery into the store (`READ_DUTY`); until it is done, matching sees nothing of it."""
    file = work.session.get_one(StoredFile, delivery.file_id)
    delivery.state = READING
    agenda.put(work, READ_DUTY, f"{READ_DUTY}:{delivery.ref}:{file.ref}", work.now, subject=delivery.ref)
    work.session.flush()


def _duplicate(first: Delivery) -> Conflict:
    day = first.uploaded_at.astimezone(OFFICE_ZONE).strftime("%Y-%m-%d %H:%M")
    sentence = _(
        "This very file was delivered already at %(time)s (delivery %(first)s, %(rows)s rows taken in)."
        " Send the newer file, or nothing.",
        time=day,
        first=first.ref,
        rows=first.accepted,
    )
    return Conflict(sentence, clause="LF-10", delivery=first.ref)


def by_ref(work: Work, ref: str) -> Delivery:
    """The delivery with this reference; the caller checks who may see it. Raises NotFound."""
    found = work.session.scalars(select(Delivery).where(Delivery.ref == ref)).first()
    if found is None:
        raise NotFound(_("There is no such delivery."))
    return found


def of_supplier(work: Work, *, before: int = 0, limit: int = 50) -> tuple[Sequence[Delivery], int]:
    """Deliveries of the actor's own office, the newest first, from before `before`; where the next page begins, or 0.

    Raises NotPermitted.
    """
    permissions.must(work.actor, "delivery.read", permissions.OWN)
    wanted = (
        select(Delivery)
        .join(Resource, Resource.id == Delivery.resource_id)
        .where(Resource.supplier_id == work.actor.org_id)
    )
    if before:
        wanted = wanted.where(Delivery.id < before)
    found = work.session.scalars(wanted.order_by(Delivery.id.desc()).limit(limit + 1)).all()
    return found[:limit], found[limit - 1].id if len(found) > limit else 0


def settle_reading(work: Work, delivery: Delivery, outcome: ReadOutcome) -> bool:
    """Put the outcome of reading on the row; from READY on, matching sees it. False when it was settled before."""
    if delivery.state != READING:
        return False
    delivery.read_at = work.now
    delivery.total, delivery.accepted = outcome.total, outcome.accepted
    delivery.rejected, delivery.skipped = outcome.rejected, outcome.skipped
    refused = [(0, 0, "", outcome.refusal)] if outcome.refusal is not None else []
    told = [*refused, *outcome.faults[:FAULTS_KEPT]]
    delivery.faults = [[sheet, row, column, sentence.packed()] for sheet, row, column, sentence in told]
    stored = outcome.stored
    if stored is None:
        delivery.state, delivery.failure = FAILED, str(outcome.refusal or "")[:500]
    else:
        delivery.store_name, delivery.store_key = stored.name, stored.wrapped_key
        delivery.store_digest, delivery.store_size = stored.digest, stored.size
        delivery.state = READY
    work.session.flush()
    body = {"accepted": outcome.accepted, "rejected": outcome.rejected, "skipped": outcome.skipped}
    journal.record(work, f"delivery.{delivery.state.lower()}", delivery.ref, body)
    return True


def ready(work: Work, resource: Resource, not_before: date | None) -> list[Delivery]:
    """Deliveries that matching may use, of data of `not_before` or later (CK-10), the newest data first.

    An answer to a request package is none: it is silent about everybody it was not asked about.
    Uses ix_delivery_resource_state.
    """
    wanted = select(Delivery).where(
        Delivery.resource_id == resource.id, Delivery.state == READY, Delivery.package_id.is_(None)
    )
    if not_before is not None:
        wanted = wanted.where(Delivery.data_date >= not_before)
    return list(work.session.scalars(wanted.order_by(Delivery.data_date.desc(), Delivery.id.desc())))
