"""Deleting stored deliveries after their time, with a certificate; and what still needs one.

Results keep their own values, so an answered question needs the file no more. What is asked and not answered yet
does, unless newer data of the same source are there to answer it.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from domain import journal, rules
from domain.base import new_ref
from domain.errors import Conflict, InvalidAnswers
from domain.policy_keys.terms import DELIVERED_DATA_MONTHS
from domain.text import gettext as _
from domain.verification import delivery_parts
from domain.verification.deliveries import DROPPED, READY, Delivery, Resource
from domain.verification.delivery_parts import REASON, DeliveryPurge
from domain.verification.queries import PLANNED, SENT, Query, ResultRow
from domain.work import Work


def due(work: Work, before: date, limit: int = 1000) -> Sequence[Delivery]:
    """Stored deliveries of data before this day, the oldest first; what nobody may need yet is among them."""
    wanted = select(Delivery).where(Delivery.state == READY, Delivery.data_date < before)
    return work.session.scalars(wanted.order_by(Delivery.data_date, Delivery.id).limit(limit)).all()


def past_their_time(work: Work, limit: int = 20) -> list[tuple[Delivery, int]]:
    """Stored deliveries that are older than the rule of their supplier's place allows, each with its months; the oldest
    first, and none that an open case waits for. One SELECT for the suppliers and one for each with a rule.

    Uses ix_delivery_resource_state.
    """
    suppliers = select(Resource.supplier_id).where(
        exists().where(Delivery.resource_id == Resource.id, Delivery.state == READY)
    )
    found: list[tuple[Delivery, int]] = []
    for supplier_id in sorted(set(work.session.scalars(suppliers))):
        months = rules.value(work, supplier_id, DELIVERED_DATA_MONTHS.name)
        if months is None or len(found) >= limit:
            continue
        wanted = (
            select(Delivery)
            .join(Resource, Resource.id == Delivery.resource_id)
            .where(Resource.supplier_id == supplier_id, Delivery.state == READY)
            .where(Delivery.data_date < months_ago(work.today, months))
        )
        old = work.session.scalars(wanted.order_by(Delivery.data_date, Delivery.id).limit(limit - len(found)))
        found += [(one, months) for one in old.all() if not waiting(work, one)]
    return found


def months_ago(day: date, months: int) -> date:
    """The corresponding day so many months before, or the last of that month (民法典 202)."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def waiting(work: Work, delivery: Delivery) -> int:
    """How many questions wait for an answer that only this delivery could give. Uses ix_query_resource_state."""
    newer = aliased(Delivery)
    other = exists().where(
        newer.resource_id == delivery.resource_id, newer.state == READY, newer.id != delivery.id,
        newer.data_date >= delivery.data_date,
    )  # fmt: skip
    wanted = select(func.count()).where(
        Query.resource_id == delivery.resource_id, Query.state.in_((PLANNED, SENT)), ~other
    )
    return work.session.scalar(wanted) or 0


def purge(work: Work, delivery: Delivery, reason: str) -> tuple[DeliveryPurge, list[str]]:
    """Take a delivery out of the store for good.

    Returns the certificate, and the names of files that are to be deleted once this is committed.

    Raises:
        Conflict: it is not stored, or open cases wait for an answer that only it can give.
        InvalidAnswers: no reason.
    """
    reason = reason.strip()
    if not 0 < len(reason) <= REASON:
        raise InvalidAnswers({"reason": _("Say why the data are deleted, in at most %(most)s letters.", most=REASON)})
    blob = delivery.store
    if delivery.state != READY or blob is None:
        raise Conflict(_("Only a delivery that is stored can be deleted."), delivery=delivery.ref)
    open_questions = waiting(work, delivery)
    if open_questions:
        sentence = _(
            "%(count)s open questions can be answered from these data alone. Delete them once they are answered.",
            count=open_questions,
        )
        raise Conflict(sentence, delivery=delivery.ref)
    parts = delivery_parts.of(work, [delivery.id])[delivery.id]
    files = [part.file for part in parts] or [blob]
    kept = select(func.count()).where(ResultRow.delivery_id == delivery.id)
    made = DeliveryPurge(
        ref=new_ref(), delivery_id=delivery.id, content=parts[-1].content if parts else blob.digest,
        rows=delivery.accepted, bytes=sum(file.size for file in files), files=len(files),
        key_ids=sorted({part.key_id for part in parts}), results_kept=work.session.scalar(kept) or 0, reason=reason,
        purged_at=work.now, purged_by=work.actor.user_id,
    )  # fmt: skip
    delivery.state = DROPPED
    delivery.store_name = delivery.store_key = None
    work.session.flush()
    delivery_parts.forget(work, delivery, parts=True)
    work.session.add(made)
    work.session.flush()
    journal.record(work, "delivery.purged", delivery.ref, {"certificate": made.ref, "content": made.content})
    return made, [file.name for file in files]
