"""Sealing and proving the journal: what was written is bound into a chain of seals, and every chain is checked.

A seal makes visible that a tail was cut off together with its head. The proof needs the vault's key, as the MACs do.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session

from domain.clock import machine_now
from domain.journal import GENESIS, JournalEntry, JournalSeal, JournalStream, canonical
from domain.vault import Vault
from domain.work import Work


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the journal does not add up."""

    stream: str
    seq: int
    sentence: str


def seal(work: Work) -> bool:
    """Bind what was written since the last seal, and with it every head. False when nothing was."""
    session = work.session
    if session.get_bind().dialect.name == "postgresql":
        # a number is drawn before its transaction commits: wait for the acts in hand, or one of them would later
        # stand below the seal without being bound by it
        session.execute(text("LOCK TABLE journal_entry IN SHARE MODE"))
    last = session.scalars(select(JournalSeal).order_by(JournalSeal.id.desc()).limit(1)).first()
    since = last.last_entry_id if last is not None else 0
    written = _Bound(work.home.vault)
    for number, mac in session.execute(_macs().where(JournalEntry.id > since)):
        written.take(number, mac)
    if not written.count:
        return False
    made = JournalSeal(
        sealed_at=machine_now(),
        entries=written.count,
        last_entry_id=written.newest,
        heads=written.digest(),
        prev=last.mac if last is not None else GENESIS,
        mac=b"",
    )
    made.mac = work.home.vault.mac("seal", _seal_canonical(made))
    session.add(made)
    return True


class _Bound:
    """Entries between two seals: how many, the newest, and a keyed digest of their MACs in the order of writing."""

    def __init__(self, vault: Vault) -> None:
        self._digest = hmac.new(vault.purpose_key("heads"), digestmod="sha256")
        self.count = 0
        self.newest = 0

    def take(self, number: int, mac: bytes) -> None:
        """The next entry."""
        self._digest.update(bytes(mac))
        self.count, self.newest = self.count + 1, number

    def digest(self) -> bytes:
        """32 bytes."""
        return self._digest.digest()


def _macs() -> Select[int, bytes]:
    return select(JournalEntry.id, JournalEntry.mac).order_by(JournalEntry.id).execution_options(yield_per=1000)


def verify(session: Session, vault: Vault) -> Iterator[Break]:
    """Every place where an entry was edited, deleted, reordered or cut off. Empty when all is well.

    Streams entries in order, one pass; memory does not grow with the journal.
    """
    yield from _verify_streams(session, vault)
    yield from _verify_seals(session, vault)


def verify_tail(session: Session, vault: Vault, newest: int) -> Iterator[Break]:
    """What does not add up among the newest entries: their own MACs, how they follow each other, the heads of their
    streams, and the newest seal. Costs the same however long the journal is; says nothing of what lies before.
    """
    rows = session.scalars(select(JournalEntry).order_by(JournalEntry.id.desc()).limit(newest)).all()
    streams = {
        one.id: one
        for one in session.scalars(select(JournalStream).where(JournalStream.id.in_({row.stream_id for row in rows})))
    }
    later: dict[int, JournalEntry] = {}
    for entry in rows:
        stream = streams.get(entry.stream_id)
        label = f"{stream.kind}:{stream.subject}" if stream is not None else f"stream {entry.stream_id}"
        if vault.mac("journal", canonical(entry)) != entry.mac:
            yield Break(label, entry.seq, "the entry was changed after it was written")
        after = later.get(entry.stream_id)
        if after is not None and (after.seq != entry.seq + 1 or after.prev != entry.mac):
            yield Break(label, after.seq, "the entry does not follow the one before it")
        if after is None and (stream is None or (stream.seq, stream.head) != (entry.seq, entry.mac)):
            yield Break(label, entry.seq, "the end of the stream was cut off or changed")
        later[entry.stream_id] = entry
    made = session.scalars(select(JournalSeal).order_by(JournalSeal.id.desc()).limit(1)).first()
    if made is not None and vault.mac("seal", _seal_canonical(made)) != made.mac:
        yield Break("seal", made.id, "a seal is missing or was changed")
    if made is not None and (not rows or rows[0].id < made.last_entry_id):
        yield Break("seal", made.id, "entries that were sealed are gone")


def _seal_canonical(made: JournalSeal) -> bytes:
    parts = (made.sealed_at.timestamp(), made.entries, made.last_entry_id, made.heads.hex(), made.prev.hex())
    return json.dumps(parts).encode()


def _verify_streams(session: Session, vault: Vault) -> Iterator[Break]:
    streams = list(session.scalars(select(JournalStream)))
    labels = {stream.id: f"{stream.kind}:{stream.subject}" for stream in streams}
    seen: dict[int, tuple[int, bytes]] = {}
    rows = session.scalars(
        select(JournalEntry).order_by(JournalEntry.stream_id, JournalEntry.seq).execution_options(yield_per=1000)
    )
    for entry in rows:
        label = labels.get(entry.stream_id, f"stream {entry.stream_id}")
        seq, head = seen.get(entry.stream_id, (0, GENESIS))
        if entry.seq != seq + 1:
            yield Break(label, seq + 1, f"entries {seq + 1} to {entry.seq - 1} are missing")
        elif entry.prev != head:
            yield Break(label, entry.seq, "the entry does not follow the one before it")
        if vault.mac("journal", canonical(entry)) != entry.mac:
            yield Break(label, entry.seq, "the entry was changed after it was written")
        seen[entry.stream_id] = (entry.seq, entry.mac)
    for number in sorted(seen.keys() - labels.keys()):
        yield Break(f"stream {number}", seen[number][0], "the head of the stream is gone")
    for stream in streams:
        if seen.get(stream.id, (0, GENESIS)) != (stream.seq, stream.head):
            yield Break(labels[stream.id], stream.seq, "the end of the stream was cut off or changed")


def _verify_seals(session: Session, vault: Vault) -> Iterator[Break]:
    previous = GENESIS
    entries = iter(session.execute(_macs()))
    following = next(entries, None)
    for made in session.scalars(select(JournalSeal).order_by(JournalSeal.id)):
        if made.prev != previous or vault.mac("seal", _seal_canonical(made)) != made.mac:
            yield Break("seal", made.id, "a seal is missing or was changed")
        bound = _Bound(vault)
        while following is not None and following[0] <= made.last_entry_id:
            bound.take(*following)
            following = next(entries, None)
        if bound.count != made.entries:
            yield Break("seal", made.id, f"{made.entries} entries were sealed, {bound.count} are there")
        elif bound.digest() != made.heads:
            yield Break("seal", made.id, "a sealed entry was exchanged")
        previous = made.mac
