"""What the pages of a delivery show to the office that supplies it: the row, what was recognised, what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from domain import files
from domain.errors import NotFound
from domain.files import StoredFile
from domain.parties import permissions
from domain.text import gettext as _
from domain.verification import affected, delivery_parts, handovers, intake, withdrawals
from domain.verification.deliveries import LOOKING, READING, READY, WAITING, Delivery, Resource
from domain.verification.delivery_parts import DeliveryProgress
from domain.verification.handovers import Handover
from domain.verification.intake import Intake
from domain.verification.withdrawals import Withdrawal
from domain.work import Work
from sources.categories import READABLE


@dataclass(frozen=True, slots=True)
class Page:
    """One delivery for its office. seen: masked preview, columns and headings (S3); fields: code and official label.

    labels: every heading with its column and the field it is taken for, "" for none; signature: of the headings.
    to_record: the hand-over of its medium must be recorded before it is accepted (BX-30).
    resting: how many reports rest on it, a figure and no case. far: how far a look or a reading is, None otherwise.
    """

    name: str = field(repr=False)
    size: int
    row: Intake | None
    seen: dict[str, Any] = field(repr=False)
    labels: list[tuple[int, str, str]] = field(repr=False)
    signature: str
    fields: list[tuple[str, str]]
    shrunk: bool
    withdrawal: Withdrawal | None
    reason: str = field(repr=False)
    handover: Handover | None
    people: tuple[str, str] = field(repr=False)
    to_record: bool = False
    resting: int = 0
    far: DeliveryProgress | None = None

    def field_of(self, code: str) -> str:
        """The official label of a field code."""
        return dict(self.fields).get(code, code)


def own(work: Work, ref: str) -> tuple[Delivery, Resource]:
    """A delivery of the actor's office, or of any for who keeps the catalogue. Raises NotFound for everybody else."""
    found = work.session.execute(
        select(Delivery, Resource).join(Resource, Resource.id == Delivery.resource_id).where(Delivery.ref == ref)
    ).first()
    relation = permissions.OWN if found is not None and found[1].supplier_id == work.actor.org_id else permissions.NONE
    if found is None or not permissions.may(work.actor, "delivery.read", relation):
        raise NotFound(_("There is no such delivery for you."))
    return found[0], found[1]


def page(work: Work, row: Delivery, resource: Resource) -> Page:
    """What the page of one delivery shows; the caller has asked `own`."""
    file = work.session.get_one(StoredFile, row.file_id)
    looked = intake.of(work, row)
    mine = resource.supplier_id == work.actor.org_id
    seen = intake.seen_of(work, looked) if looked is not None and mine else {}
    withdrawn, medium = withdrawals.of(work, row), handovers.of(work, row)
    told = seen.get("unread") or seen
    taken = {one[0]: one[-1] for one in told.get("columns", ())}
    return Page(
        name=files.name_of(work, file),
        size=file.size,
        row=looked,
        seen=seen,
        labels=[(index, label, taken.get(index, "")) for index, label in enumerate(told.get("labels", ())) if label],
        signature=told.get("signature", ""),
        fields=[(one.code, one.labels[0]) for one in READABLE[resource.category].fields],
        shrunk=looked is not None and intake.is_shrunk(looked),
        withdrawal=withdrawn,
        reason=withdrawals.reason_of(work, withdrawn) if withdrawn is not None else "",
        handover=medium,
        people=handovers.people_of(work, medium) if medium is not None and mine else ("", ""),
        to_record=row.state == WAITING and medium is None and handovers.is_missing(work, row),
        resting=affected.how_many(work, row) if row.state == READY else 0,
        far=delivery_parts.progress(work, row) if row.state in (LOOKING, READING) else None,
    )
