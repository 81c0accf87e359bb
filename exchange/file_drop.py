"""The same packages as files, for a unit without a line: carried on a medium, the receipts carried back (LF-10)."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from domain.errors import OperationFailed
from domain.home import Home
from domain.outbox import OutboxMessage
from domain.text import gettext as _
from domain.wire.posting import KIND
from domain.wire.rows import FILE, Peer
from domain.work import Actor, Work, unit_of_work
from exchange import packages, receiving, sending
from exchange.receiving import Taken

ENDING = ".hdx"
AT_ONCE = 500


def pack(work: Work, peer: Peer, folder: Path, *, again: bool = False) -> list[Path]:
    """Write what waits for a service into a folder, one file a package, 500 at most. again: also what was written
    before and has no receipt yet. Uses ix_outbox_message_waiting.

    Raises Conflict (LN-31) without an approved device on either side; OperationFailed where a file cannot be written.
    """
    wanted = select(OutboxMessage).where(
        OutboxMessage.kind == KIND, OutboxMessage.address == peer.ref, OutboxMessage.sent_at.is_(None),
        OutboxMessage.refused_at.is_(None), OutboxMessage.dead_at.is_(None),
    )  # fmt: skip
    if not again:
        wanted = wanted.where(OutboxMessage.attempts == 0)
    made = []
    for row in work.session.scalars(wanted.order_by(OutboxMessage.id).limit(AT_ONCE).with_for_update()):
        data, digest = sending.build(work, row, peer)
        row.attempts, row.package_digest = row.attempts + 1, digest
        made.append(_write(folder / f"{row.ref}{ENDING}", data))
    return made


def unpack(home: Home, actor: Actor, path: Path, folder: Path) -> Taken:
    """Take the package of a file in, and write its receipt into a folder; a unit of work of its own.

    Raises Refused with its code, then nothing was kept; OperationFailed where a file cannot be read or written.
    """
    try:
        with path.open("rb") as file:
            data = file.read(packages.LARGEST + 1)
    except OSError as problem:
        raise OperationFailed(_("The file %(name)s cannot be read.", name=path.name)) from problem
    with unit_of_work(home, actor) as work:
        taken = receiving.take_in(work, data, FILE)
    if taken.receipt:
        _write(folder / f"{taken.ref}.receipt{ENDING}", taken.receipt)
    return taken


def _write(path: Path, data: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as problem:
        raise OperationFailed(_("The file %(name)s cannot be written.", name=path.name)) from problem
    return path
