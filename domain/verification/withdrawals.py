"""A delivery is withdrawn or replaced by a corrected one: matching sees it no more, what rests on it is reviewed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from domain import agenda, journal
from domain.base import Base, BigKey, Key, Ref, Sealed, new_ref
from domain.errors import Conflict, InvalidAnswers
from domain.parties import permissions
from domain.text import gettext as _
from domain.verification import intake, supply
from domain.verification.deliveries import READY, WITHDRAWN, Delivery, Resource
from domain.work import Work

REVIEW_DUTY = "delivery.review"
BY_OFFICE, REPLACED = "OFFICE", "REPLACED"


class Withdrawal(Base):
    """That a delivery was withdrawn, once: by its office with a reason, or because another one replaced it."""

    __tablename__ = "delivery_withdrawal"
    __table_args__ = (
        CheckConstraint("kind IN ('OFFICE','REPLACED')", name="kind"),
        CheckConstraint("kind <> 'OFFICE' OR reason IS NOT NULL", name="with_a_reason"),
        CheckConstraint("kind <> 'REPLACED' OR replaced_by IS NOT NULL", name="replaced_by_another"),
    )

    id: Mapped[Key]
    ref: Mapped[Ref]
    delivery_id: Mapped[int] = mapped_column(BigKey, ForeignKey("delivery.id"), unique=True)
    kind: Mapped[str] = mapped_column(String(8))
    reason: Mapped[Sealed | None]
    replaced_by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("delivery.id"))
    by: Mapped[int | None] = mapped_column(BigKey, ForeignKey("account.id"))
    at: Mapped[datetime]


def withdraw(work: Work, delivery: Delivery, reason: str) -> Withdrawal:
    """Take back a delivery that is in use; the person responsible for the office's data does.

    From this transaction on matching sees it no more; reports that rest on it are reviewed (`REVIEW_DUTY`), and its
    period is due again. Raises NotPermitted; InvalidAnswers: no reason; Conflict: it is not in use.
    """
    resource = work.session.get_one(Resource, delivery.resource_id)
    permissions.must(work.actor, "delivery.withdraw", supply.relation_to(work, resource))
    if not reason.strip():
        raise InvalidAnswers({"reason": _("Say what is wrong with it; those who used it will read this.")})
    made = _write(work, delivery, BY_OFFICE, reason.strip(), None)
    supply.reopen(work, delivery)
    return made


def took_effect(work: Work, delivery: Delivery) -> None:
    """A delivery became usable: its period is settled, and the one it corrects is withdrawn in the same moment."""
    row = intake.of(work, delivery)
    if row is None:
        return
    if row.replaces_id is not None:
        before = work.session.get_one(Delivery, row.replaces_id)
        if before.state == READY:
            _write(work, before, REPLACED, "", delivery)
    if row.period is not None:
        supply.settle(work, delivery, row.period)


def of(work: Work, delivery: Delivery) -> Withdrawal | None:
    """That a delivery was withdrawn. Uses uq_delivery_withdrawal_delivery_id."""
    return work.session.scalars(select(Withdrawal).where(Withdrawal.delivery_id == delivery.id)).first()


def reason_of(work: Work, row: Withdrawal) -> str:
    """What its office said (S3)."""
    return work.home.vault.open("delivery_withdrawal.reason", row.ref, row.reason) if row.reason else ""


def _write(work: Work, delivery: Delivery, kind: str, reason: str, by: Delivery | None) -> Withdrawal:
    if delivery.state != READY:
        raise Conflict(_("Only a delivery that is in use can be withdrawn."))
    ref = new_ref()
    made = Withdrawal(ref=ref, delivery_id=delivery.id, kind=kind, by=work.actor.user_id, at=work.now)
    made.reason = work.home.vault.seal("delivery_withdrawal.reason", ref, reason) if reason else None
    made.replaced_by = by.id if by is not None else None
    delivery.state = WITHDRAWN
    work.session.add(made)
    work.session.flush()
    journal.record(work, "delivery.withdrawn", delivery.ref, {"kind": kind, "by": by.ref if by is not None else ""})
    agenda.put(work, REVIEW_DUTY, f"{REVIEW_DUTY}:{delivery.ref}", work.now, subject=delivery.ref)
    return made
