"""The journal: what was done, by whom, written in the same transaction as the act (walls 14).

One hash chain a stream (case, definition, office, account): each entry carries the MAC of the entry
before it. The act locks its stream's head, so a chain never forks. A sealer binds what was written into a
global seal, which makes a tail visible that was cut off together with its head. Bodies hold ids and
field names, never personal data.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import Base, BigKey, Key, insert_once, reserve_keys
from domain.bulk import write_alike
from domain.clock import machine_now
from domain.errors import OperationFailed
from domain.prepared import Prepared
from domain.text import gettext as _
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
    # what an account did, newest first: an auditor follows a leak by it (CK-31)
    __table_args__ = (UniqueConstraint("stream_id", "seq"), Index("ix_journal_entry_actor", "actor", "id"))

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
    """What was written since the seal before, and so every head, bound at one instant; seals form a chain.

    entries: how many it binds; heads: keyed digest of their MACs, among which every moved head is.
    """

    __tablename__ = "journal_seal"

    id: Mapped[Key]
    sealed_at: Mapped[datetime]
    entries: Mapped[int]
    last_entry_id: Mapped[int] = mapped_column(BigKey)
    heads: Mapped[bytes] = mapped_column(LargeBinary)
    prev: Mapped[bytes] = mapped_column(LargeBinary)
    mac: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain that is being written."""

    id: int
    seq: int = 0
    head: bytes = GENESIS


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
    head = _head_in_hand(work, kind, key)
    row = entry_row(work, head, event, subject, body)
    _ENTRY.send(work.connection, row)
    moved = _HEAD.send(work.connection, {"stream": head.id, "old": head.seq, "seq": row["seq"], "head": row["mac"]})
    if moved != 1:
        raise OperationFailed(_("The journal of this matter moved on meanwhile. Try again."))
    if not work.session.in_nested_transaction():
        work.memory[_place(kind, key)] = Head(head.id, row["seq"], row["mac"])


def entry_row(work: Work, head: Head, event: str, subject: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
    """The columns of the entry that follows `head`, as this work writes it; nothing is written yet."""
    row: dict[str, Any] = {
        "stream_id": head.id,
        "seq": head.seq + 1,
        "machine_at": machine_now(),
        "legal_at": work.now,
        "actor": work.actor.ref or work.actor.kind,
        "event": event,
        "subject": subject,
        "body": dict(body or {}),
        "request_id": work.actor.request_id,
        "prev": head.head,
    }
    return {**row, "mac": work.home.vault.mac("journal", canonical_row(row))}


def write_first(work: Work, event: str, body: Mapping[str, Any], kind: str, subjects: Sequence[str]) -> None:
    """Begin the chain of each of these new subjects with the same event about it; a few statements for all."""
    keys = reserve_keys(work.session, JournalStream, len(subjects))
    like = entry_row(work, Head(0), event, "", body)
    before = _line([like["seq"], like["machine_at"].timestamp(), like["legal_at"].timestamp(), like["actor"], event])
    after = _line([like["body"], like["request_id"], like["prev"].hex()])
    key = work.home.vault.purpose_key("journal")
    macs = [
        hmac.digest(key, f"[{stream},{before},{_encode(subject)},{after}]".encode(), "sha256")
        for stream, subject in zip(keys, subjects, strict=True)
    ]
    stream = {"kind": kind, "seq": like["seq"]}
    write_alike(work.session, JournalStream, stream, {"id": keys, "subject": subjects, "head": macs})
    write_alike(work.session, JournalEntry, like, {"stream_id": keys, "subject": subjects, "mac": macs})


_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def _line(fields: Sequence[Any]) -> str:
    """A part of the canonical form of an entry."""
    return _encode(fields)[1:-1]


def of_case(work: Work, case_ref: str, event: str, subject: str, body: Mapping[str, Any] | None = None) -> None:
    """Append to the chain of a case."""
    record(work, event, subject, body, stream=("case", case_ref))


def knows(work: Work, event: str, stream: tuple[str, str]) -> bool:
    """Whether an event stands in a stream, given as (kind, subject). Uses uq_journal_stream_kind_subject."""
    kind, key = stream
    found = (
        select(JournalEntry.id)
        .join(JournalStream, JournalStream.id == JournalEntry.stream_id)
        .where(JournalStream.kind == kind, JournalStream.subject == key, JournalEntry.event == event)
        .limit(1)
    )
    return work.session.scalar(found) is not None


def newest(work: Work, event: str, stream: tuple[str, str]) -> Mapping[str, Any] | None:
    """The body of the newest such event of a stream; None when there is none. Uses uq_journal_stream_kind_subject."""
    kind, key = stream
    found = (
        select(JournalEntry.body)
        .join(JournalStream, JournalStream.id == JournalEntry.stream_id)
        .where(JournalStream.kind == kind, JournalStream.subject == key, JournalEntry.event == event)
        .order_by(JournalEntry.seq.desc())
        .limit(1)
    )
    return work.session.scalar(found)


# written once: composing a statement costs more than sending it
_FIELDS = ("stream_id", "seq", "machine_at", "legal_at", "actor", "event", "subject", "body", "request_id", "prev")
_ENTRY = Prepared(insert(JournalEntry), (*_FIELDS, "mac"))
_HEAD = Prepared(
    update(JournalStream)
    .where(JournalStream.id == bindparam("stream"), JournalStream.seq == bindparam("old"))
    .values(seq=bindparam("seq"), head=bindparam("head"))
)
_WANTED = Prepared(
    select(JournalStream.id, JournalStream.seq, JournalStream.head)
    .where(JournalStream.kind == bindparam("kind"), JournalStream.subject == bindparam("subject"))
    .with_for_update()
)


def _place(kind: str, key: str) -> tuple[str, ...]:
    """Where a work remembers the head of a chain."""
    return "journal", kind, key


def _head_in_hand(work: Work, kind: str, key: str) -> Head:
    """The head, locked until this transaction ends; asked for once a transaction.

    Within a savepoint it is asked for each time: rolled back, it would be remembered as it never was.
    """
    if work.session.in_nested_transaction():
        work.memory.pop(_place(kind, key), None)
        return _locked_head(work, kind, key)
    known: Head | None = work.memory.get(_place(kind, key))
    return known if known is not None else _locked_head(work, kind, key)


def recall(work: Work, kind: str, key: str, head: Head) -> None:
    """A head was read and locked on the way, as it is now: the first entry need not ask for it."""
    if not work.session.in_nested_transaction():
        work.memory[_place(kind, key)] = head


def _locked_head(work: Work, kind: str, key: str) -> Head:
    asked = {"kind": kind, "subject": key}
    found = _WANTED.first(work.connection, asked)
    if found is None:
        insert_once(work.session, JournalStream, ("kind", "subject"), kind=kind, subject=key, seq=0, head=GENESIS)
        found = _WANTED.first(work.connection, asked)
    if found is None:
        raise OperationFailed(_("The journal of this matter moved on meanwhile. Try again."))
    return Head(*found)


def canonical(entry: JournalEntry) -> bytes:
    return canonical_row({name: getattr(entry, name) for name in _FIELDS})


def canonical_row(row: Mapping[str, Any]) -> bytes:
    """What the MAC of an entry is made of: its fields in this order."""
    fields = (
        row["stream_id"],
        row["seq"],
        row["machine_at"].timestamp(),
        row["legal_at"].timestamp(),
        row["actor"],
        row["event"],
        row["subject"],
        row["body"],
        row["request_id"],
        row["prev"].hex(),
    )
    return f"[{_line(fields)}]".encode()
