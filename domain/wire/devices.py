"""Devices: registered by the system administrator, approved by a second person, withdrawn by one at once (LN-31)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from domain import journal
from domain.base import insert_once, new_ref
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.parties import permissions
from domain.parties.permissions import SECOND, SELF
from domain.text import gettext as _
from domain.wire.rows import Device, Peer
from domain.work import Work

REASON_MOST = 255


@dataclass(frozen=True, slots=True)
class NewDevice:
    """What a certificate says of a device. peer: whose it is, None for ours, whose private keys are `secret`."""

    fingerprint: str
    office: str
    certificate: str
    valid_from: datetime
    valid_until: datetime
    peer: Peer | None = None
    secret: bytes = field(default=b"", repr=False)


def propose(work: Work, said: NewDevice) -> Device:
    """Register a device; it is worth nothing before somebody else approves it.

    Raises NotPermitted; Conflict when it is known, its certificate has run out, or its service is closed.
    """
    permissions.must(work.actor, "device.propose")
    if said.valid_until <= work.now:
        raise Conflict(_("The certificate of this device has run out."), clause="LN-31")
    if said.peer is not None and said.peer.closed_at is not None:
        raise Conflict(_("This service was closed already."))
    ref = new_ref()
    sealed = work.home.vault.seal("device.secret", ref, said.secret) if said.peer is None else None
    made = insert_once(
        work.session, Device, "fingerprint", ref=ref, peer_id=said.peer.id if said.peer else None, office=said.office,
        fingerprint=said.fingerprint, certificate=said.certificate, secret=sealed, valid_from=said.valid_from,
        valid_until=said.valid_until, proposed_by=work.actor.person(), proposed_at=work.now, reason="",
    )  # fmt: skip
    if not made:
        raise Conflict(_("This device is registered already."), clause="LN-31")
    journal.record(work, "device.proposed", ref, {"fingerprint": said.fingerprint, "ours": said.peer is None})
    return by_ref(work, ref)


def approve(work: Work, ref: str) -> None:
    """The second of four eyes. Raises NotPermitted for who registered it, NotFound, Conflict."""
    row = by_ref(work, ref, lock=True)
    permissions.must(work.actor, "device.approve", SELF if row.proposed_by == work.actor.user_id else SECOND)
    if row.approved_at is not None or row.withdrawn_at is not None:
        raise Conflict(_("This device was approved or withdrawn already."), clause="LN-31")
    row.approved_at, row.approved_by = work.now, work.actor.person()
    work.session.flush()
    journal.record(work, "device.approved", ref, {"fingerprint": row.fingerprint})


def withdraw(work: Work, ref: str, reason: str) -> None:
    """From now on nothing of this device is taken and nothing is sent to it. Raises NotPermitted, NotFound, Conflict,
    InvalidAnswers without a reason."""
    permissions.must(work.actor, "device.withdraw")
    if not reason.strip() or len(reason) > REASON_MOST:
        raise InvalidAnswers({"reason": _("Say in a sentence why.")})
    row = by_ref(work, ref, lock=True)
    if row.withdrawn_at is not None:
        raise Conflict(_("This device was withdrawn already."), clause="LN-31")
    row.withdrawn_at, row.withdrawn_by, row.reason = work.now, work.actor.person(), reason.strip()
    work.session.flush()
    journal.record(work, "device.withdrawn", ref, {"fingerprint": row.fingerprint})


def listed(work: Work) -> Sequence[tuple[Device, Peer | None]]:
    """Every device with its service, ours first, the newest first. A few hundred rows; one statement.

    Raises NotPermitted.
    """
    permissions.must(work.actor, "device.read")
    wanted = select(Device, Peer).outerjoin(Peer, Peer.id == Device.peer_id)
    rows = work.session.execute(wanted.order_by(Device.peer_id.is_not(None), Peer.name, Device.id.desc()))
    return [(device, peer) for device, peer in rows]


def by_ref(work: Work, ref: str, *, lock: bool = False) -> Device:
    """Uses uq_device_ref. Raises NotFound."""
    wanted = select(Device).where(Device.ref == ref)
    found = work.session.scalars(wanted.with_for_update() if lock else wanted).first()
    if found is None:
        raise NotFound(_("There is no such device."))
    return found


def known(work: Work, fingerprint: str) -> Device | None:
    """The device with this fingerprint, of whatever service and in whatever state. Uses uq_device_fingerprint."""
    return work.session.scalars(select(Device).where(Device.fingerprint == fingerprint)).first()


def current(work: Work, peer: Peer | None) -> Device:
    """The newest device in force of a service, None: of ours. Uses ix_device_peer.

    Raises Conflict (LN-31): without one nothing is signed, or encrypted for it.
    """
    whose = Device.peer_id.is_(None) if peer is None else Device.peer_id == peer.id
    wanted = select(Device).where(
        whose, Device.approved_at.is_not(None), Device.withdrawn_at.is_(None), Device.valid_from <= work.now,
        Device.valid_until > work.now,
    )  # fmt: skip
    found = work.session.scalars(wanted.order_by(Device.id.desc()).limit(1)).first()
    if found is None:
        raise Conflict(
            _("This service has no approved device; nothing can be signed.") if peer is None
            else _("%(name)s has no approved device; nothing can be encrypted for it.", name=peer.name),
            clause="LN-31",
        )  # fmt: skip
    return found


def secret_of(work: Work, row: Device) -> bytes:
    """The private keys of a device of ours. Raises Unreadable, Conflict for a device of another service."""
    if row.secret is None:
        raise Conflict(_("The keys of another service's device are not here."))
    return work.home.vault.open_bytes("device.secret", row.ref, row.secret)
