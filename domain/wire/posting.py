"""Sending to another service: a row of the outbox in the transaction of the act, a package when it goes (walls 15)."""

from __future__ import annotations

from collections.abc import Mapping

from domain import agenda, outbox
from domain.errors import Conflict
from domain.outbox import OutboxMessage
from domain.text import gettext as _
from domain.wire import devices, kinds
from domain.wire.rows import HTTP, Peer
from domain.work import Work

KIND, SEND_DUTY = "exchange", "exchange.send"


def post(work: Work, peer: Peer, kind: str, key: str, body: Mapping[str, object], *, answers: str = "") -> bool:
    """Say something to another service. False when this was said before under the same key (at most 90 signs).

    kind, body: of `domain.wire.kinds`. answers: the ref of the package that this one replies to.
    Raises Refused for a body that is not of its kind; Conflict (LN-31) when no approved device could read it, or ours
    could not sign it, or the service is closed.
    """
    kinds.check(kind, body)
    if peer.closed_at is not None:
        raise Conflict(_("This service was closed already."), clause="LN-31")
    devices.current(work, None)
    devices.current(work, peer)
    whole = f"{KIND}:{peer.ref}:{key}"
    if not outbox.post(work, KIND, whole, {"kind": kind, "body": body, "answers": answers}, address=peer.ref):
        return False
    if peer.channel == HTTP:
        ref = posted(work, peer, key).ref
        agenda.put(work, SEND_DUTY, f"{SEND_DUTY}:{ref}", work.now, subject=ref)
    return True


def posted(work: Work, peer: Peer, key: str) -> OutboxMessage:
    """The message that was posted under this key. Raises Conflict when none was."""
    found = outbox.by_key(work, f"{KIND}:{peer.ref}:{key}")
    if found is None:
        raise Conflict(_("There is no such message."))
    return found
