"""A device from its certificate: ours, made here with its keys, or another service's, from its file (LN-31)."""

from __future__ import annotations

from domain.errors import InvalidAnswers
from domain.parties import organisations
from domain.text import gettext as _
from domain.wire import devices, peers
from domain.wire.devices import NewDevice
from domain.wire.rows import Device, Peer
from domain.work import Work
from exchange import certificates

DAYS = 1095  # of a device that is made here


def make_ours(work: Work, office: str) -> Device:
    """A new device of this service, for which the office with this code answers; its keys stay here, sealed.

    Raises NotPermitted, NotFound.
    """
    organisations.by_code(work, office)
    made = certificates.make(str(work.home.row(work.session).home_ref), office, work.now, days=DAYS)
    return devices.propose(work, _said(made.device, None, made.secret))


def register(work: Work, pem: str, peer: Peer) -> Device:
    """A device of another service from its certificates. Raises NotPermitted; InvalidAnswers where they are none, or
    of another service; Conflict."""
    read = certificates.read(pem)
    if read.home_ref != peer.home_ref:
        sentence = _("This certificate belongs to another service than %(name)s.", name=peer.name)
        raise InvalidAnswers({"certificate": sentence}, sentence)
    return devices.propose(work, _said(read, peer, b""))


def register_at(work: Work, pem: str, peer_ref: str) -> Device:
    """The same, the service by its ref. Raises NotFound too."""
    return register(work, pem, peers.by_ref(work, peer_ref))


def _said(read: certificates.Device, peer: Peer | None, secret: bytes) -> NewDevice:
    return NewDevice(read.fingerprint, read.office, read.pem, read.valid_from, read.valid_until, peer, secret)
