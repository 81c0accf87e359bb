"""The journal: what was done, by whom, written in the same transaction as the act (walls 14).

One hash chain a stream (case, definition, office, account): each entry carries the MAC of the entry
before it. The act locks its stream's head, so a chain never forks. A sealer binds all heads into a
global seal, which makes a cut-off tail visible. Bodies hold ids and field names, never personal data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.base import Base, BigKey, Key
from domain.clock import machine_now
from domain.vault import Vault
from domain.work import Work

GENESIS = bytes(32)


class JournalStream(Base):
    """Head of one chain."""

    __tablename__ = "journal_stream"
    __table_args__ = (UniqueConstraint("kind", "subject"),)

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int] = mapped_column(default=0)
    head: Mapped[bytes] = mapped_column(LargeBinary, default=GENESIS)


class JournalEntry(Base):
    """One act. `machine_at` is real time, `legal_at` the act's legal time."""

    __tablename__ = "journal_entry"
    __table_args__ = (UniqueConstraint("stream_id", "seq"),)

    id: Mapped[Key]
    stream_id: Mapped[int] = mapped_column(BigKey, ForeignKey("journal_stream.id"))
    seq: Mapped[int]
    machine_at: Mapped[datetime]
    legal_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    event: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(64), index=True)
    body: Mapped[dict[str, Any]]
    request_id: Mapped[str] = mapped_column(String(64), default="")
    prev: Mapped[bytes] = mapped_column(LargeBinary)
    mac: Mapped[bytes] = mapped_column(LargeBinary)


class JournalSeal(Base):
    """All stream heads bound at one instant; the seals form a chain of their own."""

    __tablename__ = "journal_seal"

    id: Mapped[Key]
    sealed_at: Mapped[datetime]
    entries: Mapped[int]
    last_entry_id: Mapped[int] = mapped_column(BigKey)
    heads: Mapped[bytes] = mapped_column(LargeBinary)
    prev: Mapped[bytes] = mapped_column(LargeBinary)
    mac: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the journal does not add up."""

    stream: str
    seq: int
    sentence: str


def record(
    work: Work,
    event: str,
    subject: str,
    body: Mapping[str, Any] | None = None,
    *,
    stream: tuple[str, str] | None = None,
) -> None:
    """Append one entry to a stream, in the transaction of the act.

    event: "task.completed"; subject: ref of the thing acted on; body: JSON-able, ids and field names only.
    stream: (kind, subject) of the chain; the default is the actor's office, or "home" without one.
    Uses uq_journal_stream_kind_subject.
    """
    kind, key = stream or (("office", str(work.actor.org_id)) if work.actor.org_id else ("home", "home"))
    head = _locked_head(work.session, kind, key)
    entry = JournalEntry(
        stream_id=head.id,
        seq=head.seq + 1,
        machine_at=machine_now(),
        legal_at=work.now,
        actor=work.actor.ref or work.actor.kind,
        event=event,
        subject=subject,
        body=dict(body or {}),
        request_id=work.actor.request_id,
        prev=head.head,
        mac=b"",
    )
    entry.mac = work.home.vault.mac("journal", _canonical(entry))
    head.seq, head.head = entry.seq, entry.mac
    work.session.add(entry)


def of_case(work: Work, case_ref: str, event: str, subject: str, body: Mapping[str, Any] | None = None) -> None:
    """Append to the chain of a case."""
    record(work, event, subject, body, stream=("case", case_ref))


def seal(work: Work) -> bool:
    """Bind all heads into a seal when something was written since the last one. True when it sealed."""
    session = work.session
    last = session.scalars(select(JournalSeal).order_by(JournalSeal.id.desc()).limit(1)).first()
    entries, newest = session.execute(select(func.count(), func.coalesce(func.max(JournalEntry.id), 0))).one()
    if last is not None and last.last_entry_id == newest and last.entries == entries:
        return False
    vault = work.home.vault
    made = JournalSeal(
        sealed_at=machine_now(),
        entries=entries,
        last_entry_id=newest,
        heads=_heads_digest(session, vault),
        prev=last.mac if last is not None else GENESIS,
        mac=b"",
    )
    made.mac = vault.mac("seal", _seal_canonical(made))
    session.add(made)
    return True


def verify(session: Session, vault: Vault) -> Iterator[Break]:
    """Every place where an entry was edited, deleted, reordered or cut off. Empty when all is well.

    Streams entries in order, one pass; memory does not grow with the journal.
    """
    yield from _verify_streams(session, vault)
    yield from _verify_seals(session, vault)


def _locked_head(session: Session, kind: str, key: str) -> JournalStream:
    found = session.scalars(
        select(JournalStream).where(JournalStream.kind == kind, JournalStream.subject == key).with_for_update()
    ).first()
    if found is None:
        found = JournalStream(kind=kind, subject=key, seq=0, head=GENESIS)
        session.add(found)
        session.flush()
    return found


def _canonical(entry: JournalEntry) -> bytes:
    fields = (
        entry.stream_id,
        entry.seq,
        entry.machine_at.timestamp(),
        entry.legal_at.timestamp(),
        entry.actor,
        entry.event,
        entry.subject,
        entry.body,
        entry.request_id,
        entry.prev.hex(),
    )
    return json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _seal_canonical(made: JournalSeal) -> bytes:
    parts = (made.sealed_at.timestamp(), made.entries, made.last_entry_id, made.heads.hex(), made.prev.hex())
    return json.dumps(parts).encode()


def _heads_digest(session: Session, vault: Vault) -> bytes:
    heads = session.execute(
        select(JournalStream.kind, JournalStream.subject, JournalStream.seq, JournalStream.head).order_by(
            JournalStream.kind, JournalStream.subject
        )
    )
    text = json.dumps([(kind, subject, seq, head.hex()) for kind, subject, seq, head in heads])
    return vault.mac("heads", text.encode())


def _verify_streams(session: Session, vault: Vault) -> Iterator[Break]:
    names = {s.id: s for s in session.scalars(select(JournalStream))}
    seen: dict[int, tuple[int, bytes]] = {}
    rows = session.scalars(
        select(JournalEntry).order_by(JournalEntry.stream_id, JournalEntry.seq).execution_options(yield_per=1000)
    )
    for entry in rows:
        label = f"{names[entry.stream_id].kind}:{names[entry.stream_id].subject}"
        seq, head = seen.get(entry.stream_id, (0, GENESIS))
        if entry.seq != seq + 1:
            yield Break(label, seq + 1, f"entries {seq + 1} to {entry.seq - 1} are missing")
        elif entry.prev != head:
            yield Break(label, entry.seq, "the entry does not follow the one before it")
        if vault.mac("journal", _canonical(entry)) != entry.mac:
            yield Break(label, entry.seq, "the entry was changed after it was written")
        seen[entry.stream_id] = (entry.seq, entry.mac)
    for stream in names.values():
        if seen.get(stream.id, (0, GENESIS)) != (stream.seq, stream.head):
            yield Break(f"{stream.kind}:{stream.subject}", stream.seq, "the end of the stream was cut off or changed")


def _verify_seals(session: Session, vault: Vault) -> Iterator[Break]:
    previous = GENESIS
    last: JournalSeal | None = None
    for made in session.scalars(select(JournalSeal).order_by(JournalSeal.id)):
        if made.prev != previous or vault.mac("seal", _seal_canonical(made)) != made.mac:
            yield Break("seal", made.id, "a seal is missing or was changed")
        previous, last = made.mac, made
    if last is None:
        return
    kept = session.scalar(select(func.count()).where(JournalEntry.id <= last.last_entry_id))
    if kept != last.entries:
        yield Break("seal", last.id, f"{last.entries - (kept or 0)} sealed entries are gone")
    newest = session.scalar(select(func.coalesce(func.max(JournalEntry.id), 0)))
    if newest == last.last_entry_id and _heads_digest(session, vault) != last.heads:
        yield Break("seal", last.id, "a stream was cut off together with its head")
