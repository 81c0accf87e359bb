"""What came from other services: each package once, whatever happened on the way (walls 15, LN-31)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from domain import journal
from domain.base import insert_once, new_ref
from domain.parties import permissions
from domain.wire.rows import DONE, WAITING, Device, InboxMessage, Peer
from domain.work import Work

_COLUMN = "inbox_message.body"


@dataclass(frozen=True, slots=True)
class Came:
    """A package whose signature holds. content: what it says, in canonical bytes. handled: nothing waits for it."""

    peer: Peer
    device: Device
    package_ref: str
    answers: str
    kind: str
    suite: str
    channel: str
    digest: str
    made_at: datetime
    content: bytes = field(repr=False)
    handled: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages of one kind from one service that nobody has dealt with yet."""

    peer: str
    kind: str
    count: int
    oldest: datetime


def take(work: Work, came: Came) -> tuple[InboxMessage, bool]:
    """Keep a package. The row, and whether it is new; when not, the row is the first one's, whatever it says.

    Two that come at once are one: uq_inbox_message_peer_id_package_ref. It is for whoever calls to compare `same`.
    """
    ref = new_ref()
    new = insert_once(
        work.session, InboxMessage, ["peer_id", "package_ref"], ref=ref, peer_id=came.peer.id,
        device_id=came.device.id, package_ref=came.package_ref, answers=came.answers, kind=came.kind, suite=came.suite,
        channel=came.channel, digest=came.digest, content=_mark(work, came),
        body=work.home.vault.seal(_COLUMN, ref, came.content), made_at=came.made_at, received_at=work.now,
        state=DONE if came.handled else WAITING, handled_at=work.now if came.handled else None,
    )  # fmt: skip
    row = work.session.scalars(
        select(InboxMessage).where(InboxMessage.peer_id == came.peer.id, InboxMessage.package_ref == came.package_ref)
    ).one()
    if new:
        journal.record(
            work, "exchange.received", ref, {"kind": came.kind, "digest": came.digest, "peer": came.peer.ref}
        )
    return row, new


def same(work: Work, row: InboxMessage, came: Came) -> bool:
    """Whether what came says what was taken in before under its reference."""
    return row.content == _mark(work, came)


def waiting(work: Work) -> Sequence[Waiting]:
    """What waits, by service and kind. Uses ix_inbox_message_waiting. Raises NotPermitted."""
    permissions.must(work.actor, "exchange.read")
    rows = work.session.execute(
        select(Peer.name, InboxMessage.kind, func.count(), func.min(InboxMessage.received_at))
        .join(Peer, Peer.id == InboxMessage.peer_id)
        .where(InboxMessage.state == WAITING)
        .group_by(Peer.name, InboxMessage.kind)
        .order_by(Peer.name, InboxMessage.kind)
    )
    return [Waiting(*row) for row in rows]


def body_of(work: Work, row: InboxMessage) -> object:
    """What a message says (S3). Raises Unreadable."""
    return work.home.vault.open_json(_COLUMN, row.ref, row.body)


def _mark(work: Work, came: Came) -> str:
    return work.home.vault.mac("exchange.content", came.kind.encode() + b"\0" + came.content).hex()
