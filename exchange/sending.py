"""A message of the outbox as a package on its way: built anew for each try, under the same reference (walls 15, LN-31).

What cannot be delivered is tried again, each time later, and is a dead letter in the end; what the receiver refuses for
good is one at once. Only a signed receipt for exactly the bytes that were sent counts as delivered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from domain import journal, outbox
from domain.agenda import AgendaItem
from domain.clock import machine_now
from domain.errors import Conflict, OperationFailed
from domain.home import Home
from domain.outbox import OutboxMessage
from domain.wire import devices, peers, refusals
from domain.wire.refusals import Refused
from domain.wire.rows import Peer
from domain.work import Work
from exchange import certificates, http_line, packages, receiving
from exchange.packages import Letter
from exchange.suites import SUITES
from workflows.registry import TryPolicy

TRIES = TryPolicy(attempts=12, first=timedelta(seconds=2), factor=3, timeout=timedelta(seconds=90))
NO_DEVICE, BAD_RECEIPT, NO_ANSWER, CLOSED = "no_device", "bad_receipt", "no_answer", "peer_closed"
# what a person over there can still mend: they approve the device, and the next try goes through
MENDED_THERE = frozenset({
    refusals.BUSY, refusals.UNKNOWN_SENDER, refusals.UNKNOWN_DEVICE, refusals.DEVICE_NOT_VALID
})  # fmt: skip
_TAKEN = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """A package to be sent. fault: why it cannot even be made, or ""."""

    address: str
    digest: str
    package: bytes = field(repr=False)
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a try. receipt: what came back when it was taken. final: refused for good."""

    digest: str
    receipt: bytes = field(default=b"", repr=False)
    fault: str = ""
    final: bool = False


def build(work: Work, row: OutboxMessage, peer: Peer) -> tuple[bytes, str]:
    """The package of a message and its digest. Raises Conflict (no approved device), Refused (BAD_BODY, TOO_LARGE)."""
    own = receiving.own_device(work, devices.current(work, None))
    to = certificates.read(devices.current(work, peer).certificate)
    said: Any = outbox.body_of(work, row)
    suite = SUITES[peer.suite]
    letter = Letter(row.ref, str(said["kind"]), said["body"], row.created_at, answers=str(said["answers"]))
    data = packages.seal(letter, own, to, suite)
    return data, suite.digest(data)


def gather(work: Work, item: AgendaItem) -> Plan | None:
    """The package of an item; None when it went out already or is given up."""
    row = outbox.by_ref(work, item.subject)
    if row is None or not row.open:
        return None
    peer = peers.by_ref(work, row.address)
    if peer.closed_at is not None:
        return Plan("", "", b"", CLOSED)
    try:
        package, digest = build(work, row, peer)
    except Refused as refused:
        return Plan("", "", b"", refused.code)
    except Conflict:
        return Plan("", "", b"", NO_DEVICE)
    return Plan(peer.address, digest, package)


def perform(home: Home, plan: Plan) -> Answer:
    """Carry it over. Whatever goes wrong on the line is an answer too: it is written down and tried again."""
    if plan.fault:
        return Answer("", fault=plan.fault, final=plan.fault != NO_DEVICE)
    try:
        status, data = http_line.post(home.settings, plan.address, plan.package)
    except OperationFailed:
        return Answer(plan.digest, fault=NO_ANSWER)
    if status == _TAKEN:
        return Answer(plan.digest, receipt=data)
    code = _code(data)
    if code is None:
        return Answer(plan.digest, fault=f"http_{status}")
    return Answer(plan.digest, fault=code, final=code not in MENDED_THERE)


def record(work: Work, item: AgendaItem, answer: Answer | None) -> None:
    """Write down what became of it, and plan the next try. Of a message that went out meanwhile nothing changes."""
    row = outbox.by_ref(work, item.subject, lock=True)
    if answer is None or row is None or not row.open:
        return
    row.attempts += 1
    row.package_digest = answer.digest or row.package_digest
    fault = answer.fault or _judged(work, row, answer)
    if not fault:
        row.sent_at, row.receipt, row.last_error = work.now, answer.receipt, ""
        journal.record(work, "exchange.delivered", row.ref, {"digest": answer.digest, "peer": row.address})
    elif answer.final or row.attempts >= TRIES.attempts:
        outbox.died(work, row, fault, refused=answer.final)
    else:
        row.last_error = fault
        # the same item again, so that a message is tried by one worker at a time; machine time, as every back-off is
        item.done_at, item.not_before = None, machine_now() + TRIES.wait(row.attempts)


def _judged(work: Work, row: OutboxMessage, answer: Answer) -> str:
    try:
        receiving.read_receipt(
            work, peers.by_ref(work, row.address), answer.receipt, answers=row.ref, digest=answer.digest
        )
    except Refused:
        return BAD_RECEIPT
    return ""


def _code(data: bytes) -> str | None:
    try:
        said: object = json.loads(data)
    except (ValueError, RecursionError):
        return None
    code = said.get("code") if isinstance(said, Mapping) else None
    return code if isinstance(code, str) and code in refusals.SENTENCES else None
