"""Keeping the store: parts are sealed anew under the current key, and data past their time are deleted.

Both go on where they were cut off: a part is renamed in one small unit of work once its new file is on disk, and the
old file goes after that; a file nobody names is swept away.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from documents.canonical import canonical_bytes, digest, from_canonical
from documents.certificates import PurgeData, render_purge_certificate
from domain import issued
from domain.clock import office_day
from domain.errors import NotFound
from domain.home import Home
from domain.issued import Given, IssuedDocument
from domain.parties.accounts import Account
from domain.parties.organisations import Organisation
from domain.text import gettext as _
from domain.verification import deliveries, delivery_parts, purges
from domain.verification.deliveries import Delivery, Resource
from domain.verification.delivery_parts import DeliveryPurge
from domain.work import OPERATOR, SCHEDULER, Actor, Work, unit_of_work
from sources.house_kinds import kind_of
from sources.store import Store, StoredDelivery, StoredPart
from workflows import stamps
from workflows.operations.deliveries import new_part, stored_delivery, stored_part

ROTATE = "store.rotate"
CERTIFICATE = "DEL"


def rotate(home: Home, now: datetime | None = None) -> int:
    """Seal anew every part that is under another key than the current one. Returns how many files were written.

    Raises BlobDamaged, Unreadable: a file or its key is missing; what was done until then stays done.
    """
    done = 0
    while (found := _next_part(home, now)) is not None:
        _rewrite(home, *found, now=now)
        done += 1
    while (whole := _next_whole(home, now)) is not None:
        _take_apart(home, whole, now)
        done += 1
    return done


def purge_before(home: Home, before: date, reason: str, actor: Actor = OPERATOR) -> list[DeliveryPurge]:
    """Delete every stored delivery of data before this day that no open case waits for; the certificates."""
    with unit_of_work(home, actor, write=False) as work:
        refs = [one.ref for one in purges.due(work, before) if not purges.waiting(work, one)]
    made = []
    for ref in refs:
        with unit_of_work(home, actor) as work:
            certificate, files = purges.purge(work, deliveries.by_ref(work, ref), reason)
        for name in files:
            home.blobs.delete(name)
        made.append(certificate)
    return made


def certificate(home: Home, ref: str) -> bytes:
    """The certificate of a purge as PDF, the same bytes each time: what it says is kept when it is first printed.

    Raises NotFound.
    """
    with unit_of_work(home, OPERATOR) as work:
        row = issued.newest(work, CERTIFICATE, ref) or _given(work, ref)
        data = from_canonical(PurgeData, issued.canonical_of(work, row))
        stamp = stamps.stamp(work, row.doc, row.number, row.digest)
    return render_purge_certificate(data, stamp=stamp)


def _given(work: Work, ref: str) -> IssuedDocument:
    data, keeper = _certified(work, ref)
    given = Given(CERTIFICATE, data.number, keeper.id, ref, digest(data), canonical=canonical_bytes(data))
    return issued.issue(work, given)


def _certified(work: Work, ref: str) -> tuple[PurgeData, Organisation]:
    found = work.session.execute(
        select(DeliveryPurge, Delivery, Resource, Organisation)
        .join(Delivery, Delivery.id == DeliveryPurge.delivery_id)
        .join(Resource, Resource.id == Delivery.resource_id)
        .join(Organisation, Organisation.id == Resource.supplier_id)
        .where(DeliveryPurge.ref == ref)
    ).first()
    if found is None:
        raise NotFound(_("There is no such certificate."))
    made, delivery, resource, supplier = found
    keeper = work.session.scalars(select(Organisation).where(Organisation.kind == "system").limit(1)).one()
    person = work.session.get(Account, made.purged_by) if made.purged_by is not None else None
    data = PurgeData(
        number=made.ref, keeper=keeper.name, supplier=supplier.name, source=resource.code,
        category=kind_of(resource.category).chinese, delivery=delivery.ref,
        data_date=delivery.data_date, delivered_on=office_day(delivery.uploaded_at),
        rows=made.rows, files=made.files, size=made.bytes, content=made.content,
        keys=tuple(str(one) for one in made.key_ids), results_kept=made.results_kept, reason=made.reason,
        deleted_by=person.name if person is not None else "系统", signed_on=office_day(made.purged_at),
    )  # fmt: skip
    return data, keeper


def _next_part(home: Home, now: datetime | None) -> tuple[int, str, StoredPart] | None:
    with unit_of_work(home, SCHEDULER, now=now, write=False) as work:
        for part in delivery_parts.under_other_keys(work, home.vault.current, limit=1):
            return part.id, work.session.get_one(Delivery, part.delivery_id).ref, stored_part(part)
    return None


def _rewrite(home: Home, part_id: int, ref: str, part: StoredPart, *, now: datetime | None) -> None:
    new = Store(home.blobs, home.vault).rewrite(ref, part)
    with unit_of_work(home, SCHEDULER, now=now) as work:
        taken = delivery_parts.replace_file(work, part_id, part.file.name, new.file, new.key_id)
    home.blobs.delete(part.file.name if taken else new.file.name)


def _next_whole(home: Home, now: datetime | None) -> StoredDelivery | None:
    with unit_of_work(home, SCHEDULER, now=now, write=False) as work:
        found = delivery_parts.next_whole(work, home.vault)
        return None if found is None else stored_delivery(work, found[0], found[1].category)


def _take_apart(home: Home, whole: StoredDelivery, now: datetime | None) -> None:
    """A delivery in one file becomes parts under the current key."""
    made = Store(home.blobs, home.vault).rewrite_whole(whole, home.settings.part_rows)
    with unit_of_work(home, SCHEDULER, now=now) as work:
        taken = _name_parts(work, whole, made)
    for file in whole.files if taken else made.files:
        home.blobs.delete(file.name)


def _name_parts(work: Work, whole: StoredDelivery, made: StoredDelivery) -> bool:
    parts = [new_part(one) for one in made.parts]
    return delivery_parts.replace_whole(work, deliveries.by_ref(work, whole.ref), whole.files[0].name, parts)
