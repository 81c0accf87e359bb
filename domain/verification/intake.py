"""Before a delivery counts: it is looked at; its officer sees what was recognised, and accepts or takes it back.

Nothing of a file reaches the store or the matching before it is accepted. A file that cannot be used is refused whole
(CK-15).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import agenda, journal
from domain.base import Base, BigKey, Key, Ref, Sealed, new_ref
from domain.blobs import StoredBlob
from domain.errors import Conflict
from domain.files import StoredFile
from domain.parties import permissions
from domain.parties.accounts import ACTIVE, Account, RoleGrant, granted
from domain.text import Text
from domain.text import gettext as _
from domain.verification import deliveries, delivery_parts, handovers, mappings, supply
from domain.verification.deliveries import FAILED, LOOK_DUTY, LOOKING, READY, WAITING, WITHDRAWN, Delivery, Resource
from domain.verification.supply import Period
from domain.work import Work

NAMED = ("supplier_leader", "data_supplier")
# a delivery with less than half the rows of the one before is taken for half a file until somebody says it is whole
SHRUNK = 0.5
# what a department may send, by the end of its name
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xls": "application/vnd.ms-excel",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".zip": "application/zip",
}


class Intake(Base):
    """What was seen of one delivery before it counted, and who let it in.

    seen (sealed): {"preview": rows masked cell by cell, "columns", "ignored", "sheets", "unread"}. quality: figures
    without content (CK-15). rejections_*: the sealed list of every fault, JSON lines [sheet, row, column, sentence,
    kept].
    """

    __tablename__ = "intake"
    __table_args__ = (
        CheckConstraint("(period_start IS NULL) = (period_end IS NULL)", name="period"),
        CheckConstraint("(accepted_at IS NULL) = (accepted_by_kind IS NULL)", name="accepted_by_somebody"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    delivery_id: Mapped[int] = mapped_column(BigKey, ForeignKey("delivery.id"), unique=True)
    period_start: Mapped[date | None]
    period_end: Mapped[date | None]
    replaces_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("delivery.id"))
    looks: Mapped[int] = mapped_column(default=1)
    looked_at: Mapped[datetime | None]
    seen: Mapped[Sealed | None]
    quality: Mapped[dict[str, Any]] = mapped_column(default=dict)
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    accepted_by_kind: Mapped[str | None] = mapped_column(String(12))
    rejections_name: Mapped[str | None] = mapped_column(String(64))
    rejections_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    rejections_digest: Mapped[str | None] = mapped_column(String(64))
    rejections_size: Mapped[int | None] = mapped_column(BigKey)

    @property
    def period(self) -> Period | None:
        """The period the file is for, None for a source without a calendar."""
        if self.period_start is None or self.period_end is None:
            return None
        return Period(self.period_start, self.period_end)

    @property
    def rejections(self) -> StoredBlob | None:
        """Where the whole list of faults is; None when there was none."""
        if self.rejections_name is None or self.rejections_key is None:
            return None
        size = self.rejections_size or 0
        return StoredBlob(self.rejections_name, self.rejections_digest or "", size, self.rejections_key)


@dataclass(frozen=True, slots=True)
class Looked:
    """What looking brought. refusal: the file is refused whole, nothing of it may be used.

    unread: the headings that were not recognised (S3), so that they can be mapped by hand; then refusal says why.
    """

    refusal: Text | None = None
    total: int = 0
    accepted: int = 0
    rejected: int = 0
    skipped: int = 0
    seen: dict[str, Any] = field(default_factory=dict, repr=False)
    quality: dict[str, Any] = field(default_factory=dict)
    faults: tuple[tuple[int, int, str, Text], ...] = field(default=(), repr=False)
    rejections: StoredBlob | None = None


def hand_in(
    work: Work, resource: Resource, file: StoredFile, *, period: str = "", data_date: date | None = None,
    replaces: Delivery | None = None,
) -> Delivery:  # fmt: skip
    """Take in a file to be looked at (`LOOK_DUTY`); it counts for nothing before `accept`.

    period: code of a period other than the expected one (CK-19 to CK-22), for a source with a calendar.
    data_date: the day of the data, for one without; None: today. replaces: the delivery it corrects.

    Raises NotPermitted; InvalidAnswers: the period or the day; Conflict: the office has not named its responsible
    person and its operator (CK-16), the same file was delivered before (LF-10), or the source is not shared.
    """
    must_be_named(work, resource)
    rhythm = supply.of_resource(work, resource)
    wanted = supply.wanted_period(work, rhythm, period) if rhythm is not None else None
    day = wanted.end if wanted is not None else data_date or work.today
    made = deliveries.enter(work, resource, file, day, LOOKING)
    row = of(work, made)
    if row is None:
        row = Intake(ref=new_ref(), delivery_id=made.id, looks=0)
        work.session.add(row)
    row.period_start, row.period_end = (wanted.start, wanted.end) if wanted is not None else (None, None)
    row.replaces_id = _replaced(work, resource, replaces)
    row.seen, row.quality, row.looked_at = None, {}, None
    _look(work, made, row)
    return made


def _replaced(work: Work, resource: Resource, replaces: Delivery | None) -> int | None:
    if replaces is None:
        return None
    if replaces.resource_id != resource.id or replaces.state != READY:
        raise Conflict(_("Only a delivery of the same source that is in use can be replaced."))
    return replaces.id


def must_be_named(work: Work, resource: Resource) -> None:
    """Raise Conflict while the office has not named both its responsible person and its operator (CK-16)."""
    held = set(
        work.session.scalars(
            select(RoleGrant.role)
            .join(Account, Account.id == RoleGrant.account_id)
            .where(Account.org_id == resource.supplier_id, Account.state == ACTIVE, RoleGrant.role.in_(NAMED))
            .where(granted(work.today))
        )
    )
    if held != set(NAMED):
        raise Conflict(
            _(
                "Before its first file an office names the person responsible for its data and the one who handles"
                " them. Ask the administrator to enter both accounts."
            ),
            clause="CK-16",
        )


def of(work: Work, delivery: Delivery) -> Intake | None:
    """What was seen of a delivery; None for one that came without being looked at. Uses uq_intake_delivery_id."""
    return work.session.scalars(select(Intake).where(Intake.delivery_id == delivery.id)).first()


def seen_of(work: Work, row: Intake) -> dict[str, Any]:
    """Preview, columns and headings as the child gave them, masked (S3)."""
    if row.seen is None:
        return {}
    return cast(dict[str, Any], work.home.vault.open_json("intake.seen", row.ref, row.seen))


def settle_look(work: Work, delivery: Delivery, looked: Looked) -> bool:
    """Put on the rows what looking brought: WAITING, or FAILED. False when it was settled before, or taken back."""
    row = of(work, delivery)
    if delivery.state != LOOKING or row is None:
        return False
    delivery_parts.forget(work, delivery, parts=False)
    row.looked_at, row.quality = work.now, looked.quality
    row.seen = work.home.vault.seal_json("intake.seen", row.ref, looked.seen)
    if looked.rejections is not None:
        row.rejections_name, row.rejections_key = looked.rejections.name, looked.rejections.wrapped_key
        row.rejections_digest, row.rejections_size = looked.rejections.digest, looked.rejections.size
    delivery.total, delivery.accepted = looked.total, looked.accepted
    delivery.rejected, delivery.skipped = looked.rejected, looked.skipped
    refused = [(0, 0, "", looked.refusal)] if looked.refusal is not None else []
    told = [*refused, *looked.faults[: deliveries.FAULTS_KEPT]]
    delivery.faults = [[sheet, number, column, sentence.packed()] for sheet, number, column, sentence in told]
    delivery.failure = str(looked.refusal or "")[:500]
    delivery.state = FAILED if looked.refusal is not None else WAITING
    work.session.flush()
    journal.record(work, f"delivery.{delivery.state.lower()}", delivery.ref, {"rows": looked.total})
    return True


def is_shrunk(row: Intake) -> bool:
    """True when the file has so few rows beside the one before that it may be half a file."""
    before = int(row.quality.get("before") or 0)
    return before > 0 and int(row.quality.get("rows") or 0) < before * SHRUNK


def accept(work: Work, delivery: Delivery, *, whole: bool = False) -> None:
    """Let the file in: from here it is read into the store, and matching sees it once that is done.

    whole: it is whole although it is much smaller than the one before. Raises NotPermitted; Conflict: it is not
    waiting, is much smaller and nobody says it is whole, or came on a medium whose hand-over is not recorded (BX-30).
    """
    resource = work.session.get_one(Resource, delivery.resource_id)
    permissions.must(work.actor, "delivery.upload", supply.relation_to(work, resource))
    row = of(work, delivery)
    if delivery.state != WAITING or row is None:
        raise Conflict(_("This delivery does not wait for acceptance."))
    if is_shrunk(row) and not whole:
        raise Conflict(
            _("It has %(rows)s rows, the delivery before had %(before)s. Say that it is whole, or send the whole file.",
              rows=row.quality["rows"], before=row.quality["before"]),
            clause="CK-15",
        )  # fmt: skip
    if handovers.is_missing(work, delivery):
        raise Conflict(
            _("The data of this source come on a medium. Record who handed it over and who received it, then accept."),
            clause="BX-30",
        )
    row.accepted_at, row.accepted_by, row.accepted_by_kind = work.now, work.actor.user_id, work.actor.kind
    journal.record(work, "delivery.accepted", delivery.ref, {"whole": whole})
    deliveries.read_now(work, delivery)


def call_back(work: Work, delivery: Delivery) -> None:
    """Take a file back before it was accepted; looking at it ends within twenty thousand rows.

    Raises NotPermitted; Conflict once it was accepted.
    """
    resource = work.session.get_one(Resource, delivery.resource_id)
    permissions.must(work.actor, "delivery.upload", supply.relation_to(work, resource))
    if delivery.state not in (LOOKING, WAITING):
        raise Conflict(_("This delivery does not wait for acceptance."))
    delivery.state = WITHDRAWN
    delivery_parts.forget(work, delivery, parts=False)
    work.session.flush()
    journal.record(work, "delivery.called_back", delivery.ref)


def map_columns(work: Work, delivery: Delivery, signature: str, columns: dict[int, str]) -> None:
    """Say what the columns of the file mean, for this file and the ones to come, and look at it again.

    Raises as `mappings.save`; Conflict: the file was accepted or taken back.
    """
    resource = work.session.get_one(Resource, delivery.resource_id)
    row = of(work, delivery)
    if row is None or delivery.state not in (WAITING, FAILED):
        raise Conflict(_("This delivery does not wait for acceptance."))
    mappings.save(work, resource, signature, columns)
    delivery.state, delivery.failure, delivery.faults = LOOKING, "", []
    _look(work, delivery, row)


def _look(work: Work, delivery: Delivery, row: Intake) -> None:
    row.looks = row.looks + 1
    work.session.flush()
    agenda.put(work, LOOK_DUTY, f"{LOOK_DUTY}:{delivery.ref}:{row.looks}", work.now, subject=delivery.ref)
