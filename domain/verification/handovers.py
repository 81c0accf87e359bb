"""The record of a medium handed over by people: what it was, from whom to whom, and which file was on it (LF-10).

A source whose data come on a medium by its agreement needs the record before its file counts (BX-30).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import journal
from domain.base import Base, BigKey, Key, Ref, Sealed, new_ref
from domain.errors import Conflict, InvalidAnswers
from domain.parties import permissions
from domain.text import gettext as _
from domain.verification import supply
from domain.verification.catalogue_rows import MEDIUM, PUBLISHED, SUSPENDED, ResourceVersion
from domain.verification.deliveries import Delivery, Resource
from domain.work import Work

MEDIA = ("CD", "USB", "DISK", "PAPER")


class Handover(Base):
    """One medium of one delivery; names are sealed. The row is written once and stays."""

    __tablename__ = "medium_handover"

    id: Mapped[Key]
    ref: Mapped[Ref]
    delivery_id: Mapped[int] = mapped_column(BigKey, ForeignKey("delivery.id"), unique=True)
    medium: Mapped[str] = mapped_column(String(8))
    serial: Mapped[str] = mapped_column(String(64))
    people: Mapped[Sealed]
    handed_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    recorded_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Handed:
    """What is said of a medium: its kind of `MEDIA`, its number, giver and receiver by name (S3), and when."""

    medium: str
    serial: str
    giver: str = field(repr=False)
    receiver: str = field(repr=False)
    handed_at: datetime


def record(work: Work, delivery: Delivery, said: Handed) -> Handover:
    """Keep that a medium changed hands.

    Raises NotPermitted; Conflict: it was recorded before; InvalidAnswers.
    """
    resource = work.session.get_one(Resource, delivery.resource_id)
    permissions.must(work.actor, "delivery.upload", supply.relation_to(work, resource))
    faults: dict[str, object] = {}
    serial, giver, receiver = said.serial.strip(), said.giver.strip(), said.receiver.strip()
    if said.medium not in MEDIA:
        faults["medium"] = _("Choose what kind of medium it was.")
    if not serial or len(serial) > 64:
        faults["serial"] = _("Enter the number of the medium, at most 64 characters.")
    if not giver or not receiver:
        faults["people"] = _("Name who handed it over and who received it.")
    if said.handed_at > work.now:
        faults["handed_at"] = _("This moment is still to come.")
    if faults:
        raise InvalidAnswers(faults)
    if of(work, delivery) is not None:
        raise Conflict(_("The hand-over of this delivery was recorded already."))
    ref = new_ref()
    people = work.home.vault.seal_json("medium_handover.people", ref, {"giver": giver, "receiver": receiver})
    made = Handover(
        ref=ref, delivery_id=delivery.id, medium=said.medium, serial=serial, people=people,
        handed_at=said.handed_at, recorded_by=work.actor.user_id, recorded_at=work.now,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    journal.record(work, "delivery.handed_over", delivery.ref, {"medium": said.medium})
    return made


def is_missing(work: Work, delivery: Delivery) -> bool:
    """True when the source's data come on a medium by the catalogue and nobody recorded the hand-over (BX-30).

    Uses uq_resource_version_live.
    """
    live = ResourceVersion.state.in_((PUBLISHED, SUSPENDED))
    channel = work.session.scalar(
        select(ResourceVersion.channel).where(ResourceVersion.resource_id == delivery.resource_id, live)
    )
    return channel == MEDIUM and of(work, delivery) is None


def of(work: Work, delivery: Delivery) -> Handover | None:
    """The record of a delivery's medium. Uses uq_medium_handover_delivery_id."""
    return work.session.scalars(select(Handover).where(Handover.delivery_id == delivery.id)).first()


def people_of(work: Work, row: Handover) -> tuple[str, str]:
    """Who handed it over, and who received it (S3)."""
    told = cast(dict[str, str], work.home.vault.open_json("medium_handover.people", row.ref, row.people))
    return told["giver"], told["receiver"]
