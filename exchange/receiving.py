"""A package that came, over HTTP or in a file: judged, kept once, and answered with a signed receipt (LN-31, BX-31)."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain import journal, outbox
from domain.base import new_ref
from domain.clock import OFFICE_ZONE
from domain.wire import devices, inbox, kinds, peers
from domain.wire.inbox import Came
from domain.wire.refusals import (
    ALTERED,
    DEVICE_NOT_VALID,
    OTHER_RECIPIENT,
    REUSED_REFERENCE,
    UNKNOWN_DEVICE,
    UNKNOWN_SENDER,
    Refused,
)
from domain.wire.rows import Device, Peer
from domain.work import Work
from exchange import certificates, packages
from exchange.certificates import OwnDevice
from exchange.packages import Envelope, Letter

# nothing waits for what says nothing
HANDLED = frozenset({kinds.PROBE})


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a package. receipt: the package that answers it, b"" for a receipt. repeated: it came before."""

    kind: str
    ref: str
    repeated: bool
    receipt: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Line:
    peer: Peer
    device: Device
    own_row: Device
    own: OwnDevice


def take_in(work: Work, data: bytes, channel: str) -> Taken:
    """Take a package in. Raises Refused with its code; then nothing was kept."""
    envelope = packages.look(data)
    line = _line(work, envelope)
    body = packages.unseal(envelope, certificates.read(line.device.certificate), line.own)
    if envelope.kind == kinds.RECEIPT:
        note_receipt(work, line.peer, body, data)
        return Taken(kinds.RECEIPT, envelope.ref, False, b"")
    came = Came(
        line.peer, line.device, envelope.ref, envelope.fields["answers"], envelope.kind, envelope.suite.name, channel,
        envelope.digest, envelope.made_at, packages.canonical(body), envelope.kind in HANDLED,
    )  # fmt: skip
    row, new = inbox.take(work, came)
    if not new and not inbox.same(work, row, came):
        raise Refused(REUSED_REFERENCE)
    said = {
        "package": envelope.ref, "digest": envelope.digest, "state": kinds.TAKEN if new else kinds.REPEATED,
        "received_at": row.received_at.astimezone(OFFICE_ZONE).isoformat(timespec="seconds"),
    }  # fmt: skip
    receipt = packages.seal(
        Letter(new_ref(), kinds.RECEIPT, said, work.now, answers=envelope.ref), line.own,
        certificates.read(line.device.certificate), envelope.suite,
    )  # fmt: skip
    return Taken(envelope.kind, envelope.ref, not new, receipt)


def read_receipt(work: Work, peer: Peer, data: bytes, *, answers: str, digest: str) -> None:
    """Judge the receipt that came as the answer to a package of ours.

    Raises Refused: as for any package, UNKNOWN_SENDER for another service's, ALTERED when it speaks of other bytes.
    """
    envelope = packages.look(data)
    line = _line(work, envelope)
    if line.peer.id != peer.id:
        raise Refused(UNKNOWN_SENDER)
    body = packages.unseal(envelope, certificates.read(line.device.certificate), line.own)
    if envelope.kind != kinds.RECEIPT or (body["package"], body["digest"]) != (answers, digest):
        raise Refused(ALTERED)


def note_receipt(work: Work, peer: Peer, body: dict[str, object], data: bytes) -> None:
    """A receipt that came as a package of its own: what it answers is delivered. Again is nothing new.

    Raises Refused (ALTERED) when it speaks of a package that this service did not send there, or of other bytes.
    """
    row = outbox.by_ref(work, str(body["package"]), lock=True)
    if row is None or row.address != peer.ref or row.package_digest != body["digest"]:
        raise Refused(ALTERED)
    if row.sent_at is None:
        row.sent_at, row.receipt, row.last_error, row.dead_at = work.now, data, "", None
        journal.record(work, "exchange.delivered", row.ref, {"digest": row.package_digest, "peer": peer.ref})


def own_device(work: Work, row: Device) -> OwnDevice:
    """A device of ours with its keys. Raises Unreadable."""
    return certificates.own(row.certificate, devices.secret_of(work, row))


def _line(work: Work, envelope: Envelope) -> _Line:
    if envelope.fields["to"] != work.home.row(work.session).home_ref:
        raise Refused(OTHER_RECIPIENT)
    peer = peers.by_home(work, envelope.fields["from"])
    if peer is None:
        raise Refused(UNKNOWN_SENDER)
    device, own = devices.known(work, envelope.fields["device"]), devices.known(work, envelope.fields["for_device"])
    if device is None or device.peer_id != peer.id or own is None or own.peer_id is not None:
        raise Refused(UNKNOWN_DEVICE)
    if not device.in_force(work.now) or not own.in_force(work.now):
        raise Refused(DEVICE_NOT_VALID)
    return _Line(peer, device, own, own_device(work, own))
