"""Timers that wait: seen by whoever runs the house, planned again while they are waited for, moved with a reason.

A timer is a row of `case_wait` and an item of the agenda. The instant that the process planned is kept when somebody
moves it. What the law sets is not moved here: a statutory term is changed by the act that the law knows for it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select, tuple_

from domain import journal
from domain.agenda import AgendaItem
from domain.cases import Case
from domain.errors import Conflict, InvalidAnswers, NotFound
from domain.parties.permissions import must
from domain.rules import STATUTORY
from domain.text import gettext as _
from domain.work import Work
from tasks import held, moves
from tasks.services import MoveServices
from workflows import failed_steps, instances
from workflows.catching_up import GRACE
from workflows.instances import CaseWait
from workflows.moments import Act

SIZE = 50
REASON = 500


def key_of(case_ref: str, token: str) -> str:
    """Key of the agenda item of a timer."""
    return f"wake:{case_ref}:{token}"


def plan_again(work: Work, item: AgendaItem) -> None:
    """Open a wake-up again whose timer still waits: its round was passed over, or the clock went back.

    The item is the one in hand, marked done. That of a case on hold waits with the case (`held`), not here. Uses
    ix_case_wait_case_id.
    """
    token = item.key.rpartition(":")[2]
    due = work.session.scalar(
        select(CaseWait.due_at)
        .join(Case, Case.id == CaseWait.case_id)
        .where(Case.ref == item.subject, CaseWait.kind == "timer", CaseWait.token == token, Case.suspended_at.is_(None))
    )
    if due is not None:
        item.done_at, item.due_at = None, due


@dataclass(frozen=True, slots=True)
class Row:
    """A timer that waits. number: of its case; legal: a term that the law set, never moved here; again: its rounds left
    (None: without end); late: it was due and was not carried out yet."""

    key: int
    case_ref: str
    number: str
    process: str
    step: str
    token: str
    due_at: datetime
    planned_at: datetime | None
    every: str
    again: int | None
    catch_up: str
    legal: bool
    late: bool

    @property
    def moved(self) -> bool:
        """Whether somebody moved it."""
        return self.planned_at is not None and self.planned_at != self.due_at


@dataclass(frozen=True, slots=True)
class Listing:
    """A page, the next to wake first. following: where the next page begins, "" when there is none."""

    rows: Sequence[Row]
    following: str
    late: Mapping[str, int]
    oldest: datetime | None


def listed(work: Work, after: str = "", *, process: str = "") -> Listing:
    """What wakes next, page after page, with what is late by its rule. Raises NotPermitted. Uses ix_case_wait_due."""
    must(work.actor, "operations.read")
    wanted = (
        select(CaseWait, Case.ref, Case.number, Case.process, Case.due_at, Case.due)
        .join(Case, Case.id == CaseWait.case_id)
        .where(CaseWait.due_at.is_not(None))
        .order_by(CaseWait.due_at, CaseWait.id)
        .limit(SIZE + 1)
    )
    if process:
        wanted = wanted.where(Case.process == process)
    place = _place(after)
    if place is not None:
        wanted = wanted.where(tuple_(CaseWait.due_at, CaseWait.id) > tuple_(*place))
    found = work.session.execute(wanted).all()
    rows = [_row(work, *one) for one in found[:SIZE]]
    following = f"{rows[-1].due_at.isoformat()}|{rows[-1].key}" if len(found) > SIZE else ""
    late = work.session.execute(
        select(CaseWait.catch_up, func.count(), func.min(CaseWait.due_at))
        .where(CaseWait.due_at.is_not(None), CaseWait.due_at < work.now - GRACE)
        .group_by(CaseWait.catch_up)
    ).all()
    return Listing(
        rows, following, {rule: count for rule, count, _first in late},
        min((first for _rule, _count, first in late if first is not None), default=None),
    )  # fmt: skip


def one(work: Work, case_ref: str, token: str) -> Row:
    """One waiting timer. Raises NotPermitted, NotFound."""
    must(work.actor, "operations.read")
    found = work.session.execute(
        select(CaseWait, Case.ref, Case.number, Case.process, Case.due_at, Case.due)
        .join(Case, Case.id == CaseWait.case_id)
        .where(Case.ref == case_ref, CaseWait.kind == "timer", CaseWait.token == token)
    ).one_or_none()
    if found is None:
        raise NotFound(_("This timer does not wait any more."))
    return _row(work, *found)


def move(work: Work, case_ref: str, token: str, at: datetime, reason: str) -> None:
    """Let a timer be due at another instant. at: aware; in the past it is due at once.

    The rounds of a cycle after this one stay where they were planned.

    Raises:
        NotPermitted, NotFound. InvalidAnswers: no reason. Conflict: the law has set this term.
    """
    must(work.actor, "operations.repair")
    if not reason.strip() or len(reason) > REASON:
        raise InvalidAnswers({"reason": _("Say in a sentence why, with at most %(most)s signs.", most=REASON)})
    row = one(work, case_ref, token)
    if row.legal:
        raise Conflict(_("The law has set this term. It changes by the act that extends or stops it, never by hand."))
    case = work.session.scalars(select(Case).where(Case.ref == case_ref).with_for_update()).one()
    held.must_go_on(case)
    services = MoveServices(work, case)
    instance = instances.load(work, case, services)
    services.bind(instance)
    failed_steps.move_timer(instance.run, token, at)
    note = work.home.vault.seal("case_wait.reason", f"{case.ref}:{token}"[:64], reason.strip())
    body = {"step": row.step, "from": row.due_at.isoformat(), "to": at.astimezone(UTC).isoformat(),
            "reason": b64encode(note).decode()}  # fmt: skip
    journal.of_case(work, case.ref, "timer.moved", case.ref, body)
    moves.carry_on(work, instance, Act("timer_moved", row.step))


def _row(
    work: Work, wait: CaseWait, ref: str, number: str, process: str, case_due: datetime | None, due: object
) -> Row:
    planned = wait.planned_at or wait.due_at
    # older rows have no derivation of their own: the case's term tells as well
    derived = wait.derivation or (due if case_due is not None and planned == case_due else None)
    legal = isinstance(derived, Mapping) and derived.get("kind") == STATUTORY
    at = wait.due_at or work.now
    return Row(
        wait.id, ref, number or ref[-6:], process, wait.step_id, wait.token, at, planned, wait.every,
        wait.rounds_left, wait.catch_up, legal, at < work.now - GRACE,
    )  # fmt: skip


def _place(text: str) -> tuple[datetime, int] | None:
    moment, _bar, key = text.partition("|")
    try:
        return datetime.fromisoformat(moment), int(key)
    except ValueError:
        return None
